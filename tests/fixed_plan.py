"""Plans one fixed, largish suite and writes the digests: a program of its own, run in other surroundings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.inventory import names_digest
from pytest_smartshard.model.record import FinishedTest, Journal, JournalFooter, JournalHeader
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.suite import CollectedTest, ItemKey, Suite, SuiteFile
from pytest_smartshard.planning.planner import PlanOptions, make_plan
from pytest_smartshard.proving.joining import join

PLANS = (
    ("lpt", "test", 6, 1),
    ("lpt", "class", 4, 2),
    ("lpt", "file", 3, 1),
    ("lpt", "test", 300, 4),
    ("chunks", "test", 6, 1),
    ("round-robin", "test", 6, 1),
    ("hash", "test", 6, 1),
)

SHARED_PLANS = (("lpt", "test", 6, 1), ("lpt", "class", 4, 2), ("lpt", "test", 50, 1), ("chunks", "test", 6, 1))
"""Those made with shared costs, from the names of the files."""


def fixed_suite() -> Suite:
    """200 files with about 1,000 tests: classes, parameters, labels, unstable and positional ids."""
    return Suite(
        files=tuple(
            SuiteFile(
                key=f"tests/part{file // 20}/test_{file:03}.py",
                size=file * 31 % 997,
                tests=tuple(_tests_of(file)),
            )
            for file in range(200)
        )
    )


def _tests_of(file: int) -> Iterator[CollectedTest]:
    for number, function in enumerate(["test_one", "TestA::test_two", "TestB::test_three"]):
        for place in range(file % 7 + number):
            yield CollectedTest(
                f"{function}[v{place}::x]",
                together="group" if (file + place) % 29 == 0 else "",
                positional=number == 2 and file % 3 == 0,
            )
    if file % 5 == 0:
        yield from (CollectedTest(f"test_odd[<at 0x{place:08x}>]", unstable=True) for place in range(4))


def fixed_history(suite: Suite) -> History:
    """Five runs of it, each a tenth slower than the one before, that lack a tenth of the tests each."""
    return replace(join(History(), [_journal(suite, run) for run in range(5)]), digest="0a1b2c3d4e5f")


def with_shared_costs(history: History) -> History:
    """As if every file had been measured but each seventh, and fixtures of modules, classes and the session."""
    files, shared = {}, {"": _costs({"start-up": 400_000, "each test": 250, "session db": 2_500_000})}
    for number, (key, known) in enumerate(history.files.items()):
        needs = (
            ("module db",),
            ("class TestA db", "module db"),
            ("session db",),
            (f"together group {number // 4}",),
        )
        needing = [(number * 7 + place * 3) % 31 // 10 for place in range(len(known.tails))]
        files[key] = replace(known, needs=needs, needing=needing)
        costs = {"module db": number * 9_973 % 400_000, "class TestA db": 900_000}
        if number % 7:
            costs["collect"] = number * 7_919 % 300_000
        shared[key] = _costs(costs)
    return replace(history, files=files, shared=shared)


def _costs(costs: dict[str, int]) -> FileHistory:
    return FileHistory(sorted(costs), [costs[name] for name in sorted(costs)], [])


def _journal(suite: Suite, run: int) -> Journal:
    tests = [
        FinishedTest(
            key=ItemKey(file.key, test.tail),
            stored_tail=test.stored_tail,
            outcome=("passed", "passed", "passed", "failed", "skipped")[(place * 7 + run) % 5],
            call=(place * 7_919 + number * 104_729) % 3_000_017 * (10 + run) // 10,
        )
        for number, file in enumerate(suite.files)
        for place, test in enumerate(file.tests)
        if (number + place) % 10 != run
    ]
    header = JournalHeader(
        segment=Segment("app", "linux-3.12"),
        identity=RunIdentity(run=f"r{run}"),
        shard=ShardIndex(1, 2),
        digest="d",
        started=1_000.0 * run,
        selected=len(tests),
    )
    footer = JournalFooter(exit_code=0, ran=len(tests), seconds=1.0)
    return Journal(path="", header=header, tests=tuple(tests), footer=footer)


def digests() -> dict[str, str]:
    """Of the costs and of each plan. The version is given: a release of ours must not change them."""
    suite = fixed_suite()
    history = fixed_history(suite)
    costs = [f"{key} {list(file.costs)}" for key, file in history.files.items()]
    speeds = [f"{run.run} {run.speed}" for run in history.runs]
    found = {"costs": names_digest([*costs, *speeds])}
    by_file = Suite(files=tuple(replace(file, tests=()) for file in suite.files))
    for kind, planned, known, plans in (
        ("", suite, history, PLANS),
        ("shared ", by_file, with_shared_costs(history), SHARED_PLANS),
    ):
        for packer, scope, shards, lanes in plans:
            options = PlanOptions(
                shards=shards, lanes=lanes, packer=packer, scope=scope, selection="all", version="1.0"
            )
            plan = make_plan(planned, known, options).plan
            found[f"{kind}{packer} {scope} {shards}x{lanes}"] = plan.digest
    return found


if __name__ == "__main__":
    json.dump(digests(), sys.stdout)
