"""Stores for tests, made as merging makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from making import header_of, journal_of

from pytest_smartshard.model.history import History
from pytest_smartshard.model.record import FinishedTest, Journal, OwnedFile
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.joining import join
from pytest_smartshard.store.format import history_text, parse_history

CostsByName = Mapping[str, Mapping[str, int]]
"""From file and tail to microseconds."""


def run_of(tests: CostsByName, run: str = "r1", *, started: float = 1_000.0, done: bool = True) -> Journal:
    """A run in one shard that measured *tests*; all that there are if it is *done*."""
    finished = [
        FinishedTest(key=ItemKey(file, tail), stored_tail=tail, outcome="passed", call=cost)
        for file, tails in tests.items()
        for tail, cost in tails.items()
    ]
    header = header_of(run=run, started=started, selected=len(finished))
    return journal_of(header, finished, done=done)


def with_shared_costs(
    journal: Journal,
    *,
    start_up: int = 0,
    each_test: int = 0,
    collecting: Mapping[str, int] | None = None,
    needs: Mapping[str, Sequence[str]] | None = None,
    paid: Mapping[str, Sequence[SharedTime]] | None = None,
) -> Journal:
    """*journal* of a run that measured what tests share, on top of their own time.

    *collecting* is by file; all tests of a file in *needs* need the same; the first of one in *paid* paid it.
    """
    collecting, needs, paid = collecting or {}, needs or {}, paid or {}
    tails: dict[str, list[str]] = {file: [] for file in {**collecting, **needs}}
    tests = []
    for test in journal.tests:
        is_first = not tails.get(test.key.file)
        tails.setdefault(test.key.file, []).append(test.stored_tail)
        shared = tuple(paid.get(test.key.file, ())) if is_first else ()
        extra = sum(time.setup + time.teardown for time in shared)
        tests.append(test._replace(shared=shared, setup=test.setup + extra))
    files = [
        OwnedFile(
            file=file,
            collected=len(tails[file]),
            collected_digest="d",
            remaining=len(tails[file]),
            remaining_digest="d",
            selected=tuple(sorted(tails[file])),
            collecting=collecting.get(file),
            needs=(tuple(sorted(needs[file])),) if file in needs else (),
            needing=(0,) * len(tails[file]) if file in needs else (),
        )
        for file in sorted(tails)
    ]
    return replace(
        journal,
        header=replace(journal.header, start_up=start_up),
        files=tuple(files),
        tests=tuple(tests),
        footer=journal.footer and replace(journal.footer, each_test=each_test),
    )


def write(path: Path, segment: Segment, *runs: Journal) -> Path:
    """A store of *segment* at *path*, or in the folder that it is."""
    if path.suffix != ".json":
        path.mkdir(parents=True, exist_ok=True)
        path = path / f"{segment.slug}.json"
    path.write_text(history_text(join(History(), runs), segment), encoding="ascii")
    return path


def read(path: Path) -> History:
    return parse_history(path.read_bytes(), str(path))


def names_at(path: Path) -> list[str]:
    """Names of all tests in the store at *path*."""
    return [f"{key}::{tail}" for key, file in read(path).files.items() for tail in file.tails]


def costs_at(path: Path) -> dict[str, Sequence[int]]:
    """Costs of the tests of each file."""
    return {key: list(file.costs) for key, file in read(path).files.items()}
