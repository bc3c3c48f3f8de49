"""Making values for tests that care for a few of their fields only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_smartshard.journal.run_folder import journal_name, segment_folder
from pytest_smartshard.journal.writing import JournalWriter
from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.inventory import Inventory, names_digest
from pytest_smartshard.model.part import ShardPart
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.record import (
    RED,
    CollectionError,
    FinishedTest,
    Journal,
    JournalFooter,
    JournalHeader,
    OwnedFile,
)
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.suite import CollectedTest, ItemKey, Suite, SuiteFile

SEGMENT = Segment("app", "linux-3.12")
FILE = "tests/test_a.py"


def suite_of(files: Mapping[str, Iterable[str | CollectedTest]]) -> Suite:
    return Suite(
        files=tuple(
            SuiteFile(
                key=key,
                tests=tuple(test if isinstance(test, CollectedTest) else CollectedTest(test) for test in tests),
            )
            for key, tests in sorted(files.items())
        )
    )


def history_of(costs: Mapping[str, Mapping[str, int]], digest: str = "0a1b2c3d4e5f") -> History:
    """A history that knows *costs*, without samples."""
    return History(
        files={
            file: FileHistory(sorted(tests), [tests[tail] for tail in sorted(tests)], [])
            for file, tests in costs.items()
        },
        digest=digest,
    )


def lists_of(history: History) -> dict[str, tuple[list[str], list[int], list[str]]]:
    """The files of a history, however its sequences are made."""
    return {key: (list(file.tails), list(file.costs), list(file.columns)) for key, file in history.files.items()}


def finished(tail: str, call: int = 1_000, *, outcome: str = "passed", **rest: Any) -> FinishedTest:
    """A test of :data:`FILE`."""
    return FinishedTest(key=ItemKey(FILE, tail), stored_tail=tail, outcome=outcome, call=call, **rest)


def header_of(
    shard: str = "1/1",
    *,
    run: str = "r1",
    attempt: int = 1,
    generation: int = 0,
    started: float = 1_000.0,
    selected: int = 0,
    digest: str = "d1",
    collection: str = "c1",
    lanes: int = 1,
    segment: Segment = SEGMENT,
    plan: str = "",
) -> JournalHeader:
    number, count = map(int, shard.split("/"))
    return JournalHeader(
        segment=segment,
        identity=RunIdentity(run=run, generation=generation, attempt=attempt),
        shard=ShardIndex(number, count),
        digest=digest,
        collection=collection,
        inventory=collection,
        started=started,
        selected=selected,
        lanes=lanes,
        plan=plan,
    )


def part_with(plan: Plan, files: Iterable[OwnedFile] = (), tests: Iterable[ItemKey] = ()) -> ShardPart:
    """The part of a shard that follows *plan*, of a suite of *tests*."""
    return ShardPart(
        plan=plan,
        selected=(),
        files=tuple(files),
        collected=0,
        left=0,
        in_history=0,
        known=0,
        inventory=Inventory.of(tests),
    )


def journal_of(header: JournalHeader, tests: Sequence[FinishedTest] = (), *, done: bool = True) -> Journal:
    footer = JournalFooter(exit_code=0, ran=len(tests), seconds=1.0) if done else None
    return Journal(path="journal", header=header, tests=tuple(tests), footer=footer)


def shard_journal(
    header: JournalHeader,
    selected: Sequence[str],
    tests: Sequence[FinishedTest] | None = None,
    *,
    begun: Sequence[str] = (),
    reason: str | None = "",
    exit_code: int | None = None,
    collected: Sequence[str] | None = None,
    errors: Sequence[CollectionError] = (),
) -> Journal:
    """The journal of a shard that was to run *selected* tests of :data:`FILE`, and ran *tests*, by default all.

    *reason* is None where it died. *collected* are the file's tests where another shard has some of them.
    """
    tests = [finished(tail) for tail in selected] if tests is None else tests
    inside = sorted(selected if collected is None else collected)
    owned = OwnedFile(
        file=FILE,
        collected=len(inside),
        collected_digest=names_digest(inside),
        remaining=len(inside),
        remaining_digest=names_digest(inside),
        selected=tuple(sorted(selected)),
    )
    red = any(test.outcome in RED for test in tests)
    code = (2 if reason else int(red)) if exit_code is None else exit_code
    footer = None if reason is None else JournalFooter(exit_code=code, ran=len(tests), seconds=1.0, reason=reason)
    identity = header.identity
    return Journal(
        path=f"{identity.generation}-{header.shard.number}-of-{header.shard.count}-{identity.attempt}.jsonl",
        header=replace(header, selected=len(selected)),
        files=(owned,),
        errors=tuple(errors),
        tests=tuple(tests),
        begun=tuple(ItemKey(FILE, tail) for tail in begun),
        footer=footer,
    )


def write_journal(
    home: Path, header: JournalHeader, tests: Sequence[FinishedTest] = (), *, done: bool = True
) -> Path:
    """A journal at its place below *home*."""
    folder = segment_folder(home, header.identity.run, header.segment)
    path = folder / journal_name(header.identity, header.shard)
    with JournalWriter(path, header) as writer:
        for test in tests:
            writer.add(test)
        if done:
            writer.finish(JournalFooter(exit_code=0, ran=len(tests), seconds=1.0))
    return path
