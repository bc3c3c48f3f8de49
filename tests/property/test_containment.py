"""Shards that disagree about new tests still agree about all others."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from strategies import histories, plan_options, suites

from pytest_smartshard.model.history import History
from pytest_smartshard.model.suite import CollectedTest, Suite, SuiteFile
from pytest_smartshard.planning.placement import shard_of
from pytest_smartshard.planning.planner import PlanOptions, make_plan
from pytest_smartshard.planning.prediction import Prediction


@st.composite
def suites_that_differ_in_new_tests(draw: st.DrawFn) -> tuple[Suite, Suite, History, PlanOptions]:
    """One suite seen by two shards, each of which lacks some of the tests that history does not know.

    Labels and ids that are unstable or positional are left out: there, a new test can change what is kept
    together, and with it where known tests go. New files have base names of their own: a second file of the
    same name would put in doubt which of them is the one that moved.
    """
    suite = draw(suites(plain=True, min_files=1))
    history = draw(histories(suite))
    prediction = Prediction(suite, history)
    views = []
    for _ in range(2):
        files = []
        for file in suite.files:
            seen = [
                test for test in file.tests if prediction.knows(file.key, test.stored_tail) or draw(st.booleans())
            ]
            files.append(replace(file, tests=tuple(seen)))
        for name in draw(st.sets(st.sampled_from(["tests/test_new.py", "tests/a/test_newer.py", "a.py"]))):
            tests = tuple(map(CollectedTest, draw(st.sets(st.sampled_from(["test_a", "test_b[1]"])))))
            files.append(SuiteFile(key=name, size=1, tests=tests))
        views.append(Suite(files=tuple(sorted(files, key=lambda file: file.key))))
    return views[0], views[1], history, draw(plan_options())


@given(suites_that_differ_in_new_tests())
def test_new_tests_never_move_known_ones(inputs: tuple[Suite, Suite, History, PlanOptions]) -> None:
    """So of two shards with different new tests, none loses a known one, and none runs it twice.

    What a shard did not know of when planning has one place in its plan all the same, with an owner of its file.
    """
    one, other, history, options = inputs
    first, second = make_plan(one, history, options), make_plan(other, history, options)
    for file in one.files:
        for test in file.tests:
            elsewhere = shard_of(second.plan, file.key, test)
            if first.prediction.knows(file.key, test.stored_tail):
                assert elsewhere == shard_of(first.plan, file.key, test)
            assert elsewhere in second.plan.owners.get(file.key, range(1, options.shards + 1))
