"""A lower bound on the slowest of N shards, from what the parts of unsharded runs cost and nothing else.

Costs are those of ``whole_process_recorder.py``. A test needs its file collected and the shared fixtures that
it asks for set up. With S the start-up that every shard has, a shard of capacity T has T − S left; so

- no test can be run in less than S + its file + its fixtures + itself;
- what *w* seconds of tests need that costs *c* is paid in at least ⌈w / (T − S − c)⌉ shards, since one that
  pays it has no more than T − S − c left for them. All of it together must fit: N·S + Σ copies·c + tests + rest
  ≤ N·T.

The bound is the least T for which both hold. For a suite in which nothing costs much to share it is S + (U − S)
/ N with U the unsharded run; where one file holds most of the time, that file's collection counts in several
shards.

S is measured: some files are each collected alone, and S is the least that such a process took beside what the
file costs where all others have been collected, too. That is: with imports that all of them need. A file's cost
is the lower one of two runs, of which the second collects in reverse: what is first pays for imports of others.
What remains of the unsharded run (imports that only some need, pytest between files) is the rest: it counts
once.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STEPS = 60
"""Halvings of an interval as long as the unsharded run: below any clock's tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Seconds of processor time of the parts of one unsharded run.

    ``files``: collecting each, by the part of node ids before ``::``. ``shared``: one set-up and tear-down of
    each shared fixture. ``repeated``: what was paid for setting them up more than once. ``tests``: by node id,
    its own time and the places in ``shared`` of what it asks for. ``whole``: of that run's process.
    """

    whole: float
    start_up: float
    files: Mapping[str, float]
    shared: Sequence[float]
    repeated: float
    tests: Mapping[str, tuple[float, tuple[int, ...]]]

    @property
    def collecting(self) -> float:
        return math.fsum(self.files.values())

    @property
    def fixtures(self) -> float:
        return math.fsum(self.shared) + self.repeated

    @property
    def testing(self) -> float:
        return math.fsum(own for own, _ in self.tests.values())

    @property
    def rest(self) -> float:
        return max(0.0, self.whole - self.start_up - self.collecting - self.fixtures - self.testing)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the recorder wrote of one run: as :class:`Costs`, and each file's path."""

    paths: Mapping[str, str]
    files: Mapping[str, float]
    shared: Sequence[float]
    repeated: float
    tests: Mapping[str, tuple[float, tuple[int, ...]]]

    @classmethod
    def read(cls, path: Path) -> Recorded:
        record = json.loads(path.read_text("utf-8"))
        fixtures = [(set_ups, spent / 1e9) for *_, set_ups, spent in record["shared"]]
        once = [spent / max(1, set_ups) for set_ups, spent in fixtures]
        return cls(
            paths={file: path for file, (path, _) in record["files"].items()},
            files={file: spent / 1e9 for file, (_, spent) in record["files"].items()},
            shared=once,
            repeated=math.fsum(spent for _, spent in fixtures) - math.fsum(once),
            tests={test: (spent / 1e9, tuple(asked)) for test, (spent, asked) in record["tests"].items()},
        )


def costs_of(whole: float, recorded: Recorded, reverse: Mapping[str, float], alone: Mapping[str, float]) -> Costs:
    """*whole*: seconds of the recorded run's process. *reverse*: of each file where they are collected in
    reverse.

    *alone*: of whole processes that each collected that one file.
    """
    files = {file: min(spent, reverse.get(file, spent)) for file, spent in recorded.files.items()}
    return Costs(
        whole=whole,
        start_up=min(spent - files[file] for file, spent in alone.items()),
        files=files,
        shared=recorded.shared,
        repeated=recorded.repeated,
        tests=recorded.tests,
    )


@dataclass(frozen=True, slots=True)
class _Need:
    """What must be paid before tests run: its cost, what they need besides, and their own seconds."""

    cost: float
    before: float
    serving: float

    def copies(self, room: float) -> float:
        """In how many shards at least, where each has *room* seconds beside its start-up."""
        left = room - self.before - self.cost
        if self.serving <= 0:
            return 1
        return math.ceil(self.serving / left) if left > 0 else math.inf


def bound(costs: Costs, shards: int) -> float:
    """Seconds that the slowest of *shards* shards cannot be below."""
    needs = _needs(costs)
    once = costs.testing + costs.repeated + costs.rest

    def fits(capacity: float) -> bool:
        room = capacity - costs.start_up
        return math.fsum(need.cost * need.copies(room) for need in needs) + once <= shards * room

    low, high = _longest(costs), costs.whole + costs.start_up + costs.collecting + costs.fixtures + costs.testing
    if fits(low):
        return low
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def _longest(costs: Costs) -> float:
    """The longest test with all that it needs."""
    return costs.start_up + max(
        (
            costs.files.get(_file(test), 0.0) + own + math.fsum(costs.shared[place] for place in asked)
            for test, (own, asked) in costs.tests.items()
        ),
        default=0.0,
    )


def _needs(costs: Costs) -> list[_Need]:
    by_file: dict[str, float] = defaultdict(float)
    by_fixture: dict[int, float] = defaultdict(float)
    file_of_fixture: dict[int, set[str]] = defaultdict(set)
    for test, (own, asked) in costs.tests.items():
        by_file[_file(test)] += own
        for place in asked:
            by_fixture[place] += own
            file_of_fixture[place].add(_file(test))
    needs = [_Need(cost, 0.0, by_file.get(file, 0.0)) for file, cost in costs.files.items()]
    for place, cost in enumerate(costs.shared):
        # What serves one file only is used where that was collected.
        files = file_of_fixture[place]
        before = costs.files.get(next(iter(files)), 0.0) if len(files) == 1 else 0.0
        needs.append(_Need(cost, before, by_fixture[place]))
    return needs


def _file(test: str) -> str:
    return test.partition("::")[0]
