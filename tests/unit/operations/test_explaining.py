"""Why a test is where it is, for each rule by which it can be placed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from making import history_of, suite_of

from pytest_smartshard.model.history import FileHistory, History, MeasuredRun
from pytest_smartshard.model.plan import Forecast, Plan
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.suite import CollectedTest, ItemKey, Suite
from pytest_smartshard.model.summary import Explanation
from pytest_smartshard.operations.explaining import explain
from pytest_smartshard.planning.planner import Planned
from pytest_smartshard.planning.prediction import Prediction

PLAN = Plan(
    shards=4,
    packer="lpt",
    owners={"one.py": (3,), "cut.py": (1, 2)},
    cuts={"cut.py": {"test_a[1]": 2, "TestA": 1, "": 1}},
    together={"shard_together:db": 4},
    forecast=Forecast(loads=(0,) * 4, bound=0, total=0, known=0),
    digest="d",
)
SUITE = suite_of(
    {
        "cut.py": ["TestA::test_x", "test_a[1]", CollectedTest("test_db", together="shard_together:db")],
        "one.py": ["test_only", CollectedTest("test_new", together="xdist_group:new")],
    }
)
HISTORY = history_of({"cut.py": {"test_a[1]": 1_200_000, "TestA::test_x": 800_000}})


def explained(
    file: str, tail: str, plan: Plan = PLAN, history: History = HISTORY, suite: Suite = SUITE
) -> Explanation:
    return explain(ItemKey(file, tail), Planned(plan, Prediction(suite, history)), suite, history)


@pytest.mark.parametrize(
    ("file", "tail", "shard", "reason"),
    [
        ("one.py", "test_only", 3, "all of one.py runs there"),
        ("cut.py", "test_a[1]", 2, "cut.py is divided between shards 1, 2, and the plan puts this test there"),
        (
            "cut.py",
            "TestA::test_x",
            1,
            "cut.py is divided between shards 1, 2, and the plan puts all of TestA there",
        ),
        (
            "cut.py",
            "test_other",
            1,
            "cut.py is divided between shards 1, 2, and the plan puts all of the rest of the file there",
        ),
        ("cut.py", "test_db", 4, "all tests marked shard_together:db stay together"),
        (
            "one.py",
            "test_new",
            3,
            "the plan does not know the mark xdist_group:new, whose tests go to one shard by its name",
        ),
        ("new.py", "test_a", 2, "the plan does not know new.py, which goes to one shard whole, by its name"),
    ],
)
def test_the_rule_is_told(file: str, tail: str, shard: int, reason: str) -> None:
    found = explained(file, tail)
    assert (found.test, found.shard, found.placed) == (f"{file}::{tail}", ShardIndex(shard, 4), reason)


def test_what_a_divided_file_got_later_is_told() -> None:
    plan = replace(PLAN, cuts={"cut.py": {"test_a[1]": 2}})
    found = explained("cut.py", "test_later[1]", plan)
    assert found.is_new
    assert found.placed == (
        "the plan does not know test_later, which goes to one of shards 1, 2 that have cut.py, by its name"
    )


@pytest.mark.parametrize(
    ("file", "tail", "predicted"),
    [
        ("cut.py", "test_a[1]", "1.20 s by its own history"),
        ("cut.py", "test_a[2]", "1.20 s, guessed: the mean of 1 test in cut.py::test_a"),
        ("cut.py", "TestA::test_y", "0.80 s, guessed: the mean of 1 test in cut.py::TestA"),
        ("cut.py", "test_other", "1.00 s, guessed: the mean of 2 tests in cut.py"),
        ("one.py", "test_only", "1.00 s, guessed: the mean of 2 tests in the whole suite"),
    ],
)
def test_what_the_prediction_rests_on_is_told(file: str, tail: str, predicted: str) -> None:
    assert explained(file, tail).predicted == predicted


def test_without_any_history_all_count_alike() -> None:
    found = explained("one.py", "test_only", history=History())
    assert found.predicted == "0.10 s, guessed: nothing is known of this suite, so all tests count alike"
    assert found.history == ()


def test_samples_are_told_from_oldest_to_newest() -> None:
    runs = tuple(MeasuredRun(run=name) for name in "abcd")
    columns = ["1000000", "f500000", "", "1200000"]
    history = History(runs=runs, files={"one.py": FileHistory(["test_only"], [1_100_000], columns)})
    assert explained("one.py", "test_only", history=history).history == (
        "1.00 s",
        "failed after 0.50 s",
        "1.20 s",
    )


def test_parameters_of_which_only_the_function_is_known_go_by_it() -> None:
    history = history_of({"one.py": {"test_only": 2_000_000}})
    found = explained("one.py", "test_only[{1, 2}]", history=history)
    assert found.predicted == "2.00 s by its own history"


def test_a_store_whose_samples_are_none_still_explains_by_its_costs() -> None:
    history = History(runs=(MeasuredRun(run="a"),), files={"one.py": FileHistory(["test_only"], [9], ["x"])})
    assert explained("one.py", "test_only", history=history).history == ()
