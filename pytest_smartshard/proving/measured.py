"""What one journal measured: of each test, of shared costs, and what each test needs.

All of it follows from the journal alone. What is known already, or comes later, must not matter: joining would
depend on the order of journals.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from statistics import median_low

from pytest_smartshard.checked import MOST_MICROSECONDS
from pytest_smartshard.model.record import (
    CRASHED,
    ERROR,
    FAILED,
    SKIPPED,
    TIMED_OUT,
    FinishedTest,
    Journal,
    OwnedFile,
)
from pytest_smartshard.model.shared import COLLECT, COLLECT_COLD, EACH_TEST, START_UP, WHOLE_SUITE
from pytest_smartshard.proving.collecting_costs import FEWEST_OTHERS
from pytest_smartshard.proving.samples import Sample

RANKS: Mapping[str, int] = {"s": 0, "": 1, "r": 2, "f": 3, "t": 4, "c": 5}
"""Of two samples of one test in one attempt the higher class wins, then the longer time."""

GUESSED, FAILED_SET_UP = "s", "f"
"""Class letters of shared costs: of a file that a process collected first, with imports that all have in common,
and of a fixture whose test ended in an error. The latter shows that it is still there, and counts only where
nothing better is known."""

_WHOLE, _BEGUN, _FAILED = range(3)
"""How much a set-up tells, the best first."""


def samples_of_tests(journal: Journal) -> dict[tuple[str, str], Sample]:
    """By file and stored tail one sample each: the sum over tests that share it, with the gravest class.

    Without what a test paid of shared costs.
    """
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for test in journal.tests:
        key = (test.key.file, test.stored_tail)
        letter, total = found.get(key, ("s", 0))
        found[key] = (max(letter, _class_letter(test), key=RANKS.__getitem__), total + test.own)
    return {key: f"{letter}{kept(total)}" if letter else kept(total) for key, (letter, total) in found.items()}


def shared_samples(journal: Journal) -> Iterator[tuple[str, str, Sample]]:
    """Place, name and sample of each shared cost; none of what was not measured."""
    excess = yield from _collecting(journal.files)
    if journal.header.start_up:
        yield WHOLE_SUITE, START_UP, kept(journal.header.start_up + excess)
    if journal.footer is not None:
        if journal.footer.each_test:
            yield WHOLE_SUITE, EACH_TEST, kept(journal.footer.each_test)
        for file, microseconds in journal.footer.each_test_of.items():
            yield file, EACH_TEST, kept(microseconds)
    yield from _fixtures(journal.tests)


def needs_of(
    files: Iterable[OwnedFile], measured: Collection[tuple[str, str]]
) -> Iterator[tuple[str, str, frozenset[str]]]:
    """File, stored tail and needs of each of the *measured* tests. A name may come several times."""
    for file in files:
        needs = list(map(frozenset, file.needs))
        for tail, place in zip(file.selected or (), file.needing, strict=False):
            if (file.file, tail) in measured:
                yield file.file, tail, needs[place]


def ease(sample: Sample) -> tuple[bool, int]:
    """Sorts samples of a shared cost in one attempt: of two the lower counts, a measured one before others."""
    if isinstance(sample, str):
        return (True, int(sample[1:]))
    return (False, sample or 0)


def kept(microseconds: int) -> int:
    """The figure that is stored."""
    return min(MOST_MICROSECONDS, rounded(microseconds))


def rounded(microseconds: int) -> int:
    """Three significant digits, and no finer than 10: noise is far larger, and stores change less."""
    step = max(10, int(10 ** (len(str(microseconds)) - 3)))
    return (microseconds + step // 2) // step * step


def _class_letter(test: FinishedTest) -> str:
    """The class of a test's time; ``""`` for a pass. An expected failure is what the test does every time."""
    if test.outcome == CRASHED:
        return "c"
    if test.outcome == TIMED_OUT:
        return "t"
    if test.outcome in (FAILED, ERROR):
        return "f"
    if test.reruns:
        return "r"
    return "s" if test.outcome == SKIPPED else ""


def _collecting(files: Iterable[OwnedFile]) -> Generator[tuple[str, str, Sample], None, int]:
    """Samples of files. Returns what the first file paid for imports that all of them need: that is start-up.

    What the first file would have taken as a later one nobody has measured. For start-up's sake it is taken to be
    like the others of its journal, those at the same state of the cache; with too few of them all of it is its
    own. Its sample, a guess, is the whole: what of it is its own other runs and shards can tell better.
    """
    usual: dict[bool, list[int]] = {False: [], True: []}
    first: list[OwnedFile] = []
    for file in files:
        if file.collecting is None:
            continue
        if file.is_first:
            first.append(file)
            yield file.file, _collect_name(file), f"{GUESSED}{kept(file.collecting)}"
        else:
            usual[file.cold].append(file.collecting)
            yield file.file, _collect_name(file), kept(file.collecting)
    return max((_excess(file.collecting or 0, usual[file.cold]) for file in first), default=0)


def _excess(taken: int, others: Sequence[int]) -> int:
    return max(0, taken - median_low(others)) if len(others) >= FEWEST_OTHERS else 0


def _collect_name(file: OwnedFile) -> str:
    return COLLECT_COLD if file.cold else COLLECT


def _fixtures(tests: Iterable[FinishedTest]) -> Iterator[tuple[str, str, Sample]]:
    """The cheapest set-up of each fixture together with the tear-down that followed it in the same lane.

    A set-up that nothing followed (the process died, or it ends by itself) tells less, and one of a test that
    ended in an error least: it may have been broken off.
    """
    best: dict[tuple[str, str], tuple[int, int]] = {}
    begun: dict[tuple[str, str, str], tuple[int, bool]] = {}

    def add(place: str, name: str, rank: int, time: int) -> None:
        best[place, name] = min((rank, time), best.get((place, name), (_FAILED + 1, 0)))

    for test in tests:
        failed = test.outcome in (ERROR, TIMED_OUT)
        for place, name, setup, teardown in test.shared:
            key = (test.lane, place, name)
            before = begun.pop(key, None)
            if before is not None:
                time, had_failed = before
                add(place, name, _FAILED if failed or had_failed else _WHOLE, time + teardown)
                if setup:
                    begun[key] = (setup, failed)
            elif teardown:
                add(place, name, _FAILED if failed else _WHOLE, setup + teardown)
            else:
                begun[key] = (setup, failed)
    for (_, place, name), (time, failed) in begun.items():
        add(place, name, _FAILED if failed else _BEGUN, time)
    for (place, name), (rank, time) in best.items():
        yield place, name, f"{FAILED_SET_UP}{kept(time)}" if rank == _FAILED else kept(time)
