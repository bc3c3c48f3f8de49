"""Costs of a suite's tests, and files that moved."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from making import history_of, suite_of

from pytest_smartshard.model.suite import CollectedTest, Suite, SuiteFile
from pytest_smartshard.planning.prediction import Prediction
from pytest_smartshard.planning.relatives import UNKNOWN_COST


def known_files(present: list[str], recorded: list[str]) -> Mapping[str, str]:
    """Each file of the suite that has a history, and whose it is: told by the one test in it."""
    prediction = Prediction(
        suite_of({file: ["t"] for file in present}), history_of({file: {file: 10} for file in recorded})
    )
    return {file: known.tails[0] for file, known in prediction.known.items()}


def test_a_known_test_costs_what_history_says_another_what_its_relatives_do() -> None:
    prediction = Prediction(suite_of({"a.py": ["t", "u"], "b.py": ["v"]}), history_of({"a.py": {"t": 10}}))
    assert prediction.cost_of("a.py", "t") == 10
    assert prediction.cost_of("a.py", "u") == 10
    assert prediction.cost_of("b.py", "v") == 10
    assert prediction.knows("a.py", "t")
    assert not prediction.knows("a.py", "u")
    assert not prediction.knows("b.py", "v")
    assert Prediction(suite_of({"a.py": ["t"]}), history_of({})).cost_of("a.py", "t") == UNKNOWN_COST


def test_what_another_tool_kept_by_parameter_counts_for_the_function() -> None:
    suite = suite_of({"a.py": [CollectedTest("f[x]", unstable=True), CollectedTest("g[x]")]})
    prediction = Prediction(suite, history_of({"a.py": {"f[x]": 10, "f[y]": 20, "g[x]": 5, "g[y]": 7}}))
    assert prediction.cost_of("a.py", "f") == 30
    assert prediction.knows("a.py", "f")
    assert not prediction.knows("a.py", "f[x]")
    assert prediction.cost_of("a.py", "g[y]") == 7
    # Not where the function has a duration of its own, which is newer.
    own = Prediction(suite, history_of({"a.py": {"f": 12, "f[x]": 10, "f[y]": 20}}))
    assert own.cost_of("a.py", "f") == 12


def test_relatives_are_those_of_this_suite() -> None:
    """A file that is gone tells nothing of those that remain."""
    prediction = Prediction(
        suite_of({"a.py": ["t"], "b.py": ["u"]}), history_of({"a.py": {"t": 10}, "gone.py": {"u": 10_000}})
    )
    assert prediction.cost_of("b.py", "u") == 10


@pytest.mark.parametrize(
    ("present", "recorded", "expected"),
    [
        (["a/x.py"], ["a/x.py"], {"a/x.py": "a/x.py"}),
        (["b/x.py"], ["a/x.py"], {"b/x.py": "a/x.py"}),
        (["x.py"], ["a/x.py"], {"x.py": "a/x.py"}),
        (["new.pkg.x"], ["pkg.x"], {"new.pkg.x": "pkg.x"}),
        (["b/x.py"], ["a/x.py", "c/x.py"], {}),  # which of them moved?
        (["b/x.py", "c/x.py"], ["a/x.py"], {}),
        (["a/x.py", "b/x.py"], ["a/x.py"], {"a/x.py": "a/x.py"}),  # nothing vanished
        (["a/x.py", "b/x.py"], ["a/x.py", "c/x.py"], {"a/x.py": "a/x.py", "b/x.py": "c/x.py"}),
        (["b/x.py"], ["a/y.py"], {}),
        (["b/x.py"], ["a.x"], {}),
        (["b.py"], ["a.py"], {}),
    ],
)
def test_a_file_takes_the_history_of_the_one_vanished_namesake(
    present: list[str], recorded: list[str], expected: Mapping[str, str]
) -> None:
    assert known_files(present, recorded) == expected


def outside(key: str, alias: str, *tails: str) -> SuiteFile:
    """A file outside rootdir, whose node ids begin with something else than its key."""
    return SuiteFile(key=key, alias=alias, tests=tuple(CollectedTest(tail) for tail in tails))


def costs_of(files: list[SuiteFile], recorded: Mapping[str, Mapping[str, int]]) -> dict[str, Mapping[str, int]]:
    prediction = Prediction(Suite(files=tuple(files)), history_of(recorded))
    return {file: dict(known.by_tail) for file, known in prediction.known.items()}


def test_what_another_tool_measured_is_found_under_the_alias() -> None:
    recorded = {"tests/x.py": {"gone": 5, "t": 10}, "": {"u": 20}}
    found = costs_of([outside("pkg.tests.x", "tests/x.py", "t"), outside("pkg.tests.y", "", "u")], recorded)
    assert found == {"pkg.tests.x": {"gone": 5, "t": 10}, "pkg.tests.y": {"u": 20}}


def test_files_that_share_an_alias_take_their_own_tests_from_it() -> None:
    files = [outside("a.tests.x", "tests/x.py", "t", "both"), outside("b.tests.x", "tests/x.py", "both", "u")]
    recorded = {"tests/x.py": {"both": 1, "gone": 5, "t": 10, "u": 20}}
    assert costs_of(files, recorded) == {"a.tests.x": {"both": 1, "t": 10}, "b.tests.x": {"both": 1, "u": 20}}


def test_files_that_share_an_alias_take_the_parameters_of_functions_whose_ids_are_not_stable() -> None:
    unstable = SuiteFile(key="a.x", alias="x.py", tests=(CollectedTest("f[now]", unstable=True),))
    recorded = {"x.py": {"f[then]": 1, "f[before]": 2, "g[then]": 4, "t": 10}}
    assert costs_of([unstable, outside("b.x", "x.py", "t")], recorded) == {"a.x": {"f": 3}, "b.x": {"t": 10}}


def test_an_alias_is_not_asked_where_the_key_is_known_or_another_file_has_the_name() -> None:
    known = outside("pkg.tests.x", "tests/x.py", "t")
    assert costs_of([known], {"pkg.tests.x": {"t": 1}, "tests/x.py": {"t": 10}}) == {"pkg.tests.x": {"t": 1}}
    inside = SuiteFile(key="tests/x.py", tests=(CollectedTest("t"),))
    assert costs_of([known, inside], {"tests/x.py": {"t": 10}}) == {"tests/x.py": {"t": 10}}


def test_a_name_that_an_alias_found_is_no_vanished_namesake() -> None:
    moved = SuiteFile(key="new/x.py", tests=(CollectedTest("t"),))
    assert costs_of([moved, outside("pkg.x", "x.py", "t")], {"x.py": {"t": 10}}) == {"pkg.x": {"t": 10}}
