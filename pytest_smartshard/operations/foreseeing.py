"""Summing up a plan, before anything runs."""

from __future__ import annotations

from collections import Counter

from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.model.suite import Suite
from pytest_smartshard.model.summary import PlannedShard, PlanSummary
from pytest_smartshard.planning.placement import shard_of
from pytest_smartshard.planning.planner import Planned


def foresee(planned: Planned, suite: Suite, segment: Segment) -> PlanSummary:
    """What each shard will have to do, where the plan is followed for the tests of *suite*."""
    plan = planned.plan
    tests: Counter[int] = Counter()
    files: Counter[int] = Counter()
    for file in suite.files:
        shards = [shard_of(plan, file.key, test) for test in file.tests]
        tests.update(shards)
        files.update(set(shards))
    return PlanSummary(
        segment=segment,
        plan=plan,
        shards=tuple(
            PlannedShard(
                shard=ShardIndex(number, plan.shards),
                tests=tests[number],
                files=files[number],
                predicted=plan.forecast.loads[number - 1],
            )
            for number in range(1, plan.shards + 1)
        ),
        tests=tests.total(),
        files=len(suite.files),
        binding=plan.forecast.binding if plan.forecast.known else "",
    )
