"""The stored form of a history: versioned JSON, a line for each run and for each file.

A file has two lines: its tests with what each is expected to cost, and for each run their samples in
the same order: small, quick to read, and a change touches two lines a file.
"""

from __future__ import annotations

import hashlib
import json
import operator
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pytest_smartshard.checked import (
    MOST_LANES,
    MOST_MICROSECONDS,
    MOST_SHARDS,
    Table,
    as_list,
    as_table,
    count,
    number,
    parse_json,
    text,
    texts,
    version,
)
from pytest_smartshard.errors import NewerFormat, UnusableFile
from pytest_smartshard.model.history import FileHistory, History, MeasuredRun
from pytest_smartshard.model.segment import Segment

KIND = "smartshard-durations"
FILES_LINE = b'"files":{\n'
"""The line after which the files come, two lines each."""

SAMPLES_START = b'"samples":'
"""How the second line of a file begins."""

_FINISHED = re.compile(r"[A-Za-z0-9._-]+ ([1-9][0-9]{0,4})/([1-9][0-9]{0,4})")

FORMAT = 1
"""Version written. Older ones are read, newer ones refused."""


def history_text(history: History, segment: Segment) -> str:
    """The text of a store. Equal histories give equal text; ends with a newline."""
    runs, others = ([_json(_run_line(run)) for run in group] for group in (history.runs, history.other_runs))
    files = [f"{_json(key)}:{_file_lines(file)}" for key, file in sorted(history.files.items())]
    members = [
        f'"kind":{_json(KIND)}',
        f'"format":{FORMAT}',
        f'"segment":{_json(segment.slug)}',
        f'"runs":{_on_lines("[", runs, "]")}',
        f'"other_runs":{_on_lines("[", others, "]")}',
        f'"files":{_on_lines("{", files, "}")}',
    ]
    return _on_lines("{", members, "}") + "\n"


def parse_history(raw: bytes, path: str) -> History:
    """The history in *raw*, read from *path*, which is for messages.

    Raises UnusableFile where it is torn or something else, NewerFormat where a later version wrote it.
    """
    return replace(parse_document(raw, path), digest=fingerprint(raw))


def parse_document(raw: bytes, path: str) -> History:
    """As :func:`parse_history`, but for the digest."""
    try:
        document = parse_json(raw)
    except ValueError as error:
        raise UnusableFile(path, "is no complete JSON") from error
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise UnusableFile(path, "is no store of durations")
    try:
        found = version(document)
        if found > FORMAT:
            raise NewerFormat(path, found, FORMAT)
        segment = text(document, "segment")
        runs = tuple(_parse_run(run) for run in as_list(document.get("runs"), "runs"))
        others = tuple(_parse_run(run) for run in as_list(document.get("other_runs"), "other_runs"))
        files = {
            key: _parse_file(as_table(file, "a file"), len(runs))
            for key, file in as_table(document.get("files"), "files").items()
        }
    except ValueError as error:
        raise UnusableFile(path, f"holds a value that no store has ({error})") from error
    return History(runs=runs, other_runs=others, files=files, segment=segment)


def fingerprint(raw: bytes) -> str:
    """SHA-256 of a file's bytes, cut to 12 hex digits."""
    return short_digest(hashlib.sha256(raw))


def short_digest(digest: hashlib._Hash) -> str:
    return digest.hexdigest()[:12]


def _run_line(run: MeasuredRun) -> dict[str, Any]:
    return {
        "run": run.run,
        "generation": run.generation,
        "attempt": run.attempt,
        "started": round(run.started, 3),
        "finished": list(run.finished),
        "lanes": run.lanes,
        "speed": run.speed,
    }


def _file_lines(file: FileHistory) -> str:
    """What every shard reads on one line, what only joining reads on the next."""
    line = _json({"tests": list(file.tails), "costs": list(file.costs)})
    return f'{line[:-1]},\n"samples":{_json(list(file.columns))}}}'


def _parse_run(line: object) -> MeasuredRun:
    table = as_table(line, "a run")
    return MeasuredRun(
        run=text(table, "run"),
        generation=count(table, "generation"),
        attempt=count(table, "attempt", least=1),
        started=number(table, "started"),
        finished=tuple(_finished(entry) for entry in texts(table, "finished")),
        lanes=count(table, "lanes", least=1, most=MOST_LANES),
        speed=count(table, "speed", least=1, most=MOST_MICROSECONDS),
    )


def _finished(entry: str) -> str:
    match = _FINISHED.fullmatch(entry)
    if not match or not 1 <= int(match[1]) <= int(match[2]) <= MOST_SHARDS:
        raise ValueError(f"{entry!a} is no finished shard")
    return entry


def _parse_file(table: Table, runs: int) -> FileHistory:
    tails, costs = check_costs(table)
    columns = list(texts(table, "samples"))
    if len(columns) != runs:
        raise ValueError("samples that fit no run")
    return FileHistory(tails, costs, columns)


def check_costs(table: Table) -> tuple[list[str], list[int]]:
    """Tests and costs of a file. Raises ValueError unless every reader may rely on them.

    Many values, so whole lists are looked at at once.
    """
    tails, costs = as_list(table.get("tests"), "tests"), as_list(table.get("costs"), "costs")
    if set(map(type, tails)) != {str} or set(map(type, costs)) != {int} or len(tails) != len(costs):
        raise ValueError("costs that fit no test")
    if min(costs) <= 0 or max(costs) > MOST_MICROSECONDS:
        raise ValueError("a cost out of range")
    if not all(map(operator.lt, tails, tails[1:])):
        raise ValueError("tests that are not in order")
    return tails, costs


def _on_lines(opening: str, members: Sequence[str], closing: str) -> str:
    return "\n".join([opening, ",\n".join(members), closing]) if members else opening + closing


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
