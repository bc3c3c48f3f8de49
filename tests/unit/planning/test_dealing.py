"""Without any history, files are dealt whole."""

from __future__ import annotations

from making import history_of, suite_of

from pytest_smartshard.model.suite import CollectedTest, Suite, SuiteFile
from pytest_smartshard.planning.planner import PlanOptions, make_plan


def sized(**sizes: int) -> Suite:
    return Suite(
        files=tuple(
            SuiteFile(key=f"{name}.py", size=size, tests=(CollectedTest("t1"), CollectedTest("t2")))
            for name, size in sorted(sizes.items())
        )
    )


def test_files_go_to_the_shards_in_turn_the_largest_first() -> None:
    plan = make_plan(sized(a=10, b=30, c=20, d=40), history_of({}), PlanOptions(shards=3)).plan
    assert plan.owners == {"a.py": (1,), "b.py": (2,), "c.py": (3,), "d.py": (1,)}
    assert plan.cuts == {}


def test_ties_go_by_name() -> None:
    plan = make_plan(sized(b=10, a=10, c=10), history_of({}), PlanOptions(shards=2)).plan
    assert plan.owners == {"a.py": (1,), "b.py": (2,), "c.py": (1,)}


def test_lanes_are_dealt_to_as_well() -> None:
    plan = make_plan(sized(a=4, b=3, c=2, d=1), history_of({}), PlanOptions(shards=2, lanes=2)).plan
    assert plan.owners == {"a.py": (1,), "b.py": (2,), "c.py": (1,), "d.py": (2,)}
    assert plan.forecast.loads == (200_000, 200_000)


def test_with_fewer_files_than_shards_they_are_cut() -> None:
    plan = make_plan(sized(a=10), history_of({}), PlanOptions(shards=2)).plan
    assert plan.cuts == {"a.py": {"t1": 1, "t2": 2}}


def test_packers_that_need_no_costs_are_asked_as_ever() -> None:
    plan = make_plan(sized(a=10, b=20), history_of({}), PlanOptions(shards=2, packer="round-robin")).plan
    assert plan.cuts == {"a.py": {"t1": 1, "t2": 2}, "b.py": {"t1": 1, "t2": 2}}


def test_what_stays_together_across_files_is_dealt_too() -> None:
    suite = suite_of({name: [CollectedTest("t", "x"), "u"] for name in ("a.py", "b.py")})
    plan = make_plan(suite, history_of({}), PlanOptions(shards=2)).plan
    assert plan.together == {"x": 1}
    assert plan.owners == {"a.py": (1,), "b.py": (1, 2)}
    assert plan.cuts == {"b.py": {"u": 2}}


def test_one_known_test_is_a_history() -> None:
    suite = sized(a=10, b=20)
    plan = make_plan(suite, history_of({"a.py": {"t1": 1_000}}), PlanOptions(shards=2)).plan
    assert plan.cuts == {"a.py": {"t1": 1, "t2": 2}, "b.py": {"t1": 1, "t2": 2}}
