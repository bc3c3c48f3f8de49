"""A real suite in shards against the same suite in one run: what ran, with what outcome, and how evenly.

    python benchmarks/real_suite.py --install networkx --shards 4 -- --pyargs networkx

A first run in shards one after another makes the history. With it the suite is run in shards on one machine,
the same with xdist workers in each shard, and as a CI would: each shard in a folder of its own that gets only
the store, and ``smartshard merge`` over the artifacts. Printed are the tests that were lost, doubled or had
another outcome than in the unsharded run, and the time in tests of the slowest shard over the mean. With
workers that is the time of all of a shard's workers; the same by the slowest worker of each shard is shown
beside it, which also has in it how xdist deals tests to workers.

The shards of one run go at the same time, as they do in a CI: a shared machine changes its speed from minute
to minute, and shards in turn (``--in-turn``) would be held against each other at different speeds.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import uuid
import venv
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
RUN = "benchmark"

Outcomes = Counter[tuple[str, str]]
"""How often each test ended with which outcome."""


@dataclass(frozen=True, slots=True)
class Sharded:
    """What a run in shards left: outcomes, and for each shard the seconds in tests of each of its lanes."""

    outcomes: Outcomes
    lanes: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """How to run pytest: the interpreter of an environment with plugin and suite, and the suite's arguments."""

    python: Path
    arguments: tuple[str, ...]
    shards: int
    in_turn: bool = False

    def pytest(self, folder: Path, *options: str) -> Path:
        """Run the suite in *folder*; returns the JUnit file. Exit codes 0 and 1 are as good as each other."""
        junit = folder / f"junit-{uuid.uuid4().hex}.xml"
        command = [self.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={junit}"]
        done = subprocess.run(
            [*map(str, command), *options, *self.arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, 1):
            sys.exit(f"pytest ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return junit

    def all_shards(self, folder_of: Callable[[int], Path], options: Sequence[str], *, in_turn: bool) -> Outcomes:
        """Run each shard in its folder, and count what all of them ran."""

        def run(number: int) -> Outcomes:
            return outcomes_of(self.pytest(folder_of(number), f"--shard={number}/{self.shards}", *options))

        with ThreadPoolExecutor(1 if in_turn else self.shards) as pool:
            return sum(pool.map(run, range(1, self.shards + 1)), Counter())

    def on_one_machine(self, folder: Path, *options: str, first: bool = False) -> Sharded:
        """All shards in one folder; the last one takes the run into the store."""
        outcomes = self.all_shards(lambda _: folder, options, in_turn=self.in_turn or first)
        return Sharded(outcomes, lanes_of(newest_run(folder)))

    def on_machines(self, store: Path, home: Path, *options: str) -> Sharded:
        """Each shard in a folder of its own with a copy of the store, then merge as a CI job would."""

        def folder_of(number: int) -> Path:
            folder = home / f"machine-{number}"
            shutil.copytree(store, folder / "store")
            return folder

        given = ["--shard-run", RUN, "--shard-store=store", *options]
        outcomes = self.all_shards(folder_of, given, in_turn=self.in_turn)
        artifacts = sorted(home.glob("machine-*/.smartshard/runs"))
        merge = [self.python, "-m", "pytest_smartshard", "merge", "--store", store, *artifacts]
        done = subprocess.run([*map(str, merge)], cwd=home, capture_output=True, text=True, check=False)
        print(f"  merge: exit {done.returncode}: {done.stdout.strip()}{done.stderr.strip()}", flush=True)
        return Sharded(outcomes, lanes_of(journal for place in artifacts for journal in place.rglob("*.jsonl")))


def outcomes_of(junit: Path) -> Outcomes:
    """Each test of a JUnit file with its outcome.

    A file that skips itself while it is collected has a case without a class; every shard collects it.
    """
    found: Outcomes = Counter()
    for case in ET.parse(junit).getroot().iter("testcase"):
        if not case.get("classname"):
            continue
        name = f"{case.get('classname')}::{case.get('name')}"
        kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        found[name, kinds[0] if kinds else "passed"] += 1
    return found


def newest_run(folder: Path) -> list[Path]:
    """Journals of the run that began last."""
    runs: dict[Path, float] = {}
    for journal in folder.rglob("*.jsonl"):
        with open(journal, encoding="ascii") as file:
            runs[journal.parent] = max(runs.get(journal.parent, 0), json.loads(file.readline())["started"])
    return sorted(max(runs, key=runs.__getitem__).glob("*.jsonl"))


def lanes_of(journals: Iterable[Path]) -> tuple[tuple[float, ...], ...]:
    """Seconds in tests of each lane of each shard: set-up, call and tear-down."""
    shards = []
    for journal in journals:
        lanes: Counter[str] = Counter()
        for line in map(json.loads, journal.read_text("ascii").splitlines()):
            if line["kind"] == "test":
                lanes[line.get("lane", "")] += sum(line["times"])
        shards.append(tuple(microseconds / 1e6 for microseconds in lanes.values()) or (0.0,))
    return tuple(shards)


def over_mean(shards: Sequence[float]) -> float:
    return max(shards) / statistics.mean(shards)


def report(name: str, sharded: Sharded, plain: Outcomes) -> bool:
    """Print what differs from the unsharded run; returns whether nothing does."""
    ran, expected = (Counter(test for test, _ in found.elements()) for found in (sharded.outcomes, plain))
    lost, doubled = sum((expected - ran).values()), sum((ran - expected).values())
    changed = sum((sharded.outcomes - plain).values()) - doubled
    busy = [sum(lanes) for lanes in sharded.lanes]
    print(
        f"{name}: {sum(ran.values())} of {sum(expected.values())} tests, {lost} lost, {doubled} doubled, "
        f"{changed} with another outcome; slowest {max(busy):.1f} s, mean {statistics.mean(busy):.1f} s, ratio "
        f"{over_mean(busy):.3f}, by the slowest lane of each {over_mean(list(map(max, sharded.lanes))):.3f}",
        flush=True,
    )
    return not (lost or doubled or changed)


def environment(folder: Path, requirements: Sequence[str]) -> Path:
    """A new virtual environment with this project and *requirements*; returns its interpreter."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", str(ROOT), *requirements], check=True)
    return python


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--install", action="append", default=[], metavar="REQUIREMENT", help="what holds the suite"
    )
    parser.add_argument("--python", type=Path, help="use this interpreter's environment and install nothing")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--lanes", type=int, default=2, help="xdist workers in each shard in the second way")
    parser.add_argument("--in-turn", action="store_true", help="one shard after another instead of all at once")
    parser.add_argument("arguments", nargs="+", help="what pytest is given")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="real-suite-") as name:
        home = Path(name)
        python = given.python or environment(home / "venv", given.install)
        bench = Bench(python.absolute(), tuple(given.arguments), given.shards, given.in_turn)
        folders = [home / place for place in ("plain", "single", "lanes", "machines")]
        for folder in folders:
            folder.mkdir()
        plain_folder, single, lanes, machines = folders
        plain = outcomes_of(bench.pytest(plain_folder))
        print(f"unsharded: {sum(plain.values())} tests", flush=True)
        fine = [report("first run", bench.on_one_machine(single, first=True), plain)]
        fine.append(report("second run", bench.on_one_machine(single), plain))
        store = home / "store"
        shutil.copytree(single / ".smartshard" / "durations", store)
        shutil.copytree(store, lanes / ".smartshard" / "durations")
        fine.append(report(f"with -n {given.lanes}", bench.on_one_machine(lanes, f"-n{given.lanes}"), plain))
        fine.append(report("as a CI", bench.on_machines(store, machines), plain))
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
