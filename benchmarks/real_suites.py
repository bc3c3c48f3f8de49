"""Other projects' suites: three shards must do together what a plain run does, and start well from pytest-split.

    python benchmarks/real_suites.py                  all suites
    python benchmarks/real_suites.py simplejson attrs only these

Each suite is run plainly twice, the second time under pytest-split, which stores durations. Then in three shards
without history (files are dealt whole) and, from a fresh copy with pytest-split's durations, in three shards
again (tests of one file in several shards). A test that is lost, doubled or has an outcome that neither plain run
had is printed and fails the suite; but for an outcome that it also has where the shard's tests are run without
us. Where it has that only with no more than the shard's files collected, because a test relies on what another
file imports, the suite is run once more without pruning, which must be as plain. The plan that is made from
pytest-split's durations must know (nearly) all of the predicted time, and divide the recorded seconds no less
evenly than pytest-split's own groups do. In the end ``smartshard doctor`` looks at the files and the new history:
what it says must be so.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError

from peers import add_venv_option
from suites_judging import (
    Case,
    Outcomes,
    ShardLeft,
    faults,
    function_of,
    imbalance,
    other_outcomes,
    own_differences,
)
from suites_running import (
    DURATIONS_FILE,
    WITHOUT_PYTEST_SPLIT,
    WITHOUT_US,
    Bench,
    RunFailed,
    bench_for,
    build_wheel,
)
from suites_table import SUITES, RealSuite

LEAST_KNOWN = 0.95
ALGORITHM = "least_duration"
DIGITS = 3
"""Of an imbalance. What differs later is which of two equal tests went first."""
REPLAYS = 5
"""Plain runs of a shard's own tests, where one of them ended as in no plain run of all tests."""
MOST_FAULTS = 20
"""Lines that are printed of each kind of run; there may be one for every test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table. ``faults`` is empty where all is well."""

    suite: str
    tests: int
    own: int
    seconds: float
    known: float
    ours: float
    theirs: float
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.suite:14}{self.tests:8,}{self.own:7}{self.seconds:9.1f}{self.known:9.4f}{self.ours:10.4f}"
            f"{self.theirs:10.4f}  {'as plain' if not self.faults else f'{len(self.faults)} FAULTS'}"
        )


HEADER = f"{'suite':14}{'tests':>8}{'flaky':>7}{'plain s':>9}{'known':>9}{'imbalance':>10}{'theirs':>10}  shards"


def measure(bench: Bench) -> Row:
    """All runs of one suite. Raises RunFailed, and SubprocessError where something else than pytest fails."""
    bench.renew()
    plain, seconds = bench.pytest(*WITHOUT_US, *WITHOUT_PYTEST_SPLIT)
    bench.renew()
    again, _ = bench.pytest(*WITHOUT_US, "--store-durations")
    durations = (bench.tree / DURATIONS_FILE).read_bytes()
    own = own_differences(plain, again)
    for name in sorted(own.flaky | own.restless)[:MOST_FAULTS]:
        print(f"  differs between plain runs: {name!a}", flush=True)

    bench.renew()
    found = _faults("no history", bench, plain, again)
    bench.renew()
    (bench.tree / DURATIONS_FILE).write_bytes(durations)
    plan, ours = bench.plan()
    found += _faults("from pytest-split's durations", bench, plain, again)
    found += [f"false alarm of the doctor: {alarm}" for alarm in bench.false_alarms()]
    seconds_of = json.loads(durations)
    theirs = bench.groups_of_pytest_split(bench.ids(), seconds_of, ALGORITHM)
    row = Row(
        suite=bench.suite.name,
        tests=plain.total(),
        own=len(own.flaky | own.restless),
        seconds=seconds,
        known=plan["known_share"] or 0.0,
        ours=round(imbalance(ours, seconds_of), DIGITS),
        theirs=round(imbalance(theirs, seconds_of), DIGITS),
        faults=(),
    )
    return _with_faults(row, [*found, *_misses(row)])


