"""Plans that are made by files, and once more for what all shards have collected."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from strategies import histories, plan_options, suites

from pytest_smartshard.model.history import History
from pytest_smartshard.model.suite import Suite
from pytest_smartshard.operations.planning import PlanRequest, plan_collected, plan_files
from pytest_smartshard.planning.placement import owners_of, shard_of
from pytest_smartshard.planning.planner import Planned, PlanOptions


@st.composite
def cases(draw: st.DrawFn) -> tuple[Suite, History, PlanOptions]:
    suite = draw(suites())
    return suite, draw(histories(suite)), draw(plan_options())


def in_two_steps(suite: Suite, request: PlanRequest) -> tuple[Suite, Planned, Planned]:
    """The files as listed, the plan by which they were collected, and the one that is followed."""
    listed, first = plan_files(Suite(files=tuple(replace(file, tests=()) for file in suite.files)), request)
    tests = {file.key: file.tests for file in suite.files}
    found = tuple(replace(file, tests=tests[file.key]) if file.everywhere else file for file in listed.files)
    return listed, first, plan_collected(first, Suite(files=found), request)


@given(cases())
def test_every_test_goes_to_a_shard_that_has_collected_it(case: tuple[Suite, History, PlanOptions]) -> None:
    suite, history, options = case
    listed, first, second = in_two_steps(suite, PlanRequest(history=history, options=options))
    everywhere = {file.key for file in listed.files if file.everywhere}
    for file in suite.files:
        for test in file.tests:
            shard = shard_of(second.plan, file.key, test, everywhere=file.key in everywhere)
            assert 1 <= shard <= options.shards
            assert file.key in everywhere or shard in owners_of(first.plan, file.key)
            assert shard in owners_of(second.plan, file.key)


@given(cases())
def test_what_was_collected_changes_nothing_of_other_files(case: tuple[Suite, History, PlanOptions]) -> None:
    suite, history, options = case
    request = PlanRequest(history=history, options=options)
    listed, first, second = in_two_steps(suite, request)
    kept = [file.key for file in listed.files if not file.everywhere]
    assert {file: second.plan.owners[file] for file in kept} == {file: first.plan.owners[file] for file in kept}
    assert all(second.plan.cuts.get(file) == first.plan.cuts.get(file) for file in kept)
    assert in_two_steps(suite, request)[2].plan == second.plan


@given(cases())
def test_only_files_that_history_does_not_know_are_collected_by_all(
    case: tuple[Suite, History, PlanOptions],
) -> None:
    suite, history, options = case
    listed, first, _ = in_two_steps(suite, PlanRequest(history=history, options=options))
    assert not any(file.everywhere and file.key in first.prediction.known for file in listed.files)
