"""Costs of a suite's tests, and files that moved."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from making import history_of, suite_of

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
