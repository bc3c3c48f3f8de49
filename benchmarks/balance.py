"""How evenly plans divide real suites, against pytest-split's two algorithms and against the lower bound.

For each version k of a project's durations: plan the test ids of version k for m shards from versions 1 … k-1,
and divide the makespan under version k's own durations by the lower bound. Geometric mean over versions, then
projects.
Our side is the code that a sharded run and the merge after it execute: journals joined into a history one after
another, a plan made from it, and the rule by which a shard finds its tests. The row "planned by file" is of a
plan that knows the files of version k but not what is in them, as where shards collect their own files only.

With ``--file-cost S`` each shard also pays S seconds for every file that it has tests of. pytest-split is charged
in the same way, as if it collected no more than that, which it does not; what it pays for collecting every file
in every shard is in a row of its own. The bound then counts each file once.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from peers import PYTEST_SPLIT, add_venv_option, venv_python

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.record import PASSED, FinishedTest, Journal, JournalFooter, JournalHeader
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.shared import COLLECT
from pytest_smartshard.model.suite import CollectedTest, ItemKey, Suite, SuiteFile
from pytest_smartshard.operations.planning import PlanRequest, plan_collected, plan_files
from pytest_smartshard.planning.bounds import lower_bound
from pytest_smartshard.planning.placement import shard_of
from pytest_smartshard.planning.planner import PlanOptions, make_plan
from pytest_smartshard.proving.joining import join
from pytest_smartshard.store.keys import split_nodeid

HERE = Path(__file__).resolve().parent
MAIN_SHARDS = (2, 4, 8, 16, 32)
BETWEEN_SHARDS = (3, 6, 12, 24)
SHARDS = (*MAIN_SHARDS, *BETWEEN_SHARDS)
BLOCKS = (("", MAIN_SHARDS), ("\nIn between", BETWEEN_SHARDS))
KNOWN_BAR = 1.001
JITTER = 0.01

Durations: TypeAlias = "dict[str, float]"
"""Seconds by node id, in the order of the file: what pytest-split is given as it stands."""

Projects: TypeAlias = "dict[str, list[Durations]]"

Scores: TypeAlias = "dict[int, float]"
"""Makespan over lower bound by number of shards."""

OURS = "pytest-smartshard"
LEAST_DURATION = "pytest-split least_duration"
CHUNKS = "pytest-split duration_based_chunks"
KNOWN = "ours, durations known"
BY_FILE = "ours, planned by file"
ALL_FILES = "least_duration, all files collected"


def read_projects(folder: Path) -> Projects:
    """The versions of each project in time order, from files ``NAME-NUMBER.json.gz``."""
    numbered: dict[str, list[tuple[int, Path]]] = {}
    for path in sorted(folder.glob("*.json.gz")):
        name, _, number = path.name.removesuffix(".json.gz").rpartition("-")
        numbered.setdefault(name, []).append((int(number), path))
    return {name: [_read(path) for _, path in sorted(found)] for name, found in sorted(numbered.items())}


def _read(path: Path) -> Durations:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return {str(nodeid): float(seconds) for nodeid, seconds in json.load(file).items()}


def journal_of(durations: Durations, version: int) -> Journal:
    """What one shard would have written that ran all of it."""
    tests = []
    for nodeid, seconds in durations.items():
        file, tail = split_nodeid(nodeid)
        call = round(seconds * 1e6)
        tests.append(FinishedTest(key=ItemKey(file, tail), stored_tail=tail, outcome=PASSED, call=call))
    header = JournalHeader(
        segment=Segment("suite", "env"),
        identity=RunIdentity(run=f"{version:04}"),
        shard=ShardIndex(1, 1),
        digest="balance",
        started=float(version),
        selected=len(tests),
    )
    footer = JournalFooter(exit_code=0, ran=len(tests), seconds=sum(durations.values()))
    return Journal(path="", header=header, tests=tuple(tests), footer=footer)


def suite_of(durations: Durations) -> Suite:
    tails: dict[str, list[str]] = {}
    for nodeid in durations:
        file, tail = split_nodeid(nodeid)
        tails.setdefault(file, []).append(tail)
    return Suite(
        files=tuple(
            SuiteFile(key=file, tests=tuple(CollectedTest(tail) for tail in sorted(tails[file])))
            for file in sorted(tails)
        )
    )


class Truth:
    """One version of a suite as it really ran: what plans are scored by.

    *file_cost*: microseconds that each file costs every shard that has tests of it.
    """

    def __init__(self, durations: Durations, file_cost: int = 0) -> None:
        self.durations = durations
        self.suite = suite_of(durations)
        self._file_cost = file_cost
        self._names = [split_nodeid(nodeid) for nodeid in durations]
        self._costs = [round(seconds * 1e6) for seconds in durations.values()]
        self._bounds = {shards: self._bound(shards) for shards in SHARDS}

    def _bound(self, shards: int) -> int:
        total = sum(self._costs) + self._file_cost * len(self.suite.files)
        longest = max(self._costs) + self._file_cost
        return max(lower_bound(self._costs, shards), longest, -(-total // shards))

    def score(
        self,
        owners: Sequence[int],
        shards: int,
        *,
        all_files: bool = False,
        everywhere: frozenset[str] = frozenset(),
    ) -> float:
        """Makespan over lower bound; *owners* holds the 0-based shard of each test in order.

        *all_files*: every shard collects all files; else those that are *everywhere*, and what it has tests of.
        """
        loads = [0] * shards
        files = [set(everywhere) for _ in range(shards)]
        for owner, cost, (file, _) in zip(owners, self._costs, self._names, strict=True):
            loads[owner] += cost
            files[owner].add(file)
        counts = [len(self.suite.files)] * shards if all_files else map(len, files)
        paid = [load + count * self._file_cost for load, count in zip(loads, counts, strict=True)]
        return max(paid) / self._bounds[shards]

    def score_ours(self, history: History, *, by_file: bool = False) -> Scores:
        """*by_file*: each shard collects its own files, and what history does not know where that is cheap."""
        scores = {}
        for shards in SHARDS:
            request = PlanRequest(history=self._with_file_costs(history), options=PlanOptions(shards=shards))
            if by_file:
                owners, collected = self._planned_by_file(request)
            else:
                plan = make_plan(self.suite, request.history, request.options).plan
                owners = [shard_of(plan, file, CollectedTest(tail)) - 1 for file, tail in self._names]
                collected = frozenset()
            scores[shards] = self.score(owners, shards, everywhere=collected)
        return scores

    def _planned_by_file(self, request: PlanRequest) -> tuple[list[int], frozenset[str]]:
        """The bin of each test, and the files that all shards collect."""
        suite = Suite(files=tuple(replace(file, tests=()) for file in self.suite.files))
        listed, first = plan_files(suite, request)
        everywhere = frozenset(file.key for file in listed.files if file.everywhere)
        tests = {file.key: file.tests for file in self.suite.files}
        found = tuple(replace(file, tests=tests[file.key]) if file.everywhere else file for file in listed.files)
        plan = plan_collected(first, Suite(files=found), request).plan
        owners = [
            shard_of(plan, file, CollectedTest(tail), everywhere=file in everywhere) - 1
            for file, tail in self._names
        ]
        return owners, everywhere

    def _with_file_costs(self, history: History) -> History:
        """As if each file that the history knows had been measured."""
        if not self._file_cost:
            return history
        measured = FileHistory([COLLECT], [self._file_cost], [])
        return replace(history, shared=dict.fromkeys(history.files, measured))


class PytestSplit:
    """pytest-split's algorithms in a process of their own, asked pair by pair."""

    def __init__(self, python: str) -> None:
        command = [python, str(HERE / "peer_pytest_split.py")]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> PytestSplit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def scores(self, truth: Truth, earlier: Durations) -> dict[str, Scores]:
        """Scores of both algorithms on *truth*, given the durations of the version before."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        request = {"ids": list(truth.durations), "durations": earlier, "shards": SHARDS}
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        found = {
            f"pytest-split {name}": {
                shards: truth.score(owners, shards) for shards, owners in zip(SHARDS, placed, strict=True)
            }
            for name, placed in answer.items()
        }
        found[ALL_FILES] = {
            shards: truth.score(owners, shards, all_files=True)
            for shards, owners in zip(SHARDS, answer["least_duration"], strict=True)
        }
        return found


def geometric_mean(values: Sequence[float]) -> float:
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def mean_over_projects(scores: Mapping[str, Sequence[Scores]]) -> Scores:
    """Geometric mean over the versions of each project, then over projects."""
    return {
        shards: geometric_mean(
            [geometric_mean([pair[shards] for pair in pairs]) for pairs in scores.values() if pairs]
        )
        for shards in SHARDS
    }


def measure(
    projects: Mapping[str, Sequence[Truth]], peer: PytestSplit, seen: Callable[[Durations], Durations]
) -> dict[str, dict[str, list[Scores]]]:
    """Scores by row and project. *seen* makes what a planner is told from what a version took."""
    rows: dict[str, dict[str, list[Scores]]] = {
        name: {} for name in (OURS, BY_FILE, LEAST_DURATION, CHUNKS, ALL_FILES)
    }
    for name, versions in projects.items():
        for row in rows.values():
            row[name] = []
        told = [seen(truth.durations) for truth in versions[:-1]]
        for truth, earlier, history in zip(versions[1:], told, histories(told), strict=True):
            rows[OURS][name].append(truth.score_ours(history))
            rows[BY_FILE][name].append(truth.score_ours(history, by_file=True))
            for row_name, scores in peer.scores(truth, earlier).items():
                rows[row_name][name].append(scores)
    return rows


def histories(told: Sequence[Durations]) -> Iterator[History]:
    """The history after each version, each joined to the one before as a merge does it."""
    history = History()
    for version, durations in enumerate(told, 1):
        history = join(history, [journal_of(durations, version)])
        yield history


def measure_known(projects: Mapping[str, Sequence[Truth]]) -> dict[str, list[Scores]]:
    """Scores where the history holds exactly what is to be run."""
    return {
        name: [truth.score_ours(join(History(), [journal_of(truth.durations, 1)])) for truth in versions]
        for name, versions in projects.items()
    }


def jittered(randomness: random.Random, durations: Durations) -> Durations:
    return {nodeid: seconds * (1 + randomness.gauss(0, JITTER)) for nodeid, seconds in durations.items()}


def print_header(shards: Sequence[int]) -> None:
    print(f"{'makespan / lower bound':36}" + "".join(f"{f'm={count}':>9}" for count in shards))


def print_rows(rows: Mapping[str, Scores], shards: Sequence[int]) -> None:
    print_header(shards)
    for name, scores in rows.items():
        print(f"{name:36}" + "".join(f"{scores[count]:9.4f}" for count in shards))
    ours, *theirs = (rows[name] for name in (OURS, LEAST_DURATION, CHUNKS))
    ratios = [ours[count] / min(row[count] for row in theirs) for count in shards]
    print(f"{'ours / better of pytest-split':36}" + "".join(f"{ratio:9.4f}" for ratio in ratios))


def print_jitter(repetitions: Sequence[Mapping[str, Scores]], shards: Sequence[int]) -> None:
    """Mean and standard deviation of each row over *repetitions*, and how often ours was no worse."""
    for name in (OURS, LEAST_DURATION):
        columns = [[rows[name][count] for rows in repetitions] for count in shards]
        print(f"{name:36}" + "".join(f"{statistics.fmean(column):9.4f}" for column in columns))
        print(f"{'  ±':36}" + "".join(f"{statistics.stdev(column):9.4f}" for column in columns))
    ratios = [[rows[OURS][count] / rows[LEAST_DURATION][count] for rows in repetitions] for count in shards]
    print(f"{'ours / least_duration':36}" + "".join(f"{geometric_mean(column):9.4f}" for column in ratios))
    shares = [sum(ratio <= 1 for ratio in column) / len(column) for column in ratios]
    print(f"{'  share of draws at most 1':36}" + "".join(f"{share:9.2f}" for share in shares))


def print_projects(rows: Mapping[str, Mapping[str, Sequence[Scores]]]) -> None:
    print("\nBy project, ours over least_duration")
    for name, pairs in rows[OURS].items():
        ratios = [
            geometric_mean([pair[count] for pair in pairs])
            / geometric_mean([pair[count] for pair in rows[LEAST_DURATION][name]])
            for count in MAIN_SHARDS
        ]
        label = f"{name} ({len(pairs)})"
        print(f"{label:36}" + "".join(f"{ratio:9.4f}" for ratio in ratios))


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = HERE.parent.parent / "shared" / "durations"
    parser.add_argument(
        "--durations", type=Path, default=default, metavar="FOLDER", help="files NAME-NUMBER.json.gz"
    )
    parser.add_argument(
        "--jitter", type=int, default=0, metavar="N", help="also measure N times with 1 %% noise on all histories"
    )
    parser.add_argument(
        "--file-cost",
        type=float,
        default=0.0,
        metavar="S",
        help="seconds that each file costs a shard with tests of it",
    )
    parser.add_argument("--projects", action="store_true", help="also print each project's ratio")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a bar is missed")
    add_venv_option(parser)
    arguments = parser.parse_args()
    if not arguments.durations.is_dir():
        parser.error(f"--durations: there is no folder {arguments.durations}")
    if arguments.file_cost < 0:
        parser.error("--file-cost: give 0 or more seconds")
    if arguments.jitter == 1 or arguments.jitter < 0:
        parser.error("--jitter: give 0, or at least 2 repetitions")
    return arguments


def main() -> int:
    arguments = parse_arguments()
    python = venv_python(arguments.venv, "pytest-split", PYTEST_SPLIT)
    every = {
        name: [Truth(durations, round(arguments.file_cost * 1e6)) for durations in versions]
        for name, versions in read_projects(arguments.durations).items()
    }
    drifting = {name: versions for name, versions in every.items() if len(versions) > 1}
    pairs = sum(len(versions) - 1 for versions in drifting.values())
    print(f"{len(drifting)} projects, {pairs} pairs of consecutive versions; {' '.join(PYTEST_SPLIT)}")
    if arguments.file_cost:
        print(f"each file costs {arguments.file_cost:g} s in every shard that has tests of it")

    with PytestSplit(python) as peer:
        measured = measure(drifting, peer, lambda durations: durations)
        known = measure_known(every)
        if not arguments.file_cost:
            measured.pop(ALL_FILES)
        rows = {name: mean_over_projects(scores) for name, scores in measured.items()}
        rows[KNOWN] = mean_over_projects(known)
        for title, shards in BLOCKS:
            print(title)
            print_rows(rows, shards)
        worst = max(pair[count] for scores in known.values() for pair in scores for count in SHARDS)
        plans = sum(map(len, known.values())) * len(SHARDS)
        print(f"\nworst of {plans} plans with known durations: {worst:.4f}", flush=True)
        if arguments.projects:
            print_projects(measured)
        repetitions = []
        for seed in range(arguments.jitter):
            noisy = measure(drifting, peer, partial(jittered, random.Random(seed)))
            repetitions.append({name: mean_over_projects(scores) for name, scores in noisy.items()})
    if repetitions:
        print(f"\nMean and standard deviation over {len(repetitions)} draws of 1 % noise")
        for title, shards in BLOCKS:
            print(title)
            print_header(shards)
            print_jitter(repetitions, shards)
    return report_bars(rows, known=not arguments.file_cost) if arguments.check else 0


def report_bars(rows: Mapping[str, Scores], *, known: bool) -> int:
    """*known*: the bar for known durations holds, which the bound of suites with file costs is too low for."""
    missed = [
        f"m={count}: {rows[OURS][count]:.4f} is above pytest-split's"
        for count in MAIN_SHARDS
        if rows[OURS][count] > min(rows[LEAST_DURATION][count], rows[CHUNKS][count])
    ]
    missed += [
        f"m={count}, durations known: {rows[KNOWN][count]:.4f} is above {KNOWN_BAR}"
        for count in SHARDS
        if known and rows[KNOWN][count] > KNOWN_BAR
    ]
    for line in missed:
        print(f"MISSED {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
