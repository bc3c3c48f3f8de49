"""Whose a test is, by the plan alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_smartshard.model.plan import Forecast, Plan
from pytest_smartshard.model.suite import CollectedTest
from pytest_smartshard.planning.packers.hashing import choose
from pytest_smartshard.planning.placement import owners_of, shard_of

PLAN = Plan(
    shards=5,
    packer="lpt",
    owners={"one.py": (4,), "cut.py": (1, 2, 3, 5), "rest.py": (2, 3)},
    cuts={
        "cut.py": {"test_f[1]": 1, "test_f": 2, "TestA": 3, "TestA::test_b": 5, "TestA::TestIn::test_c[1]": 1},
        "rest.py": {"": 3, "test_a": 2},
    },
    together={"x": 5},
    forecast=Forecast(loads=(0,) * 5, bound=0, total=0, known=0),
    digest="d",
)


@pytest.mark.parametrize(
    ("file", "tail", "shard"),
    [
        ("one.py", "anything", 4),
        ("cut.py", "test_f[1]", 1),  # the test before its function
        ("cut.py", "test_f[2]", 2),
        ("cut.py", "TestA::test_b[1]", 5),  # the function before its class
        ("cut.py", "TestA::test_new", 3),
        ("cut.py", "TestA::TestIn::test_c[1]", 1),
        ("rest.py", "test_a[1]", 2),
        ("rest.py", "test_b", 3),  # the rest of the file
    ],
)
def test_what_the_plan_names_goes_where_it_says(file: str, tail: str, shard: int) -> None:
    assert shard_of(PLAN, file, CollectedTest(tail)) == shard


def test_labels_come_before_files() -> None:
    assert shard_of(PLAN, "one.py", CollectedTest("t", together="x")) == 5


def test_labels_that_the_plan_does_not_name_go_by_name() -> None:
    assert shard_of(PLAN, "one.py", CollectedTest("t", together="y")) == 1 + choose("y", 5)
    assert shard_of(PLAN, "cut.py", CollectedTest("t", together="y")) == 1 + choose("y", 5)


def test_files_that_the_plan_does_not_name_go_whole_by_name() -> None:
    shards = {shard_of(PLAN, "new.py", CollectedTest(f"t{place}")) for place in range(50)}
    assert shards == {1 + choose("new.py", 5)}


def test_tests_of_a_cut_file_that_the_plan_does_not_name_go_to_its_owners_by_function() -> None:
    owners = PLAN.owners["cut.py"]
    shards = {
        name: {shard_of(PLAN, "cut.py", CollectedTest(f"{name}[{place}]")) for place in range(9)}
        for name in (f"test_new_{number}" for number in range(60))
    }
    assert all(len(found) == 1 for found in shards.values()), "parameters of one function parted"
    assert set.union(*shards.values()) == set(owners), "an owner is never chosen"


@pytest.mark.parametrize("scope", ["class", "file"])
def test_what_came_later_is_kept_as_whole_as_the_rest(scope: str) -> None:
    plan = replace(PLAN, scope=scope)
    for name in (f"TestNew{number}" for number in range(20)):
        shards = {shard_of(plan, "cut.py", CollectedTest(f"{name}::test_{place}")) for place in range(9)}
        assert len(shards) == 1


@pytest.mark.parametrize("choices", [1, 2, 7, 300])
def test_choosing_by_name_reaches_every_choice(choices: int) -> None:
    found = {choose(f"name {number}", choices) for number in range(choices * 20)}
    assert found == set(range(choices))


@pytest.mark.parametrize(("name", "number"), [("", 652), ("a", 250), ("é", 51), ("\udc80", 345)])
def test_choosing_by_name_is_alike_everywhere(name: str, number: int) -> None:
    assert choose(name, 1_000) == number


@pytest.mark.parametrize(("label", "shard"), [("x", 5), ("y", (1, 2, 3, 5)[choose("y", 4)])])
def test_where_only_its_owners_collect_a_file_one_of_them_has_every_test(label: str, shard: int) -> None:
    assert shard_of(PLAN, "cut.py", CollectedTest("t", together=label), everywhere=False) == shard
    assert shard_of(PLAN, "one.py", CollectedTest("t", together=label), everywhere=False) == 4
    new = 1 + choose("new.py", 5)
    assert shard_of(PLAN, "new.py", CollectedTest("t", together=label), everywhere=False) == new


def test_without_labels_it_does_not_matter_who_collects_a_file() -> None:
    for file in ("one.py", "cut.py", "rest.py", "new.py"):
        for tail in ("test_f[1]", "TestA::test_b", "test_new"):
            test = CollectedTest(tail)
            assert shard_of(PLAN, file, test, everywhere=False) == shard_of(PLAN, file, test)


def test_the_owners_of_a_file() -> None:
    assert owners_of(PLAN, "rest.py") == (2, 3)
    assert owners_of(PLAN, "new.py") == (1 + choose("new.py", 5),)


def test_an_id_that_changes_from_process_to_process_is_not_found_by_it() -> None:
    assert shard_of(PLAN, "cut.py", CollectedTest("test_f[1]", unstable=True)) == 2
    assert shard_of(PLAN, "cut.py", CollectedTest("TestA::TestIn::test_c[1]", unstable=True)) == shard_of(
        PLAN, "cut.py", CollectedTest("TestA::TestIn::test_c[2]", unstable=True)
    )
