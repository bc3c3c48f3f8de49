"""The stored form of a history: versioned JSON, a line for each run and for each file.

A file has two lines: its tests with what each is expected to cost, and for each run their samples in
the same order: small, quick to read, and a change touches two lines a file. Shared costs stand below the files in
the same form, two lines a place.
"""

from __future__ import annotations

import hashlib
import json
import operator
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
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

SHARED_LINE = b'"shared":{\n'
"""The line after which the shared costs come, two lines a place. Where there are none, so is the line."""

SAMPLES_START = b'"samples":'
"""How the second line of a file begins."""

TESTS, NAMES = "tests", "names"
"""What the names are called that costs belong to, of a file and of a place of shared costs."""

_FINISHED = re.compile(r"[A-Za-z0-9._-]+ ([1-9][0-9]{0,4})/([1-9][0-9]{0,4})")

FORMAT = 1
"""Version written. Older ones are read, newer ones refused."""


def history_text(history: History, segment: Segment) -> str:
    """The text of a store. Equal histories give equal text; ends with a newline."""
    runs, others = ([_json(_run_line(run)) for run in group] for group in (history.runs, history.other_runs))
    files, shared = (
        [f"{_json(key)}:{_file_lines(file, called)}" for key, file in sorted(group.items())]
        for called, group in ((TESTS, history.files), (NAMES, history.shared))
    )
    members = [
        f'"kind":{_json(KIND)}',
        f'"format":{FORMAT}',
        f'"segment":{_json(segment.slug)}',
        f'"runs":{_on_lines("[", runs, "]")}',
        f'"other_runs":{_on_lines("[", others, "]")}',
        f'"files":{_on_lines("{", files, "}")}',
    ]
    if shared:
        members.append(f'"shared":{_on_lines("{", shared, "}")}')
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
        files, shared = (
            {
                key: _parse_file(as_table(file, "a file"), called, len(runs))
                for key, file in as_table(group, "files").items()
            }
            for called, group in ((TESTS, document.get("files")), (NAMES, document.get("shared", {})))
        )
    except ValueError as error:
        raise UnusableFile(path, f"holds a value that no store has ({error})") from error
    return History(runs=runs, other_runs=others, files=files, shared=shared, segment=segment)


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


def _file_lines(file: FileHistory, called: str) -> str:
    """What every shard reads on one line, what only joining reads on the next."""
    values: dict[str, object] = {called: list(file.tails), "costs": list(file.costs)}
    if file.needs:
        values["needs"] = list(file.needs)
    if len(file.needs) > 1:  # Else all tests have the only one.
        values["needing"] = list(file.needing)
    line = _json(values)
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


def _parse_file(table: Table, called: str, runs: int) -> FileHistory:
    columns = list(texts(table, "samples"))
    if len(columns) != runs:
        raise ValueError("samples that fit no run")
    return replace(known_costs(table, called), columns=columns)


def known_costs(table: Table, called: str) -> FileHistory:
    """What planning needs of a file, or of a place of shared costs. Raises ValueError unless it may trust it."""
    tails, costs = _costs(table, called)
    if called == NAMES or "needs" not in table:
        return FileHistory(tails, costs, ())
    return FileHistory(tails, costs, (), *_needs(table, len(tails)))


def _costs(table: Table, called: str) -> tuple[list[str], list[int]]:
    """Names and their costs. Many values, so whole lists are looked at at once."""
    tails, costs = as_list(table.get(called), called), as_list(table.get("costs"), "costs")
    if set(map(type, tails)) != {str} or set(map(type, costs)) != {int} or len(tails) != len(costs):
        raise ValueError("costs that fit no test")
    if min(costs) <= 0 or max(costs) > MOST_MICROSECONDS:
        raise ValueError("a cost out of range")
    if not all(map(operator.lt, tails, tails[1:])):
        raise ValueError("tests that are not in order")
    return tails, costs


def _needs(table: Table, tests: int) -> tuple[tuple[tuple[str, ...], ...], list[int]]:
    """The sets of needs of a file, and which of them each of its tests has."""
    listed = as_list(table.get("needs"), "needs")
    if set(map(type, listed)) != {list} or not set(map(type, chain.from_iterable(listed))) <= {str}:
        raise ValueError("needs that are no names")
    if not all(all(map(operator.lt, names, names[1:])) for names in listed if len(names) > 1):
        raise ValueError("needs that are not in order")
    needing = [0] * tests if len(listed) == 1 else as_list(table.get("needing"), "needing")
    if set(map(type, needing)) != {int} or len(needing) != tests:
        raise ValueError("needs that fit no test")
    if min(needing) < 0 or max(needing) >= len(listed):
        raise ValueError("a test that needs what is not there")
    return tuple(map(tuple, listed)), needing


def _on_lines(opening: str, members: Sequence[str], closing: str) -> str:
    return "\n".join([opening, ",\n".join(members), closing]) if members else opening + closing


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
