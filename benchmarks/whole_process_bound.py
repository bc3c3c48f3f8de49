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
For every test that it makes pytest takes more time later: of files that cost much it is what a process saves
that collects all but that one, where this is more.

The first Hypothesis test of a process that draws text also pays for tables that later ones find, unless an
earlier process has left them. What that costs is measured by running each of these tests alone: it is what that
takes beyond collecting the file, the test's fixtures, and its time in a whole run. A test for which that is
more than half of the most is one that needs the tables, and the least of these is taken for a cost that they
share.

What remains of the unsharded run (imports that only some need, pytest between files) is the rest: it counts
once.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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

    def of_run(self, whole: float) -> Costs:
        """The same of an unsharded run that took *whole* seconds, because nothing was recorded in it.

        Recording costs time in tests and between them.
        """
        left = whole - self.start_up - self.collecting - self.fixtures
        share = max(0.0, min(1.0, left / self.testing)) if self.testing else 1.0
        return replace(
            self, whole=whole, tests={test: (own * share, asked) for test, (own, asked) in self.tests.items()}
        )


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the recorder wrote of one run: as :class:`Costs`; each file's path; the tests that are Hypothesis'."""

    paths: Mapping[str, str]
    files: Mapping[str, float]
    shared: Sequence[float]
    repeated: float
    tests: Mapping[str, tuple[float, tuple[int, ...]]]
    hypothesis: Sequence[str]

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
            hypothesis=record["hypothesis"],
        )

    def needed_by(self, test: str) -> float:
        """Seconds that a test took with one set-up and tear-down of all that it asks for."""
        own, asked = self.tests[test]
        return own + math.fsum(self.shared[place] for place in asked)

    def with_first_use(self, beyond: Mapping[str, float]) -> Recorded:
        """The same with what the first of some tests paid for all of them as a shared cost.

        *beyond*: seconds that tests took more where each was the only one.
        """
        most = max(beyond.values(), default=0.0)
        needing = [test for test in self.tests if most > 0 and beyond.get(test, 0.0) > most / 2]
        if not needing:
            return self
        cost = min(beyond[test] for test in needing)
        tests = dict(self.tests)
        for number, test in enumerate(needing):
            own, asked = tests[test]
            tests[test] = (own if number else max(0.0, own - cost), (*asked, len(self.shared)))
        return replace(self, shared=[*self.shared, cost], tests=tests)


def costs_of(
    whole: float,
    recorded: Recorded,
    reverse: Mapping[str, float],
    alone: Mapping[str, float],
    saved: Mapping[str, float],
) -> Costs:
    """*whole*: seconds of the recorded run's process. *reverse*: of each file where they are collected in
    reverse.

    *alone*: of whole processes that each collected that one file. *saved*: what processes took less that
    collected all but that one.
    """
    files = {file: min(spent, reverse.get(file, spent)) for file, spent in recorded.files.items()}
    return Costs(
        whole=whole,
        start_up=min(spent - files[file] for file, spent in alone.items()),
        files={file: max(spent, saved.get(file, spent)) for file, spent in files.items()},
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
            costs.files.get(file_of(test), 0.0) + own + math.fsum(costs.shared[place] for place in asked)
            for test, (own, asked) in costs.tests.items()
        ),
        default=0.0,
    )


def _needs(costs: Costs) -> list[_Need]:
    by_file: dict[str, float] = defaultdict(float)
    by_fixture: dict[int, float] = defaultdict(float)
    file_of_fixture: dict[int, set[str]] = defaultdict(set)
    for test, (own, asked) in costs.tests.items():
        by_file[file_of(test)] += own
        for place in asked:
            by_fixture[place] += own
            file_of_fixture[place].add(file_of(test))
    needs = [_Need(cost, 0.0, by_file.get(file, 0.0)) for file, cost in costs.files.items()]
    for place, cost in enumerate(costs.shared):
        # What serves one file only is used where that was collected.
        files = file_of_fixture[place]
        before = costs.files.get(next(iter(files)), 0.0) if len(files) == 1 else 0.0
        needs.append(_Need(cost, before, by_fixture[place]))
    return needs


def file_of(test: str) -> str:
    return test.partition("::")[0]