def _faults(title: str, bench: Bench, plain: Outcomes, again: Outcomes) -> list[str]:
    shards, explained, alone = _run_and_replay(bench, plain, again)
    for case in sorted(explained - alone):
        print(f"  {title}: ends so in the same company without us, too: {case.name!a} {case.outcome}", flush=True)
    found = faults(plain, again, shards, explained)
    if alone:
        print(f"  {title}: without us, too, {len(alone)} tests end so with their shard's files alone", flush=True)
        shards, explained, _ = _run_and_replay(bench, plain, again, "--shard-prune=off")
        found += [f"unpruned: {fault}" for fault in faults(plain, again, shards, explained)]
    return [f"{title}: {fault}" for fault in found]


def _run_and_replay(
    bench: Bench, plain: Outcomes, again: Outcomes, *options: str
) -> tuple[list[ShardLeft], set[Case], set[Case]]:
    """The shards; how tests of theirs ended by the suite's own doing; and what of that is for want of files."""
    shards = bench.all_shards(*options)
    explained: set[Case] = set()
    alone: set[Case] = set()
    for shard in shards:
        cases = other_outcomes(plain, again, shard)
        company = _without_us(bench, shard.number, cases)
        needing = _for_want_of_files(bench, shard, cases - company)
        explained |= company | needing
        alone |= needing
    return shards, explained, alone


def _without_us(bench: Bench, shard: int, cases: frozenset[Case]) -> frozenset[Case]:
    """Those of *cases* that a plain run of the shard's tests has, too: they depend on what runs before them."""
    left = cases
    for _ in range(REPLAYS):
        if left:
            left = left.difference(bench.replayed(shard, files=False))
    return cases - left


def _for_want_of_files(bench: Bench, shard: ShardLeft, cases: frozenset[Case]) -> frozenset[Case]:
    """Those of *cases* that a plain run has, too, which collects the shard's files only.

    By function: its parameters may have other names in each process.
    """
    if not cases:
        return cases
    replayed, here = (
        Counter((function_of(case.name), case.outcome) for case in ended.elements())
        for ended in (bench.replayed(shard.number, files=True), shard.cases)
    )
    functions = {function for function in here if replayed[function] >= here[function]}
    return frozenset(case for case in cases if (function_of(case.name), case.outcome) in functions)


def _misses(row: Row) -> list[str]:
    missed = []
    if not row.tests:
        missed.append("the suite ran no test")
    if row.known < LEAST_KNOWN:
        missed.append(f"only {row.known:.4f} of the time is known from pytest-split's durations")
    if row.ours > row.theirs:
        missed.append(f"imbalance {row.ours:.4f}, pytest-split's is {row.theirs:.4f}")
    return missed


def _with_faults(row: Row, found: Sequence[str]) -> Row:
    values = {name: getattr(row, name) for name in Row.__slots__}
    return Row(**{**values, "faults": tuple(found)})


def run(suite: RealSuite, venvs: Path, wheel: Path, home: Path) -> Row | None:
    """Measure and print one suite; None where it could not be run to its end."""
    print(f"{suite.name}: {suite.stands_for}", flush=True)
    try:
        row = measure(bench_for(suite, venvs, wheel, home))
    except (RunFailed, SubprocessError):
        traceback.print_exc(limit=1)
        return None
    for fault in row.faults[:MOST_FAULTS]:
        print(f"  {fault!a}", flush=True)
    print(f"{HEADER}\n{row}", flush=True)
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [suite.name for suite in SUITES]
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"one of {', '.join(names)}; all without")
    add_venv_option(parser)
    given = parser.parse_args()
    unknown = sorted(set(given.suites).difference(names))
    if unknown:
        parser.error(f"SUITE: there is no {', '.join(unknown)}; there are {', '.join(names)}")
    chosen = [suite for suite in SUITES if not given.suites or suite.name in given.suites]
    venvs = given.venv.resolve()
    venvs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="smartshard-suites-") as folder:
        home = Path(folder).resolve()
        wheel = build_wheel(venvs, home / "wheel")
        rows = [run(suite, venvs, wheel, home / suite.name) for suite in chosen]
    print(f"\n{HEADER}")
    for suite, row in zip(chosen, rows, strict=True):
        print(row or f"{suite.name:14}could not be run")
    return 0 if all(row is not None and not row.faults for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
