"""The lines of a journal as JSON objects, and back. Each object's ``kind`` says what it is.

Fields that hold their default are left out of the lines of tests and files, so that 100,000 tests stay small, and
what a line does not say is left at its default.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, TypeAlias

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
from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.record import (
    OUTCOMES,
    CollectionError,
    FinishedTest,
    JournalFooter,
    JournalHeader,
    OwnedFile,
)
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex, safe_name
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.model.suite import ItemKey

FORMAT = 3
"""Version of the journal format. A reader refuses newer ones. Version 1 had no begun tests, and of the tests that
a shard was to run no more than their number. Version 2 had no tests that timed out."""

HEADER, FILE, ERROR, START, TEST, FOOTER = "header", "file", "error", "start", "test", "footer"

Line: TypeAlias = dict[str, object]

_ENCODER = json.JSONEncoder(separators=(",", ":"))


def encode(line: Line) -> bytes:
    """One line with its end. ASCII only: a test id may hold halves of surrogate pairs."""
    return _ENCODER.encode(line).encode("ascii") + b"\n"


def header_line(header: JournalHeader) -> Line:
    line: Line = {
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
    if header.inventory not in ("", header.collection):
        line["inventory"] = header.inventory
    if header.pruned:
        line["pruned"] = True
    if header.start_up:
        line["start_up"] = header.start_up
    return line


def parse_header(line: Table) -> JournalHeader:
    """Raises ValueError for what is no header. A shard that says nothing of its inventory saw the whole suite."""
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
        inventory=_name(line, "inventory" if "inventory" in line else "collection"),
        pruned=flag(line, "pruned") if "pruned" in line else False,
        start_up=count(line, "start_up", most=MOST_MICROSECONDS) if "start_up" in line else 0,
        store=text(line, "store") if "store" in line else "",
        basis=text(line, "basis") if "basis" in line else "",
        coverage=flag(line, "coverage") if "coverage" in line else False,
        fail_under=number(line, "fail_under") if "fail_under" in line else 0.0,
        junit=_named_texts(line, "junit") if "junit" in line else {},
        options=_named_texts(line, "options"),
        versions=_named_texts(line, "versions"),
    )


def file_line(file: OwnedFile) -> Line:
    line: Line = {
        "kind": FILE,
        "file": file.file,
        "collected": [file.collected, file.collected_digest],
        "remaining": [file.remaining, file.remaining_digest],
        "selected": list(file.selected or ()),
    }
    if file.owners:
        line["owners"] = list(file.owners)
    if file.collecting is not None:
        line["collecting"] = file.collecting
    if file.cold:
        line["cold"] = True
    if file.is_first:
        line["first"] = True
    if file.needs:
        line["needs"] = [list(needs) for needs in file.needs]
    if file.needing:
        line["needing"] = list(file.needing)
    return line


def parse_file(line: Table, version: int = FORMAT) -> OwnedFile:
    """Raises ValueError for what is no such line of a journal of that format."""
    collected, collected_digest = _pair(line, "collected")
    remaining, remaining_digest = _pair(line, "remaining")
    if version == 1:
        count(line, "selected")
    selected = texts(line, "selected") if version > 1 else None
    needs, needing = _needs(line, len(selected or ()))
    return OwnedFile(
        file=text(line, "file"),
        collected=collected,
        collected_digest=collected_digest,
        remaining=remaining,
        remaining_digest=remaining_digest,
        selected=selected,
        owners=_owners(line),
        collecting=count(line, "collecting", most=MOST_MICROSECONDS) if "collecting" in line else None,
        cold=flag(line, "cold") if "cold" in line else False,
        is_first=flag(line, "first") if "first" in line else False,
        needs=needs,
        needing=needing,
    )


def _owners(line: Table) -> tuple[int, ...]:
    owners = counts(line, "owners", least=1, most=MOST_SHARDS) if "owners" in line else ()
    if any(map(operator.ge, owners, owners[1:])):
        raise ValueError("owners that are not in order")
    return owners


def _needs(line: Table, tests: int) -> tuple[tuple[tuple[str, ...], ...], tuple[int, ...]]:
    """What the tests of a file need, and which of that each of them does."""
    listed = as_list(line.get("needs"), "needs") if "needs" in line else []
    needs = tuple(tuple(as_text(name, "needs") for name in as_list(names, "needs")) for names in listed)
    needing = counts(line, "needing", most=len(needs) - 1) if "needing" in line else ()
    if needing and len(needing) != tests:
        raise ValueError("needs that fit no test")
    return needs, needing


def error_line(error: CollectionError) -> Line:
    return {"kind": ERROR, "node": error.node, "details": error.details}


def parse_error(line: Table) -> CollectionError:
    """Raises ValueError for what is no such line."""
    return CollectionError(node=text(line, "node"), details=text(line, "details"))


# Each test has two lines while a suite runs, which are put together of their parts: an encoder takes twice as
# long for a whole one.


def encode_start(key: ItemKey, limit: Limit | None = None) -> bytes:
    """The line of a test that begins, with its limit if it has one."""
    line = f'{{"kind":"{START}","file":{quoted(key.file)},"test":{quoted(key.tail)}'
    if limit is not None:
        line += f',"limit":{_ENCODER.encode(limit)}'
    return f"{line}}}\n".encode("ascii")


def parse_start(line: Table) -> tuple[ItemKey, Limit | None]:
    """Raises ValueError for what is no such line."""
    key = ItemKey(text(line, "file"), text(line, "test"))
    return key, _limit(line["limit"]) if "limit" in line else None


def _limit(value: object) -> Limit:
    limit, samples, slowest, scope, shared, slowness = _exactly(6, value, "limit")
    if not isinstance(slowness, float | int):
        raise ValueError("limit has no number for how slow the machine is")
    return Limit(
        microseconds=as_count(limit, "limit", most=MOST_MICROSECONDS),
        samples=as_count(samples, "limit"),
        slowest=as_count(slowest, "limit", most=MOST_MICROSECONDS),
        scope=as_text(scope, "limit"),
        shared=as_count(shared, "limit", most=MOST_MICROSECONDS),
        slowness=float(slowness),
    )


def encode_test(test: FinishedTest) -> bytes:
    """The line of a finished test."""
    file, tail = test.key
    line = (
        f'{{"kind":"{TEST}","file":{quoted(file)},"test":{quoted(tail)}'
        f',"outcome":{quoted(test.outcome)},"times":[{test.setup},{test.call},{test.teardown}]'
    )
    if test.stored_tail != tail:
        line += f',"stored":{quoted(test.stored_tail)}'
    if test.cpu is not None:
        line += f',"cpu":{test.cpu}'
    if test.memory is not None:
        line += f',"memory":{test.memory}'
    if test.predicted:
        line += f',"predicted":{test.predicted}'
    if test.reruns:
        line += f',"reruns":{test.reruns}'
    if test.lane:
        line += f',"lane":{quoted(test.lane)}'
    if test.details:
        line += f',"details":{quoted(test.details)}'
    if test.nodeid:
        line += f',"nodeid":{quoted(test.nodeid)}'
    if test.limit:
        line += f',"limit":{test.limit}'
    if test.shared:
        line += f',"shared":{_ENCODER.encode(test.shared)}'
    return f"{line}}}\n".encode("ascii")


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
        shared=tuple(map(_shared, as_list(line.get("shared"), "shared"))) if "shared" in line else (),
        limit=count(line, "limit", most=MOST_MICROSECONDS) if "limit" in line else 0,
    )


def _shared(value: object) -> SharedTime:
    place, name, setup, teardown = _exactly(4, value, "shared")
    return SharedTime(
        as_text(place, "shared"),
        as_text(name, "shared"),
        as_count(setup, "shared", most=MOST_MICROSECONDS),
        as_count(teardown, "shared", most=MOST_MICROSECONDS),
    )


def footer_line(footer: JournalFooter) -> Line:
    line: Line = {
        "kind": FOOTER,
        "exit_code": max(0, footer.exit_code),  # pytest.exit() takes any number.
        "ran": footer.ran,
        "seconds": round(footer.seconds, 6),
        "reason": footer.reason,
    }
    if footer.each_test:
        line["each_test"] = footer.each_test
    if footer.each_test_of:
        line["each_test_of"] = dict(footer.each_test_of)
    return line


def parse_footer(line: Table) -> JournalFooter:
    """Raises ValueError for what is no such line."""
    return JournalFooter(
        exit_code=count(line, "exit_code"),
        ran=count(line, "ran"),
        seconds=number(line, "seconds"),
        reason=text(line, "reason"),
        each_test=count(line, "each_test", most=MOST_MICROSECONDS) if "each_test" in line else 0,
        each_test_of=_counts(line, "each_test_of") if "each_test_of" in line else {},
    )


def _name(line: Table, name: str) -> str:
    """A text that may stand in a message and in a file's name as it is."""
    value = text(line, name)
    if safe_name(value) != value:
        raise ValueError(f"{name} is no name")
    return value


def _pair(line: Table, name: str) -> tuple[int, str]:
    found, digest = _exactly(2, line.get(name), name)
    return as_count(found, name), as_text(digest, name)


def _exactly(values: int, value: object, what: str) -> list[Any]:
    found = as_list(value, what)
    if len(found) != values:
        raise ValueError(f"{what} are not {values} values")
    return found


def _counts(line: Table, name: str) -> Mapping[str, int]:
    table = as_table(line.get(name), name)
    return {key: count(table, key, most=MOST_MICROSECONDS) for key in table}


def _named_texts(line: Table, name: str) -> Mapping[str, str]:
    table = as_table(line.get(name), name)
    return {key: text(table, key) for key in table}
