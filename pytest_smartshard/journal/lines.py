"""The lines of a journal as JSON objects, and back. Each object's ``kind`` says what it is.

Fields that hold their default are left out, so that 100,000 tests stay small.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from pytest_smartshard.checked import (
    MOST_LANES,
    MOST_MICROSECONDS,
    MOST_SHARDS,
    Table,
    as_count,
    as_list,
    as_table,
    as_text,
    count,
    counts,
    flag,
    number,
    text,
    texts,
)
from pytest_smartshard.model.record import (
    OUTCOMES,
    CollectionError,
    FinishedTest,
    JournalFooter,
    JournalHeader,
    OwnedFile,
)
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex, safe_name
from pytest_smartshard.model.suite import ItemKey

FORMAT = 2
"""Version of the journal format. A reader refuses newer ones. Version 1 had no begun tests, and of the tests that
a shard was to run no more than their number."""

HEADER, FILE, ERROR, START, TEST, FOOTER = "header", "file", "error", "start", "test", "footer"

Line: TypeAlias = dict[str, object]

_ENCODER = json.JSONEncoder(separators=(",", ":"))


def encode(line: Line) -> bytes:
    """One line with its end. ASCII only: a test id may hold halves of surrogate pairs."""
    return _ENCODER.encode(line).encode("ascii") + b"\n"


def _quoted(value: str) -> str:
    """The JSON of a text. Each test has two lines while a suite runs, which are put together of their parts: an
    encoder takes twice as long for a whole one."""
    return _ENCODER.encode(value)


def header_line(header: JournalHeader) -> Line:
    return {
        "kind": HEADER,
        "format": FORMAT,
        "segment": header.segment.slug,
        "run": header.identity.run,
        "generation": header.identity.generation,
        "attempt": header.identity.attempt,
        "shard": header.shard.number,
        "shards": header.shard.count,
        "digest": header.digest,
        "started": header.started,
        "selected": header.selected,
        "predicted": header.predicted,
        "known": header.known,
        "lanes": header.lanes,
        "plan": header.plan,
        "collection": header.collection,
        "store": header.store,
        "basis": header.basis,
        "coverage": header.coverage,
        "fail_under": header.fail_under,
        "junit": dict(header.junit),
        "options": dict(header.options),
        "versions": dict(header.versions),
    }


def parse_header(line: Table) -> JournalHeader:
    """Raises ValueError for what is no header. What version 1 did not say is left at its default."""
    if line.get("kind") != HEADER:
        raise ValueError("the first line is no header")
    shards = count(line, "shards", least=1, most=MOST_SHARDS)
    return JournalHeader(
        segment=Segment.from_slug(text(line, "segment")),
        identity=RunIdentity(
            run=_name(line, "run"),
            generation=count(line, "generation"),
            attempt=count(line, "attempt", least=1),
        ),
        shard=ShardIndex(count(line, "shard", least=1, most=shards), shards),
        digest=_name(line, "digest"),
        started=number(line, "started"),
        selected=count(line, "selected"),
        predicted=count(line, "predicted"),
        known=count(line, "known"),
        lanes=count(line, "lanes", least=1, most=MOST_LANES),
        plan=text(line, "plan"),
        collection=_name(line, "collection"),
        store=text(line, "store") if "store" in line else "",
        basis=text(line, "basis") if "basis" in line else "",
        coverage=flag(line, "coverage") if "coverage" in line else False,
        fail_under=number(line, "fail_under") if "fail_under" in line else 0.0,
        junit=_named_texts(line, "junit") if "junit" in line else {},
        options=_named_texts(line, "options"),
        versions=_named_texts(line, "versions"),
    )


def file_line(file: OwnedFile) -> Line:
    return {
        "kind": FILE,
        "file": file.file,
        "collected": [file.collected, file.collected_digest],
        "remaining": [file.remaining, file.remaining_digest],
        "selected": list(file.selected or ()),
    }


def parse_file(line: Table, version: int = FORMAT) -> OwnedFile:
    """Raises ValueError for what is no such line of a journal of that format."""
    collected, collected_digest = _pair(line, "collected")
    remaining, remaining_digest = _pair(line, "remaining")
    if version == 1:
        count(line, "selected")
    return OwnedFile(
        file=text(line, "file"),
        collected=collected,
        collected_digest=collected_digest,
        remaining=remaining,
        remaining_digest=remaining_digest,
        selected=texts(line, "selected") if version > 1 else None,
    )


def error_line(error: CollectionError) -> Line:
    return {"kind": ERROR, "node": error.node, "details": error.details}


def parse_error(line: Table) -> CollectionError:
    """Raises ValueError for what is no such line."""
    return CollectionError(node=text(line, "node"), details=text(line, "details"))


def encode_start(key: ItemKey) -> bytes:
    """The line of a test that begins."""
    return f'{{"kind":"{START}","file":{_quoted(key.file)},"test":{_quoted(key.tail)}}}\n'.encode("ascii")


def parse_start(line: Table) -> ItemKey:
    """Raises ValueError for what is no such line."""
    return ItemKey(text(line, "file"), text(line, "test"))


def encode_test(test: FinishedTest) -> bytes:
    """The line of a finished test."""
    key = test.key
    parts = [
        f'{{"kind":"{TEST}","file":{_quoted(key.file)},"test":{_quoted(key.tail)}',
        f'"outcome":{_quoted(test.outcome)},"times":[{test.setup:d},{test.call:d},{test.teardown:d}]',
    ]
    if test.stored_tail != key.tail:
        parts.append(f'"stored":{_quoted(test.stored_tail)}')
    if test.cpu is not None:
        parts.append(f'"cpu":{test.cpu:d}')
    if test.memory is not None:
        parts.append(f'"memory":{test.memory:d}')
    if test.predicted:
        parts.append(f'"predicted":{test.predicted:d}')
    if test.reruns:
        parts.append(f'"reruns":{test.reruns:d}')
    for name, text_of in (("lane", test.lane), ("details", test.details), ("nodeid", test.nodeid)):
        if text_of:
            parts.append(f'"{name}":{_quoted(text_of)}')
    return (",".join(parts) + "}\n").encode("ascii")


def parse_test(line: Table) -> FinishedTest:
    """Raises ValueError for what is no such line."""
    outcome = text(line, "outcome")
    if outcome not in OUTCOMES:
        raise ValueError(f"unknown outcome {outcome!r}")
    times = counts(line, "times", most=MOST_MICROSECONDS)
    if len(times) != 3:
        raise ValueError("times are not those of set-up, call and tear-down")
    tail = text(line, "test")
    return FinishedTest(
        key=ItemKey(text(line, "file"), tail),
        stored_tail=text(line, "stored") if "stored" in line else tail,
        outcome=outcome,
        setup=times[0],
        call=times[1],
        teardown=times[2],
        cpu=count(line, "cpu", most=MOST_MICROSECONDS) if "cpu" in line else None,
        memory=count(line, "memory") if "memory" in line else None,
        predicted=count(line, "predicted", most=MOST_MICROSECONDS) if "predicted" in line else 0,
        reruns=count(line, "reruns") if "reruns" in line else 0,
        lane=text(line, "lane") if "lane" in line else "",
        details=text(line, "details") if "details" in line else "",
        nodeid=text(line, "nodeid") if "nodeid" in line else "",
    )


def footer_line(footer: JournalFooter) -> Line:
    return {
        "kind": FOOTER,
        "exit_code": max(0, footer.exit_code),  # pytest.exit() takes any number.
        "ran": footer.ran,
        "seconds": round(footer.seconds, 6),
        "reason": footer.reason,
    }


def parse_footer(line: Table) -> JournalFooter:
    """Raises ValueError for what is no such line."""
    return JournalFooter(
        exit_code=count(line, "exit_code"),
        ran=count(line, "ran"),
        seconds=number(line, "seconds"),
        reason=text(line, "reason"),
    )


def _name(line: Table, name: str) -> str:
    """A text that may stand in a message and in a file's name as it is."""
    value = text(line, name)
    if safe_name(value) != value:
        raise ValueError(f"{name} is no name")
    return value


def _pair(line: Table, name: str) -> tuple[int, str]:
    values = as_list(line.get(name), name)
    if len(values) != 2:
        raise ValueError(f"{name} is not a count and a digest")
    return as_count(values[0], name), as_text(values[1], name)


def _named_texts(line: Table, name: str) -> Mapping[str, str]:
    table = as_table(line.get(name), name)
    return {key: text(table, key) for key in table}
