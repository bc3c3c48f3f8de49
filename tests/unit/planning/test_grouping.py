"""Which tests of a file are one unit."""

from __future__ import annotations

import pytest

from pytest_smartshard.model.suite import CollectedTest, SuiteFile
from pytest_smartshard.planning.grouping import Grouping, positional_functions

PLAIN = SuiteFile(key="a.py", tests=(CollectedTest("TestA::test_f[1]"), CollectedTest("test_g")))
UNSTABLE = SuiteFile(
    key="a.py", tests=(CollectedTest("test_f[<0x1>]", unstable=True), CollectedTest("test_g[1]"))
)


@pytest.mark.parametrize(
    ("scope", "units"),
    [
        ("test", ["TestA::TestB::test_f[x::y]", "test_g[1]", ""]),
        ("class", ["TestA::TestB", "test_g", ""]),
        ("file", ["", "", ""]),
    ],
)
def test_the_scope_says_what_is_a_unit(scope: str, units: list[str]) -> None:
    grouping = Grouping(PLAIN, scope)
    assert [grouping.unit_of(tail) for tail in ("TestA::TestB::test_f[x::y]", "test_g[1]", "")] == units


def test_a_function_with_unstable_ids_is_one_unit() -> None:
    grouping = Grouping(UNSTABLE, "test")
    assert grouping.unit_of("test_f[<0x2>]") == "test_f"
    assert grouping.unit_of("test_g[1]") == "test_g[1]"
    assert Grouping(UNSTABLE, "class").unit_of("test_f[<0x2>]") == "test_f"
    assert Grouping(UNSTABLE, "file").unit_of("test_f[<0x2>]") == ""


def test_durations_under_ids_that_nobody_sees_again_are_outdated() -> None:
    grouping = Grouping(UNSTABLE, "test")
    assert grouping.is_outdated("test_f[<0x9>]")
    assert not grouping.is_outdated("test_f")
    assert not grouping.is_outdated("test_g[1]")


def test_functions_may_be_kept_whole_on_request() -> None:
    grouping = Grouping(PLAIN, "test", ["test_g"])
    assert grouping.unit_of("test_g[1]") == "test_g"
    assert not grouping.is_outdated("test_g[1]")


def test_what_is_trivial() -> None:
    labelled = SuiteFile(key="a.py", tests=(CollectedTest("test_a", "x"),))
    assert Grouping(PLAIN, "test").is_trivial
    assert Grouping(SuiteFile(key="a.py"), "test").is_trivial
    assert not Grouping(PLAIN, "class").is_trivial
    assert not Grouping(PLAIN, "file").is_trivial
    assert not Grouping(PLAIN, "test", ["test_g"]).is_trivial
    assert not Grouping(UNSTABLE, "test").is_trivial
    assert not Grouping(labelled, "test").is_trivial


def test_labels_belong_to_what_durations_are_kept_under() -> None:
    file = SuiteFile(
        key="a.py",
        tests=(
            CollectedTest("test_f[<0x1>]", "x", unstable=True),
            CollectedTest("test_g", "y"),
            CollectedTest("test_h"),
        ),
    )
    grouping = Grouping(file, "test")
    assert grouping.labels == {"x", "y"}
    assert [grouping.label_of(tail) for tail in ("test_f", "test_g", "test_h")] == ["x", "y", ""]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_labels_for_one_tail_the_name_decides_and_not_the_order(order: int) -> None:
    tests = (
        CollectedTest("test_f[<0x1>]", "y", unstable=True),
        CollectedTest("test_f[<0x2>]", "x", unstable=True),
    )
    grouping = Grouping(SuiteFile(key="a.py", tests=tests[::order]), "test")
    assert grouping.labels == {"x", "y"}
    assert grouping.label_of("test_f") == "x"


def test_positional_functions_are_those_whose_ids_are_stable_but_mere_positions() -> None:
    file = SuiteFile(
        key="a.py",
        tests=(
            CollectedTest("test_f[obj0]", positional=True),
            CollectedTest("test_f[obj1]", positional=True),
            CollectedTest("test_g[obj0-<0x1>]", unstable=True, positional=True),
            CollectedTest("test_h[1]"),
        ),
    )
    assert positional_functions(file) == {"test_f"}
