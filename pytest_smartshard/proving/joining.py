"""Joining what shards measured into one history.

Histories form a semilattice under joining: the order in which journals arrive does not matter, nor how often
one arrives. For that, samples are kept by the run and attempt that measured them, of two samples for the same
test and attempt the greater wins, and everything that is dropped is dropped by a rule that later arrivals
cannot overturn (but for one old sample of a test that only another attempt at a complete run collected).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from pytest_smartshard.checked import MOST_MICROSECONDS
from pytest_smartshard.model.history import UNIT_SPEED, FileHistory, History, MeasuredRun
from pytest_smartshard.model.record import CRASHED, ERROR, FAILED, SKIPPED, FinishedTest, Journal
from pytest_smartshard.proving.estimate import estimate
from pytest_smartshard.proving.samples import Sample, decode_column, duration_of, encode_column
from pytest_smartshard.proving.speeds import with_speeds

KEPT_RUNS = 8
"""Samples of this many newest runs are kept, and each test's newest one however old."""

REMEMBERED_RUNS = 100
"""Runs without samples that are remembered at most; only a store that is never completed has so many."""

Identity = tuple[str, int, int]
Age = tuple[bool, float]

_RANKS = {"s": 0, "": 1, "r": 2, "f": 3, "t": 4, "c": 5}
"""Of two samples of one test in one attempt the higher class wins, then the longer time."""


@dataclass(slots=True)
class Joined:
    """Everything known while joining: runs by identity, samples by file, tail and identity."""

    runs: dict[Identity, MeasuredRun] = field(default_factory=dict)
    samples: dict[str, dict[str, dict[Identity, Sample]]] = field(
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
        for file, tail, sample in _samples_of(journal):
            add_sample(joined.samples[file][tail], identity, sample)
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
        for identity, column in zip(identities, file.columns, strict=True):
            for tail, sample in zip(file.tails, decode_column(column, len(file.tails)), strict=True):
                if sample is not None:
                    add_sample(tests[tail], identity, sample)


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


def _samples_of(journal: Journal) -> Iterable[tuple[str, str, Sample]]:
    """One sample for each stored tail: the sum over tests that share it, with the gravest class."""
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for test in journal.tests:
        key = (test.key.file, test.stored_tail)
        letter, total = found.get(key, ("s", 0))
        found[key] = (max(letter, _class_letter(test), key=_RANKS.__getitem__), total + test.duration)
    for (file, tail), (letter, total) in found.items():
        duration = min(MOST_MICROSECONDS, rounded(total))
        yield file, tail, f"{letter}{duration}" if letter else duration


def _class_letter(test: FinishedTest) -> str:
    """The class of a test's time; ``""`` for a pass. An expected failure is what the test does every time."""
    if test.outcome == CRASHED:
        return "c"
    if test.outcome in (FAILED, ERROR):
        return "f"
    if test.reruns:
        return "r"
    return "s" if test.outcome == SKIPPED else ""


def rounded(microseconds: int) -> int:
    """Three significant digits, and no finer than 10: noise is far larger, and stores change less."""
    step = max(10, int(10 ** (len(str(microseconds)) - 3)))
    return (microseconds + step // 2) // step * step


def add_sample(samples: dict[Identity, Sample], identity: Identity, sample: Sample) -> None:
    known = samples.get(identity)
    samples[identity] = sample if known is None else max(known, sample, key=_gravity)


def _gravity(sample: Sample) -> tuple[int, int]:
    if isinstance(sample, str):
        return (_RANKS[sample[0]], duration_of(sample))
    return (_RANKS[""], sample or 0)


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
    """Drop what was measured of a test before a complete run that no longer had it, and tests without samples."""
    complete = sorted(_complete_runs(joined.runs.values()), reverse=True)
    names = {name for _, name in complete}
    age = {name: age_of(attempts) for name, attempts in by_run(joined.runs.values()).items()}
    for file, tests in list(joined.samples.items()):
        for tail, samples in list(tests.items()):
            seen_in = {run for run, _, _ in samples}
            if names <= seen_in:
                continue
            lacking = next(run for run in complete if run[1] not in seen_in)
            kept = {i: sample for i, sample in samples.items() if (age[i[0]], i[0]) > lacking}
            if kept:
                tests[tail] = kept
            else:
                del tests[tail]
        if not tests:
            del joined.samples[file]


def by_run(runs: Iterable[MeasuredRun]) -> Mapping[str, list[MeasuredRun]]:
    """All attempts and generations of each run, by its name."""
    grouped: dict[str, list[MeasuredRun]] = defaultdict(list)
    for run in runs:
        grouped[run.run].append(run)
    return grouped


def drop_old_samples(joined: Joined) -> None:
    """Keep the samples of the newest runs, and each test's newest one."""
    order = {
        run.identity: place
        for place, run in enumerate(sorted(joined.runs.values(), key=lambda run: run.age_order))
    }
    old = {identity for identity, place in order.items() if place < len(order) - KEPT_RUNS}
    for tests in joined.samples.values():
        for samples in tests.values():
            dropped = old.intersection(samples)
            if len(dropped) == len(samples):
                dropped.remove(max(samples, key=order.__getitem__))
            for identity in dropped:
                del samples[identity]


def in_order(joined: Joined, history: History, *, forget: bool = True) -> History:
    """Runs with their speeds, files with what their tests are expected to cost, and other runs to remember.

    These are the ones that still decide what is dropped, or without *forget* all. The rest is as in *history*.
    """
    used = set(chain.from_iterable(samples for tests in joined.samples.values() for samples in tests.values()))
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
        )
        for file, tests in rows.items()
    }
    to_remember = _to_remember(in_age) if forget else in_age
    others = [replace(run, speed=UNIT_SPEED) for run in to_remember if run.identity not in used]
    return replace(history, runs=tuple(runs), other_runs=tuple(others[-REMEMBERED_RUNS:]), files=files)


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
