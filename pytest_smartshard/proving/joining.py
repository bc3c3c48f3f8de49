"""Joining what shards measured into one history.

Histories form a semilattice under joining: the order in which journals arrive does not matter, nor how often
one arrives. For that, samples are kept by the run and attempt that measured them, of two samples for the same
test and attempt the greater wins, and everything that is dropped is dropped by a rule that later arrivals
cannot overturn (but for one old sample of a test that only another attempt at a complete run collected).

Of two samples for the same shared cost and attempt the lower wins, which keeps that law as well: they are of
different processes, and what one of them waited for (a cold cache, a service that was still starting) is no part
of the cost. What a test needs is kept of the newest attempt that has a sample of it; what several shards of
one attempt say is added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from itertools import chain

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import UNIT_SPEED, FileHistory, History, MeasuredRun
from pytest_smartshard.model.record import Journal
from pytest_smartshard.proving.estimate import estimate
from pytest_smartshard.proving.measured import RANKS, ease, needs_of, samples_of_tests, shared_samples
from pytest_smartshard.proving.samples import Sample, decode_column, duration_of, encode_column
from pytest_smartshard.proving.shared_costs import (
    Identity,
    Samples,
    is_of_every_run,
    seen_together,
    shared_histories,
)
from pytest_smartshard.proving.speeds import with_speeds

KEPT_RUNS = 8
"""Samples of this many newest runs are kept, and each test's newest one however old."""

REMEMBERED_RUNS = 100
"""Runs without samples that are remembered at most; only a store that is never completed has so many."""

Age = tuple[bool, float]


