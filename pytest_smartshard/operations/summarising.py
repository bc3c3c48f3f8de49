"""Summing up a run from its journals, for reports.

A shard's time is what a plan predicts of it: its start-up, collecting the files that it runs something of, and
the tests of its slowest lane, with what running them costs beside. The lower bound and what other numbers of
shards would give are made of the same: each shard starts once, and each file is collected once.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_smartshard.errors import NewerFormat, UnusableFile
from pytest_smartshard.journal.reading import read_header, read_journal
from pytest_smartshard.journal.run_folder import RUNS, journals_below
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.record import RED, FinishedTest, Journal, JournalFooter
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.summary import Alternative, RunSummary, ShardSummary, TimedItem
from pytest_smartshard.planning.bounds import lower_bound

WORST = 5
"""Mispredictions that a report names."""


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
    paid = _paid(journals)
    bound = paid.bound(count, lanes)
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
        total=sum(test.duration for _, test in tests),
        binding=_binding(tests, paid, bound),
        mispredicted=_worst(tests),
        alternatives=tuple(
            Alternative(shards=other, makespan=paid.makespan(other, lanes))
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
        failed=sum(1 for test in journal.tests if test.outcome in RED),
        predicted=journal.header.predicted or (None if journal.header.selected else 0),
        busy=load_of(journal),
        wall=journal.footer.seconds if journal.footer else None,
        finished=journal.is_finished,
    )


def load_of(journal: Journal) -> int:
    """Microseconds that the shard was busy, as far as that was measured."""
    collecting = sum(file.collecting or 0 for file in journal.files)
    return journal.header.start_up + collecting + busy_time(journal.tests, _each_test(journal))


def busy_time(tests: Iterable[FinishedTest], each_test: int = 0) -> int:
    """Microseconds of the lane that was busy longest, where each test costs *each_test* beside its duration."""
    lanes: dict[str, int] = defaultdict(int)
    for test in tests:
        lanes[test.lane] += test.duration + each_test
    return max(lanes.values(), default=0)


def _each_test(journal: Journal) -> int:
    return journal.footer.each_test if journal.footer else 0


def _with_beside(test: FinishedTest, footer: JournalFooter | None) -> int:
    return test.duration + (footer.each_test_of.get(test.key.file, footer.each_test) if footer else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paid:
    """What a run had to pay, in microseconds.

    ``start_up`` of the shard where it was least, ``collecting`` of each file where it cost least. ``durations``:
    of the tests with what passed beside them, the longest first. ``longest``: a shard with nothing but the test
    for which that takes longest. ``footers`` are by the shard's number.
    """

    start_up: int
    collecting: Mapping[str, int]
    footers: Mapping[int, JournalFooter | None]
    durations: Sequence[int]
    longest: int

    def whole(self, number: int, test: FinishedTest) -> int:
        """A shard that runs nothing but *test*, which was in shard *number*."""
        own = _with_beside(test, self.footers[number])
        return self.start_up + self.collecting.get(test.key.file, 0) + own

    def bound(self, shards: int, lanes: int) -> int:
        """No plan takes less. Every lane of a shard collects all that the shard runs something of."""
        machines = shards * lanes
        total = sum(self.durations) + lanes * sum(self.collecting.values())
        tests = max(lower_bound(self.durations, machines), -(-total // machines))
        return max(self.start_up + tests, self.longest)

    def makespan(self, shards: int, lanes: int) -> int:
        """What packing the tests gives where every shard collects an equal share of the files."""
        collecting = -(-sum(self.collecting.values()) // shards)
        return self.start_up + collecting + _makespan(self.durations, shards * lanes)


def _paid(journals: Mapping[int, Journal]) -> _Paid:
    collecting: dict[str, int] = {}
    for journal in journals.values():
        for file in journal.files:
            if file.collecting is not None:
                collecting[file.file] = min(file.collecting, collecting.get(file.file, file.collecting))
    footers = {number: journal.footer for number, journal in journals.items()}
    tests = [(number, test) for number, journal in journals.items() for test in journal.tests]
    paid = _Paid(
        start_up=min(journal.header.start_up for journal in journals.values()),
        collecting=collecting,
        footers=footers,
        durations=sorted((_with_beside(test, footers[number]) for number, test in tests), reverse=True),
        longest=0,
    )
    return replace(paid, longest=max((paid.whole(number, test) for number, test in tests), default=0))


def _timed(test: FinishedTest, shard: int) -> TimedItem:
    return TimedItem(name=str(test.key), shard=shard, predicted=test.predicted, actual=test.duration)


def _binding(tests: Iterable[tuple[int, FinishedTest]], paid: _Paid, bound: int) -> TimedItem | None:
    """The test that alone is as long as the bound, so that no packing can help; of several the last by name."""
    longest = [
        _timed(test, number) for number, test in tests if test.duration > 0 and paid.whole(number, test) == bound
    ]
    return max(longest, key=lambda item: item.name, default=None)


def _worst(tests: Iterable[tuple[int, FinishedTest]]) -> tuple[TimedItem, ...]:
    """By their own time: which test pays what several share was not predicted of any."""
    predicted = [(number, test) for number, test in tests if test.predicted]
    misses = heapq.nlargest(WORST, (abs(test.own - test.predicted) for _, test in predicted))
    # Only of these few are names needed, to tell equal ones apart.
    worst = [
        replace(_timed(test, number), actual=test.own)
        for number, test in predicted
        if abs(test.own - test.predicted) >= misses[-1]
    ]
    return tuple(sorted(worst, key=lambda item: (-abs(item.actual - item.predicted), item.name))[:WORST])


def _makespan(durations: Iterable[int], machines: int) -> int:
    """Of *durations*, longest first, each on the machine that is free first."""
    loads = [0] * machines
    for duration in durations:
        heapq.heapreplace(loads, loads[0] + duration)
    return max(loads)
