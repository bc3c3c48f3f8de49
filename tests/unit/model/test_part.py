"""A shard's own part of a plan."""

from __future__ import annotations

from making import history_of, suite_of

from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.part import SelectedTest, ShardPart
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.planning.planner import PlanOptions, make_plan


def test_what_is_predicted_is_the_sum_over_the_selected_tests() -> None:
    plan = make_plan(suite_of({"a.py": ["t", "u"]}), history_of({}), PlanOptions(shards=1)).plan
    tests = tuple(SelectedTest(f"a.py::{tail}", ItemKey("a.py", tail), tail, 20) for tail in "tu")
    part = ShardPart(
        plan=plan,
        selected=tests,
        files=(),
        collected=2,
        left=2,
        in_history=0,
        known=0,
        inventory=Inventory.of([]),
    )
    assert part.predicted == 40
