"""Summing up a run from its journals, for reports."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from pytest_smartshard.errors import NewerFormat, UnusableFile
from pytest_smartshard.journal.reading import read_header, read_journal
from pytest_smartshard.journal.run_folder import RUNS, journals_below
from pytest_smartshard.model.record import CRASHED, ERROR, FAILED, FinishedTest, Journal
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.summary import Alternative, RunSummary, ShardSummary, TimedItem
from pytest_smartshard.planning.bounds import lower_bound

WORST = 5
"""Mispredictions that a report names."""

_RED = (FAILED, ERROR, CRASHED)


def last_run(home: Path) -> list[Journal]:
    """All readable journals of the run below *home* (the ``.smartshard`` folder) that started last."""
    started: dict[str, float] = defaultdict(float)
    paths: dict[str, list[Path]] = defaultdict(list)
    for path in journals_below(home / RUNS):
        try:
            header = read_header(path)
        except (UnusableFile, NewerFormat):
            continue
        run = header.identity.run
        started[run] = max(started[run], header.started)
        paths[run].append(path)
    if not started:
        return []
    newest = max(started, key=lambda run: (started[run], run))
    return [read_journal(path) for path in paths[newest]]


def summarise(journals: Iterable[Journal]) -> list[RunSummary]:
    """One summary for each segment and generation, in order of their names.

    Of several attempts at a shard the last one counts.
    """
    latest: dict[tuple[str, str, int], dict[int, Journal]] = defaultdict(dict)
    for journal in sorted(journals, key=lambda journal: journal.header.identity.attempt):
        header = journal.header
        key = (header.identity.run, header.segment.slug, header.identity.generation)
        latest[key][header.shard.number] = journal
    return [_summary(shards) for _, shards in sorted(latest.items())]


def _summary(journals: Mapping[int, Journal]) -> RunSummary:
    header = next(iter(journals.values())).header
    count = max(journal.header.shard.count for journal in journals.values())
    lanes = max(journal.header.lanes for journal in journals.values())
    shards = tuple(_shard(number, count, journals.get(number)) for number in range(1, count + 1))
    tests = [(number, test) for number, journal in journals.items() for test in journal.tests]
    durations = sorted((test.duration for _, test in tests), reverse=True)
    bound = lower_bound(durations, count * lanes)
    missing = tuple(summary.shard.number for summary in shards if not summary.finished)
    return RunSummary(
        segment=header.segment,
        run=header.identity.run,
        generation=header.identity.generation,
        digests=tuple(sorted({journal.header.digest for journal in journals.values()})),
        shards=shards,
        missing=missing,
        makespan=max(summary.busy or 0 for summary in shards),
        bound=bound,
        total=sum(durations),
        binding=_binding(tests, bound),
        mispredicted=_worst(tests),
        alternatives=tuple(
            Alternative(shards=other, makespan=_makespan(durations, other * lanes))
            for other in (count - 1, count + 1)
            if other > 0 and not missing
        ),
        known=sum(journal.header.known for journal in journals.values()),
        predicted_total=sum(test.predicted for _, test in tests),
    )


def _shard(number: int, count: int, journal: Journal | None) -> ShardSummary:
    if journal is None:
        return ShardSummary(
            shard=ShardIndex(number, count),
            tests=0,
            failed=0,
            predicted=None,
            busy=None,
            wall=None,
            finished=False,
        )
    return ShardSummary(
        shard=ShardIndex(number, count),
        tests=len(journal.tests),
        failed=sum(1 for test in journal.tests if test.outcome in _RED),
        predicted=journal.header.predicted or None if journal.header.selected else 0,
        busy=busy_time(journal.tests),
        wall=journal.footer.seconds if journal.footer else None,
        finished=journal.is_finished,
    )


def busy_time(tests: Iterable[FinishedTest]) -> int:
    """Microseconds of the lane that was busy longest, by the tests' own durations."""
    lanes: dict[str, int] = defaultdict(int)
    for test in tests:
        lanes[test.lane] += test.duration
    return max(lanes.values(), default=0)


def _timed(test: FinishedTest, shard: int) -> TimedItem:
    return TimedItem(name=str(test.key), shard=shard, predicted=test.predicted, actual=test.duration)


def _binding(tests: Iterable[tuple[int, FinishedTest]], bound: int) -> TimedItem | None:
    """The test that is as long as the bound itself, so that no packing can help; of several the last by name."""
    longest = [_timed(test, number) for number, test in tests if test.duration == bound > 0]
    return max(longest, key=lambda item: item.name, default=None)


def _worst(tests: Iterable[tuple[int, FinishedTest]]) -> tuple[TimedItem, ...]:
    predicted = [(number, test) for number, test in tests if test.predicted]
    misses = heapq.nlargest(WORST, (abs(test.duration - test.predicted) for _, test in predicted))
    # Only of these few are names needed, to tell equal ones apart.
    worst = [
        _timed(test, number) for number, test in predicted if abs(test.duration - test.predicted) >= misses[-1]
    ]
    return tuple(sorted(worst, key=lambda item: (-abs(item.actual - item.predicted), item.name))[:WORST])


def _makespan(durations: Iterable[int], machines: int) -> int:
    """Of *durations*, longest first, each on the machine that is free first."""
    loads = [0] * machines
    for duration in durations:
        heapq.heapreplace(loads, loads[0] + duration)
    return max(loads)
