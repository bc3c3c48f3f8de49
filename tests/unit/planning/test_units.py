"""What is placed: tails, costs, known or not, extras."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from making import history_of, suite_of

from pytest_smartshard.model.suite import CollectedTest, Suite
from pytest_smartshard.planning.prediction import Prediction
from pytest_smartshard.planning.relatives import UNKNOWN_COST
from pytest_smartshard.planning.units import CHEAP_SHARE, SuiteUnits, units_of

Row = tuple[str, str, int, bool, int]


def found(suite: Suite, costs: Mapping[str, Mapping[str, int]], scope: str = "test", bins: int = 2) -> SuiteUnits:
    return units_of(suite, Prediction(suite, history_of(costs)), scope, bins)


def rows(suite: Suite, costs: Mapping[str, Mapping[str, int]], scope: str = "test", bins: int = 2) -> list[Row]:
    units = found(suite, costs, scope, bins).units
    for file, span in units.spans.items():
        assert set(units.files[span]) <= {file}
    extras = [units.extras.get(place, 0) for place in range(len(units))]
    return list(zip(units.files, units.tails, units.costs, map(bool, units.known), extras, strict=True))


def test_known_tests_are_units_with_their_cost_collected_or_not() -> None:
    assert rows(suite_of({"a.py": ["t2", "t1"]}), {"a.py": {"ghost": 5, "t1": 10, "t2": 20}}) == [
        ("a.py", "ghost", 5, True, 0),
        ("a.py", "t1", 10, True, 0),
        ("a.py", "t2", 20, True, 0),
    ]


def test_new_tests_cost_what_their_relatives_cost() -> None:
    assert rows(suite_of({"a.py": ["t1", "new", "t2"]}), {"a.py": {"t1": 10, "t2": 20}}) == [
        ("a.py", "new", 15, False, 0),
        ("a.py", "t1", 10, True, 0),
        ("a.py", "t2", 20, True, 0),
    ]


def test_a_new_test_that_is_there_twice_costs_twice() -> None:
    assert rows(suite_of({"a.py": ["new", "new"]}), {"a.py": {"t1": 10}})[0] == ("a.py", "new", 20, False, 0)


def test_a_file_without_tests_or_history_is_one_unit() -> None:
    suite = suite_of({"tests/a.py": [], "tests/b.py": ["t"]})
    for scope in ("test", "class", "file"):
        assert rows(suite, {"tests/b.py": {"t": 30}}, scope)[0] == ("tests/a.py", "", 30, False, 0)
        assert rows(suite, {}, scope)[0] == ("tests/a.py", "", UNKNOWN_COST, False, 0)


def test_a_file_without_tests_has_those_that_history_knows() -> None:
    assert rows(suite_of({"a.py": []}), {"a.py": {"t1": 10, "t2": 20}}) == [
        ("a.py", "t1", 10, True, 0),
        ("a.py", "t2", 20, True, 0),
    ]
    assert rows(suite_of({"a.py": []}), {"a.py": {"t1": 10, "t2": 20}}, "file") == [("a.py", "", 30, True, 0)]


def test_new_tests_of_a_known_class_are_extra_to_it() -> None:
    tests = ["TestA::t1", "TestA::new", "TestB::t", "f[1]", "f[2]"]
    costs = {"a.py": {"TestA::t1": 10, "f[1]": 40}}
    assert rows(suite_of({"a.py": tests}), costs, "class") == [
        ("a.py", "TestA", 10, True, 10),
        ("a.py", "TestB", 25, False, 0),
        ("a.py", "f", 40, True, 40),
    ]
    assert rows(suite_of({"a.py": tests}), costs, "file") == [("a.py", "", 50, True, 75)]


def test_a_function_with_unstable_ids_costs_what_is_kept_under_its_name() -> None:
    suite = suite_of({"a.py": [CollectedTest(f"f[<0x{place}>]", unstable=True) for place in range(3)]})
    assert rows(suite, {"a.py": {"f": 90, "f[<0x7>]": 1_000}}) == [("a.py", "f", 90, True, 0)]
    assert rows(suite, {}) == [("a.py", "f", 3 * UNKNOWN_COST, False, 0)]


def test_tests_with_a_label_are_one_unit_across_files() -> None:
    suite = suite_of(
        {"a.py": [CollectedTest("t1", "x"), "t2"], "b.py": [CollectedTest("t3", "x"), CollectedTest("t4", "y")]}
    )
    units = found(suite, {"a.py": {"t1": 10, "t2": 20}, "b.py": {"t3": 30}})
    assert rows(suite, {"a.py": {"t1": 10, "t2": 20}, "b.py": {"t3": 30}}) == [
        ("a.py", "t2", 20, True, 0),
        ("", "x", 40, True, 0),
        ("", "y", 30, False, 0),
    ]
    assert units.labels == {"a.py": {"x"}, "b.py": {"x", "y"}}
    assert units.units.spans["b.py"] == slice(1, 1)


def positional(count: int) -> list[CollectedTest]:
    return [CollectedTest(f"f[obj{place}]", positional=True) for place in range(count)]


@pytest.mark.parametrize(("cost", "whole"), [(1, True), (2, False)])
def test_a_function_with_positional_ids_is_kept_whole_where_that_is_cheap(cost: int, *, whole: bool) -> None:
    """Two tests of cost 1 are 1/50 of what each of two bins gets of 200; two of cost 2 are more."""
    others = {f"t{place}": 1 for place in range(2 * 2 * CHEAP_SHARE - 2)}
    suite = suite_of({"a.py": [*positional(2), *others]})
    tails = [row[1] for row in rows(suite, {"a.py": {"f[obj0]": cost, "f[obj1]": cost, **others}})]
    assert ("f" in tails) is whole
    assert ("f[obj0]" in tails) is not whole


def test_what_is_cheap_depends_on_the_number_of_bins() -> None:
    others = {f"t{place}": 1 for place in range(2 * CHEAP_SHARE)}
    suite = suite_of({"a.py": [*positional(2), *others]})
    costs = {"a.py": {"f[obj0]": 1, "f[obj1]": 1, **others}}
    assert ("a.py", "f", 2, True, 0) in rows(suite, costs, bins=1)
    assert ("a.py", "f", 2, True, 0) not in rows(suite, costs, bins=2)


def test_without_history_positional_functions_are_kept_whole() -> None:
    assert rows(suite_of({"a.py": positional(2)}), {}) == [("a.py", "f", 2 * UNKNOWN_COST, False, 0)]


def test_units_come_in_order_of_files_then_tails_then_labels() -> None:
    suite = suite_of({"b.py": ["z", "a"], "a.py": [CollectedTest("m", "x"), "z", "a"]})
    assert [row[:2] for row in rows(suite, {})] == [
        ("a.py", "a"),
        ("a.py", "z"),
        ("b.py", "a"),
        ("b.py", "z"),
        ("", "x"),
    ]
