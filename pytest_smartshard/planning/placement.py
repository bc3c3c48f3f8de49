"""The rule by which every shard finds out, alone, whose a test is."""

from __future__ import annotations

from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.suite import CollectedTest, class_of, function_of
from pytest_smartshard.planning.grouping import TEST
from pytest_smartshard.planning.packers.hashing import choose


def shard_of(plan: Plan, file: str, test: CollectedTest) -> int:
    """The number (1-based) of the one shard that runs *test* of the file with key *file*.

    Depends on nothing but the plan and the test's own name and label, so that it does not matter what else
    a shard collected. What the plan does not name goes to an owner of its file, chosen by the name of its
    function (its class, where the scope is larger): parameters whose ids no two processes agree on stay together
    and are not lost.
    """
    if test.together:
        return plan.together.get(test.together) or 1 + choose(test.together, plan.shards)
    owners = plan.owners.get(file)
    if not owners:
        return 1 + choose(file, plan.shards)
    if len(owners) == 1:
        return owners[0]
    units = plan.cuts.get(file, {})
    function = function_of(test.tail)
    for unit in (test.tail, function, class_of(test.tail), ""):
        if unit in units:
            return units[unit]
    kept_whole = function if plan.scope == TEST else class_of(test.tail)
    return owners[choose(f"{file}::{kept_whole}", len(owners))]
