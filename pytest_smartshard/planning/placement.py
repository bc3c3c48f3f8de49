"""The rule by which every shard finds out, alone, whose a test is."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.suite import CollectedTest, class_of, function_of
from pytest_smartshard.planning.grouping import TEST
from pytest_smartshard.planning.packers.hashing import choose


class Rule(Enum):
    """By which part of a plan a test was placed."""

    LABEL = "label"
    FILE = "file"
    UNIT = "unit"
    NEW_LABEL = "new label"
    NEW_FILE = "new file"
    NEW_UNIT = "new unit"


Placement: TypeAlias = tuple[int, Rule, str]
"""The shard (1-based), the rule, and what the rule went by: a label, a file, the tail of a unit.

A plain tuple, as every test of a suite is placed in every shard.
"""


def owners_of(plan: Plan, file: str) -> tuple[int, ...]:
    """The numbers (1-based) of the shards that run tests of the file with key *file*, in the plan or not."""
    return plan.owners.get(file) or (1 + choose(file, plan.shards),)


def shard_of(plan: Plan, file: str, test: CollectedTest, *, everywhere: bool = True) -> int:
    """The number (1-based) of the one shard that runs *test* of the file with key *file*.

    Depends on nothing but the plan and the test's own name and label, so that it does not matter what else
    a shard collected. What the plan does not name goes to an owner of its file, chosen by the name of its
    function (its class, where the scope is larger): parameters whose ids no two processes agree on stay together
    and are not lost.

    *everywhere*: every shard collects the file. Where that is not so, the shard is always one of its owners,
    even if other tests with the same label run elsewhere: no other shard would run it at all.
    """
    return place(plan, file, test, everywhere=everywhere)[0]


def place(plan: Plan, file: str, test: CollectedTest, *, everywhere: bool = True) -> Placement:
    """As :func:`shard_of`, with the reason."""
    owners = plan.owners.get(file)
    label = test.together
    if label and (everywhere or owners):
        able = owners if owners and not everywhere else range(1, plan.shards + 1)
        shard = plan.together.get(label)
        if shard is not None and shard in able:
            return shard, Rule.LABEL, label
        return able[choose(label, len(able))], Rule.NEW_LABEL, label
    if not owners:
        return 1 + choose(file, plan.shards), Rule.NEW_FILE, file
    if len(owners) == 1:
        return owners[0], Rule.FILE, file
    units = plan.cuts.get(file, {})
    tail = test.tail
    # An id that changes from process to process says nothing, even where the plan happens to name it.
    if tail in units and not test.unstable:
        return units[tail], Rule.UNIT, tail
    function, class_ = function_of(tail), class_of(tail)
    for unit in (function, class_, ""):
        if unit in units:
            return units[unit], Rule.UNIT, unit
    kept_whole = function if plan.scope == TEST else class_
    return owners[choose(f"{file}::{kept_whole}", len(owners))], Rule.NEW_UNIT, kept_whole
