"""One repetition of ``plan_speed.py`` in a process of its own: ``TOOL DURATIONS IDS SHARDS``.

Prints JSON: for each step seconds of wall clock and of processor and the peak of memory after it.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest  # noqa: F401 -- both tools live inside pytest: what it loads anyway counts for neither

_Result = TypeVar("_Result")

KIBIBYTE = 1 if sys.platform == "darwin" else 1024
"""What ``ru_maxrss`` counts in."""


class Item:
    """Stands in for a pytest item: both tools are given the same ones."""

    __slots__ = ("name", "nodeid")

    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid
        before, bracket, parameters = nodeid.partition("[")
        self.name = before.rpartition("::")[2] + bracket + parameters

    def __repr__(self) -> str:
        return f"<Function {self.name}>"


class Steps:
    """Wall and processor seconds of each step and the peak of memory after it, and the peak before the first."""

    def __init__(self) -> None:
        self.taken: dict[str, tuple[float, float, int]] = {}
        self.before = peak_memory()

    def take(self, name: str, function: Callable[[], _Result]) -> _Result:
        wall, cpu = time.perf_counter(), time.process_time()
        result = function()
        self.taken[name] = (time.perf_counter() - wall, time.process_time() - cpu, peak_memory())
        return result

    def print(self) -> None:
        print(json.dumps({"steps": self.taken, "before": self.before}))


def peak_memory() -> int:
    """Bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE


def read_items(path: Path) -> list[Item]:
    with path.open(encoding="utf-8") as lines:
        return [Item(line.rstrip("\n")) for line in lines]


def run_smartshard(store: Path, items: list[Item], shards: int, *, by_file: bool = False) -> None:
    """*by_file*: with shared costs, and from the names of the files alone."""
    from dataclasses import replace

    from pytest_smartshard.model.history import FileHistory, History
    from pytest_smartshard.model.plan import Plan
    from pytest_smartshard.model.suite import CollectedTest, Suite, SuiteFile, class_of
    from pytest_smartshard.planning.placement import shard_of
    from pytest_smartshard.planning.planner import PlanOptions, make_plan
    from pytest_smartshard.store.keys import split_nodeid
    from pytest_smartshard.store.skimming import skim_history

    def identify() -> list[tuple[str, CollectedTest]]:
        """What a shard takes from the collectors of each item, here from its id."""
        keys: dict[str, str] = {}
        found = []
        for item in items:
            file, tail = split_nodeid(item.nodeid)
            found.append((keys.setdefault(file, file), CollectedTest(tail)))
        return found

    def group() -> Suite:
        tests: dict[str, list[CollectedTest]] = {}
        for file, test in identified:
            tests.setdefault(file, []).append(test)
        return Suite(files=tuple(SuiteFile(key=key, tests=tuple(sorted(tests[key]))) for key in sorted(tests)))

    def load() -> History:
        with open(store, "rb") as lines:
            found = skim_history(lines, str(store))
        assert found is not None, "the store is not laid out as production writes it"
        return found

    def with_shared_costs() -> History:
        """As if each file took 10 to 70 ms, a module's fixture 100 ms and a class's 20 ms."""
        files, shared = {}, {}
        for place, (key, known) in enumerate(history.files.items()):
            of_tests = [f"class {class_of(tail)} db" for tail in known.tails]
            classes = sorted(set(of_tests))
            numbers = {name: number for number, name in enumerate(classes)}
            needs = [(name, "module db") for name in classes]
            files[key] = replace(known, needs=needs, needing=[numbers[name] for name in of_tests])
            costs = {"collect": 10_000 * (1 + place % 7), "module db": 100_000, **dict.fromkeys(classes, 20_000)}
            shared[key] = FileHistory(sorted(costs), [costs[name] for name in sorted(costs)], [])
        shared[""] = FileHistory(["each test", "start-up"], [300, 500_000], [])
        return replace(history, files=files, shared=shared)

    def pack() -> Plan:
        return make_plan(suite, history, PlanOptions(shards=shards)).plan

    def select() -> tuple[list[Item], list[Item]]:
        owners = [shard_of(plan, file, test) for file, test in identified]
        mine = [item for item, owner in zip(items, owners, strict=True) if owner == 1]
        return mine, [item for item, owner in zip(items, owners, strict=True) if owner != 1]

    steps = Steps()
    identified = steps.take("identify", identify)
    suite = steps.take("group", group)
    history = steps.take("load", load)
    if by_file:
        history = with_shared_costs()
        suite = Suite(files=tuple(replace(file, tests=()) for file in suite.files))
    plan = steps.take("predict and pack", pack)
    mine, _ = steps.take("select", select)
    assert plan.forecast.known > 0
    assert mine
    steps.print()


def run_pytest_split(durations_file: Path, items: list[Item], shards: int) -> None:
    # By name: type checkers do not run where pytest-split is installed.
    algorithm = importlib.import_module("pytest_split.algorithms").Algorithms["least_duration"].value

    def load() -> dict[str, float]:
        with durations_file.open(encoding="utf-8") as file:  # As its plugin does it.
            durations: dict[str, float] = json.loads(file.read())
        return durations

    steps = Steps()
    durations = steps.take("load", load)
    groups: list[Any] = steps.take("predict and pack", lambda: algorithm(shards, items, durations))
    assert groups[0].selected
    steps.print()


def main() -> None:
    tool, durations, ids, shards = sys.argv[1:]
    tools: dict[str, Callable[[Path, list[Item], int], None]] = {
        "pytest-smartshard": run_smartshard,
        "pytest-smartshard, shared costs": partial(run_smartshard, by_file=True),
        "pytest-split": run_pytest_split,
    }
    tools[tool](Path(durations), read_items(Path(ids)), int(shards))


if __name__ == "__main__":
    main()