@dataclass(slots=True)
class Joined:
    """Everything known while joining: runs by identity, samples by file, tail and identity.

    ``shared`` are samples of shared costs, by place, name and identity. ``needs`` are by identity, file and tail.
    """

    runs: dict[Identity, MeasuredRun] = field(default_factory=dict)
    samples: dict[str, dict[str, Samples]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(dict)))
    shared: dict[str, dict[str, Samples]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(dict)))
    needs: dict[Identity, dict[str, dict[str, frozenset[str]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )


def join(history: History, journals: Iterable[Journal]) -> History:
    """*history* with what *journals* measured: commutative, idempotent, each sample once.

    Tests that the newest complete run no longer had are dropped. The result's ``digest`` and ``origin`` are
    those of *history*. Raises ValueError where *history* holds what is no sample.
    """
    joined = Joined()
    add_history(joined, history)
    for journal in journals:
        identity = journal_identity(journal)
        _add_run(joined.runs, _run_of(journal))
        samples = samples_of_tests(journal)
        for (file, tail), sample in samples.items():
            add_sample(joined.samples[file][tail], identity, sample)
        for place, name, sample in shared_samples(journal):
            add_shared(joined.shared[place][name], identity, sample)
        for file, tail, needs in needs_of(journal.files, samples):
            add_needs(joined.needs[identity][file], tail, needs)
    drop_expired(joined)
    drop_old_samples(joined)
    return in_order(joined, history)


def journal_identity(journal: Journal) -> Identity:
    identity = journal.header.identity
    return (identity.run, identity.generation, identity.attempt)


def is_complete(attempts: Iterable[MeasuredRun]) -> bool:
    """Whether in some of the attempts, taken together, all shards of one plan finished.

    This can only become true as more journals arrive, never false again.
    """
    by_plan: dict[tuple[str, str], set[str]] = defaultdict(set)
    for run in attempts:
        for text in run.finished:
            agreement, _, shard = text.partition(" ")
            number, _, count = shard.partition("/")
            by_plan[(agreement, count)].add(number)
    return any(len(numbers) == int(count) for (_, count), numbers in by_plan.items())


def add_history(joined: Joined, history: History) -> None:
    for run in (*history.runs, *history.other_runs):
        _add_run(joined.runs, run)
    identities = [run.identity for run in history.runs]
    for key, file in history.files.items():
        tests = joined.samples[key]
        newest: dict[str, Identity] = {}
        for identity, column in zip(identities, file.columns, strict=True):
            for tail, sample in zip(file.tails, decode_column(column, len(file.tails)), strict=True):
                if sample is not None:
                    add_sample(tests[tail], identity, sample)
                    newest[tail] = identity
        for tail, place in zip(file.tails, file.needing, strict=False):
            if tail in newest:
                add_needs(joined.needs[newest[tail]][key], tail, frozenset(file.needs[place]))
    for key, costs in history.shared.items():
        for identity, column in zip(identities, costs.columns, strict=True):
            for name, sample in zip(costs.tails, decode_column(column, len(costs.tails)), strict=True):
                if sample is not None:
                    add_shared(joined.shared[key][name], identity, sample)


def _run_of(journal: Journal) -> MeasuredRun:
    header = journal.header
    return MeasuredRun(
        run=header.identity.run,
        generation=header.identity.generation,
        attempt=header.identity.attempt,
        started=round(header.started, 3),
        finished=(f"{header.agreement} {header.shard}",) if journal.is_finished else (),
        lanes=header.lanes,
    )


def _add_run(runs: dict[Identity, MeasuredRun], run: MeasuredRun) -> None:
    known = runs.get(run.identity)
    if known is None:
        runs[run.identity] = run
        return
    runs[run.identity] = replace(
        known,
        started=min(known.started, run.started),
        finished=tuple(sorted({*known.finished, *run.finished})),
        lanes=max(known.lanes, run.lanes),
    )


def add_sample(samples: Samples, identity: Identity, sample: Sample) -> None:
    known = samples.get(identity)
    samples[identity] = sample if known is None else max(known, sample, key=_gravity)


def _gravity(sample: Sample) -> tuple[int, int]:
    if isinstance(sample, str):
        return (RANKS[sample[0]], duration_of(sample))
    return (RANKS[""], sample or 0)


def add_shared(samples: Samples, identity: Identity, sample: Sample) -> None:
    known = samples.get(identity)
    samples[identity] = sample if known is None else min(known, sample, key=ease)


def add_needs(tests: dict[str, frozenset[str]], tail: str, needs: frozenset[str]) -> None:
    known = tests.get(tail)
    # Nearly always the same object: one set serves all tests of a class.
    tests[tail] = needs if known is None or known is needs else known | needs


def newest_complete(runs: Iterable[MeasuredRun]) -> tuple[Age, str] | None:
    """Age and name of the newest complete run."""
    return max(_complete_runs(runs), default=None)


def _complete_runs(runs: Iterable[MeasuredRun]) -> list[tuple[Age, str]]:
    """Ages and names of the runs of which all shards finished by one plan."""
    return [
        (age_of(attempts), name)
        for name, attempts in by_run(runs).items()
        if is_complete(run for run in attempts if run.generation == 0)
    ]


def age_of(attempts: Iterable[MeasuredRun]) -> Age:
    """When a run began, as :attr:`MeasuredRun.age` orders it."""
    return min(run.age for run in attempts)


def drop_expired(joined: Joined) -> None:
    """Drop what was measured of a test or shared cost before a complete run that no longer had it.

    And what is left without samples then.
    """
    outlived = _Outlived(joined.runs.values())
    for file, tests in list(joined.samples.items()):
        for tail, samples in list(tests.items()):
            for identity in outlived.by(samples):
                del samples[identity]
            if not samples:
                del tests[tail]
        if not tests:
            del joined.samples[file]
    for place, costs in list(joined.shared.items()):
        for group in seen_together({n: costs[n] for n in costs if not is_of_every_run(place, n)}):
            for identity in outlived.by(set().union(*group)):
                for samples in group:
                    samples.pop(identity, None)
        _drop_empty(costs)
        if not costs:
            del joined.shared[place]


class _Outlived:
    """Tells which samples of something are older than a complete run that did not see it."""

    def __init__(self, runs: Collection[MeasuredRun]) -> None:
        self._complete = sorted(_complete_runs(runs), reverse=True)
        self._names = {name for _, name in self._complete}
        self._age = {name: age_of(attempts) for name, attempts in by_run(runs).items()}

    def by(self, identities: Collection[Identity]) -> list[Identity]:
        """Of the attempts that saw it those that do not count any more."""
        seen_in = {run for run, _, _ in identities}
        if self._names <= seen_in:
            return []
        lacking = next(run for run in self._complete if run[1] not in seen_in)
        return [identity for identity in identities if (self._age[identity[0]], identity[0]) <= lacking]


def by_run(runs: Iterable[MeasuredRun]) -> Mapping[str, list[MeasuredRun]]:
    """All attempts and generations of each run, by its name."""
    grouped: dict[str, list[MeasuredRun]] = defaultdict(list)
    for run in runs:
        grouped[run.run].append(run)
    return grouped


def drop_old_samples(joined: Joined) -> None:
    """Keep the samples of the newest runs, and the newest one of each test and shared cost."""
    order = {
        run.identity: place
        for place, run in enumerate(sorted(joined.runs.values(), key=lambda run: run.age_order))
    }
    old = {identity for identity, place in order.items() if place < len(order) - KEPT_RUNS}
    tests = ([samples] for tests in joined.samples.values() for samples in tests.values())
    shared = (group for costs in joined.shared.values() for group in seen_together(costs))
    for group in chain(tests, shared):
        seen = group[0] if len(group) == 1 else set().union(*group)
        dropped = old.intersection(seen)
        if len(dropped) == len(seen):
            dropped.remove(max(seen, key=order.__getitem__))
        for identity in dropped:
            for samples in group:
                samples.pop(identity, None)
    for costs in joined.shared.values():
        _drop_empty(costs)


def _drop_empty(costs: dict[str, Samples]) -> None:
    for name in [name for name, samples in costs.items() if not samples]:
        del costs[name]


def in_order(joined: Joined, history: History, *, forget: bool = True) -> History:
    """Runs with their speeds, files with what their tests are expected to cost, and other runs to remember.

    These are the ones that still decide what is dropped, or without *forget* all. The rest is as in *history*.
    """
    measured = chain(joined.samples.values(), joined.shared.values())
    used = set(chain.from_iterable(samples for tests in measured for samples in tests.values()))
    in_age = sorted(joined.runs.values(), key=lambda run: run.age_order)
    runs = [run for run in in_age if run.identity in used]
    identities = [run.identity for run in runs]
    rows = {
        file: {tail: list(map(tests[tail].get, identities)) for tail in sorted(tests)}
        for file, tests in sorted(joined.samples.items())
    }
    all_rows = chain.from_iterable(tests.values() for tests in rows.values())
    runs = with_speeds(runs, list(zip(*all_rows, strict=True)))
    speeds = [run.speed for run in runs]
    files = {
        file: FileHistory(
            list(tests),
            [estimate(row, speeds) for row in tests.values()],
            list(map(encode_column, zip(*tests.values(), strict=True))),
            *_needs_of_newest(tests, [joined.needs.get(identity, {}).get(file, {}) for identity in identities]),
        )
        for file, tests in rows.items()
    }
    to_remember = _to_remember(in_age) if forget else in_age
    others = [replace(run, speed=UNIT_SPEED) for run in to_remember if run.identity not in used]
    return replace(
        history,
        runs=tuple(runs),
        other_runs=tuple(others[-REMEMBERED_RUNS:]),
        files=files,
        shared=shared_histories(joined.shared, runs),
    )


def _needs_of_newest(
    rows: Mapping[str, Sequence[Sample]], needs: Sequence[Mapping[str, frozenset[str]]]
) -> tuple[tuple[tuple[str, ...], ...], list[int]]:
    """The different sets of needs in a file, and which of them each test has. *needs* are of each run.

    A test has those of the newest run with a sample of it, none where that run knew of none.
    """
    if not any(needs):
        return (), []
    places: dict[frozenset[str], int] = {}
    needing = []
    for tail, row in rows.items():
        newest = next(place for place in reversed(range(len(row))) if row[place] is not None)
        needing.append(places.setdefault(needs[newest].get(tail, frozenset()), len(places)))
    if not any(places):
        return (), []
    return tuple(tuple(sorted(names)) for names in places), needing


def _to_remember(in_age: Sequence[MeasuredRun]) -> Iterable[MeasuredRun]:
    """Runs that decide what is dropped even if no sample of theirs is left, oldest first.

    These are all that are not older than the newest complete one, and those that count as the newest runs.
    """
    attempts = by_run(in_age)
    newest = newest_complete(in_age)
    for place, run in enumerate(in_age, start=1):
        is_recent = newest is None or (age_of(attempts[run.run]), run.run) >= newest
        if is_recent or place > len(in_age) - KEPT_RUNS:
            yield run
