"""Whether limits from history would have stopped sound tests, and how soon they stop hung ones.

    python benchmarks/limits.py FOLDER          all histories in FOLDER, files ``NAME-NUMBER.json.gz``
    python benchmarks/limits.py FOLDER --check  a bar that is missed makes the exit code 1

For each version k of a project's durations: limits from versions 1 to k-1, made by the code that a run uses, from
a history joined as a merge joins it; then each test's own duration in version k is held against its limit. A test
stopped like that ran to its end in truth, so each is a false alarm, and is named. Every (test, version) counts
once. Durations of other tools hold what a test paid for fixtures that others use too.

A hung test is stopped at its limit. Of the tests predicted at 1 to 5 seconds the median limit is given.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from balance import Durations, journal_of, read_projects

from pytest_smartshard.dispatching.limits import FEW_SAMPLES, LimitRules
from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.operations.limiting import limits_from
from pytest_smartshard.proving.joining import join
from pytest_smartshard.store.keys import split_nodeid
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

MOST_FALSE = 1 / 100_000
MOST_MEDIAN = 60.0
"""Seconds."""

PREDICTED = (1.0, 5.0)


class Judged(NamedTuple):
    """One test in one version. Seconds; ``samples`` of its own that its limit comes from."""

    project: str
    version: int
    test: str
    taken: float
    predicted: float
    limit: float
    samples: int

    @property
    def is_stopped(self) -> bool:
        return self.taken > self.limit


def judged(project: str, versions: list[Durations], rules: LimitRules) -> Iterator[Judged]:
    """Every test of every version but the first."""
    history = History()
    for number, durations in enumerate(versions, start=1):
        limits = limits_from(history, rules)
        costs = {key: _costs(file) for key, file in history.files.items()}
        for test, taken in durations.items():
            file, tail = split_nodeid(test)
            limit = limits.of(file, tail, (), ())
            if limit is None:
                continue
            seconds = limit.microseconds / MICROSECONDS_PER_SECOND
            predicted = costs.get(file, {}).get(tail, 0) / MICROSECONDS_PER_SECOND
            samples = 0 if limit.scope else limit.samples
            yield Judged(project, number, test, taken, predicted, seconds, samples)
        history = join(history, [journal_of(durations, number)])


def _costs(file: FileHistory) -> dict[str, int]:
    return dict(zip(file.tails, file.costs, strict=True))


def report(title: str, tests: list[Judged]) -> int:
    """Print one group; how many of it would have been stopped."""
    stopped = [test for test in tests if test.is_stopped]
    print(f"{title}: {len(tests):,} tests, {len(stopped)} stopped that ran to their end")
    for test in stopped:
        print(
            f"  {test.project} {test.version}: {test.test[-100:]}: {test.taken:.1f} s, limit {test.limit:.1f} s, "
            f"predicted {test.predicted:.2f} s"
        )
    return len(stopped)


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--factor", type=float, default=LimitRules().factor)
    parser.add_argument("--floor", type=float, default=LimitRules().floor / MICROSECONDS_PER_SECOND, metavar="S")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    rules = LimitRules(given.factor, round(given.floor * MICROSECONDS_PER_SECOND))
    found = [
        test
        for project, versions in read_projects(given.folder).items()
        for test in judged(project, versions, rules)
    ]
    known = [test for test in found if test.samples >= FEW_SAMPLES]
    false = report(f"at least {FEW_SAMPLES} samples", known)
    report("1 or 2 samples", [test for test in found if 0 < test.samples < FEW_SAMPLES])
    report("no sample of its own", [test for test in found if not test.samples])
    shortest, longest = PREDICTED
    median = statistics.median(test.limit for test in known if shortest <= test.predicted <= longest)
    print(f"predicted at {shortest:g} to {longest:g} s: a hung test is stopped after {median:.1f} s (median)")
    missed = false > MOST_FALSE * len(known) or median > MOST_MEDIAN
    return int(given.check and missed)


if __name__ == "__main__":
    sys.exit(main())
