"""From files, history and options to a plan, example by example."""

from __future__ import annotations

import pytest
from making import history_of, suite_of

from pytest_smartshard.model.plan import Forecast
from pytest_smartshard.model.suite import CollectedTest, Suite
from pytest_smartshard.planning.placement import shard_of
from pytest_smartshard.planning.planner import PlanOptions, make_plan

SUITE = suite_of({"a.py": ["t1", "t2"], "b.py": ["t3"], "c.py": ["t4", "t5"]})
HISTORY = history_of({"a.py": {"t1": 70, "t2": 40}, "b.py": {"t3": 60}, "c.py": {"t4": 20, "t5": 10}})


def test_longest_first_and_files_named_only_where_they_are_cut() -> None:
    plan = make_plan(SUITE, HISTORY, PlanOptions(shards=2)).plan
    assert plan.owners == {"a.py": (1, 2), "b.py": (2,), "c.py": (1,)}
    assert plan.cuts == {"a.py": {"t1": 1, "t2": 2}}
    assert plan.together == {}
    assert (plan.shards, plan.lanes, plan.packer) == (2, 1, "lpt")
    assert plan.forecast == Forecast(loads=(100, 100), bound=100, total=200, known=200)


def test_chunks_are_neighbours() -> None:
    plan = make_plan(SUITE, HISTORY, PlanOptions(shards=2, packer="chunks")).plan
    assert plan.owners == {"a.py": (1,), "b.py": (2,), "c.py": (2,)}
    assert plan.cuts == {}
    assert plan.forecast.loads == (110, 90)


def test_round_robin_deals_in_turn() -> None:
    plan = make_plan(SUITE, HISTORY, PlanOptions(shards=2, packer="round-robin")).plan
    assert plan.cuts == {"a.py": {"t1": 1, "t2": 2}, "c.py": {"t4": 2, "t5": 1}}
    assert plan.owners["b.py"] == (1,)


def test_a_shard_is_as_long_as_its_longest_lane() -> None:
    plan = make_plan(SUITE, HISTORY, PlanOptions(shards=2, lanes=2)).plan
    # Lanes 1/1 70, 2/1 60, 1/2 40 + 10, 2/2 20 + 10: the last one has room for both.
    assert plan.forecast.loads == (70, 60)
    assert plan.forecast.bound == 70
    assert plan.owners == {"a.py": (1,), "b.py": (2,), "c.py": (2,)}


def test_new_tests_come_on_top_and_are_no_part_of_what_is_known() -> None:
    suite = suite_of({"a.py": ["t1", "t2", "new"], "b.py": ["t3"], "c.py": ["t4", "t5"]})
    plan = make_plan(suite, HISTORY, PlanOptions(shards=2)).plan
    assert plan.forecast == Forecast(loads=(155, 100), bound=128, total=255, known=200)
    assert plan.cuts == {"a.py": {"new": 1, "t1": 1, "t2": 2}}


def test_new_tests_of_a_known_class_are_in_the_forecast() -> None:
    suite = suite_of({"a.py": ["TestA::t1", "TestA::new"]})
    plan = make_plan(suite, history_of({"a.py": {"TestA::t1": 10}}), PlanOptions(shards=2, scope="class")).plan
    assert plan.forecast == Forecast(loads=(20, 0), bound=20, total=20, known=10)


def test_an_empty_suite_has_a_plan() -> None:
    plan = make_plan(Suite(files=()), HISTORY, PlanOptions(shards=3)).plan
    assert plan.owners == {}
    assert plan.forecast == Forecast(loads=(0, 0, 0), bound=0, total=0, known=0)


def test_with_more_shards_than_tests_the_last_ones_are_empty() -> None:
    plan = make_plan(SUITE, HISTORY, PlanOptions(shards=9)).plan
    assert sorted(plan.forecast.loads) == [0, 0, 0, 0, 10, 20, 40, 60, 70]


def test_labels_own_the_files_they_have_tests_in() -> None:
    suite = suite_of(
        {"a.py": [CollectedTest("t1", "x"), "t2"], "b.py": [CollectedTest("t3", "x")], "c.py": ["t4"]}
    )
    plan = make_plan(suite, HISTORY, PlanOptions(shards=2)).plan
    assert plan.together == {"x": 1}
    assert plan.owners == {"a.py": (1, 2), "b.py": (1,), "c.py": (2,)}
    assert plan.cuts == {"a.py": {"t2": 2}}


def test_the_prediction_that_a_plan_rests_on_comes_with_it() -> None:
    prediction = make_plan(SUITE, HISTORY, PlanOptions(shards=2)).prediction
    assert prediction.cost_of("a.py", "t1") == 70


@pytest.mark.parametrize(("scope", "prefix"), [("file", ""), ("class", "TestA::")])
def test_tests_without_a_label_stay_together_though_all_their_functions_have_labelled_ones(
    scope: str, prefix: str
) -> None:
    """Durations of unstable ids are kept under the function, and so with what is labelled."""
    tests = [
        CollectedTest(f"{prefix}test_{name}[<0x{place}>]", label, unstable=True)
        for name in "abcdefgh"
        for place, label in enumerate(["", f"label {name}"])
    ]
    suite = suite_of({"a.py": tests})
    plan = make_plan(suite, history_of({}), PlanOptions(shards=8, scope=scope)).plan
    assert len({shard_of(plan, "a.py", test) for test in tests if test.together}) == 8
    assert len({shard_of(plan, "a.py", test) for test in tests if not test.together}) == 1
