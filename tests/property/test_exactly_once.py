"""Law 1: every collected test runs exactly once, whatever the history says."""

from __future__ import annotations

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from strategies import as_another_process_sees, histories, plan_options, suites

from pytest_smartshard.journal.plan_file import parse_plan, plan_text
from pytest_smartshard.model.history import History
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.suite import CollectedTest, Suite, class_of, function_of
from pytest_smartshard.planning.placement import shard_of
from pytest_smartshard.planning.planner import PlanOptions, make_plan

Placed = list[tuple[str, CollectedTest, int]]


@st.composite
def planned(draw: st.DrawFn) -> tuple[Suite, History, PlanOptions]:
    suite = draw(suites())
    return suite, draw(histories(suite)), draw(plan_options())


def placed(plan: Plan, suite: Suite) -> Placed:
    """Every collected test with the shard it goes to."""
    return [(file.key, test, shard_of(plan, file.key, test)) for file in suite.files for test in file.tests]


def name(file: str, test: CollectedTest) -> tuple[str, str]:
    """What a test is called in every process: unstable ones by their function."""
    return file, test.stored_tail


@given(planned(), st.lists(st.integers(0, 9), min_size=1, max_size=9))
def test_the_shards_together_run_what_was_collected(
    inputs: tuple[Suite, History, PlanOptions], shuffled: list[int]
) -> None:
    """Shards collect in different orders and see different ids of unstable parameters."""
    suite, history, options = inputs
    elsewhere = as_another_process_sees(suite, shuffled)
    here = placed(make_plan(suite, history, options).plan, suite)
    there = placed(make_plan(elsewhere, history, options).plan, elsewhere)
    ran: Counter[tuple[str, str]] = Counter()
    for shard in range(1, options.shards + 1):
        ran.update(name(file, test) for file, test, number in (here, there)[shard % 2] if number == shard)
    assert ran == Counter(name(file.key, test) for file in suite.files for test in file.tests)


@given(planned())
def test_a_shard_that_runs_a_test_owns_its_file(inputs: tuple[Suite, History, PlanOptions]) -> None:
    """A shard imports its own files only, so this is what keeps a test from being lost."""
    suite, history, options = inputs
    plan = make_plan(suite, history, options).plan
    assert list(plan.owners) == [file.key for file in suite.files]
    for owners in plan.owners.values():
        assert owners
        assert list(owners) == sorted(set(owners))
        assert set(owners) <= set(range(1, options.shards + 1))
    for file, _, shard in placed(plan, suite):
        assert shard in plan.owners[file]


@given(planned())
def test_what_stays_together_runs_in_one_shard(inputs: tuple[Suite, History, PlanOptions]) -> None:
    """Tests with one label; those of a function with unstable ids; of a class or file where that is the scope."""
    suite, history, options = inputs
    unstable = {
        (file.key, function_of(test.tail)) for file in suite.files for test in file.tests if test.unstable
    }
    shards: dict[tuple[str, ...], set[int]] = {}
    for file, test, shard in placed(make_plan(suite, history, options).plan, suite):
        function = function_of(test.tail)
        if test.together:
            shards.setdefault(("label", test.together), set()).add(shard)
            continue
        if (file, function) in unstable:
            shards.setdefault(("function", file, function), set()).add(shard)
        if options.scope == "class":
            shards.setdefault(("class", file, class_of(test.tail)), set()).add(shard)
        elif options.scope == "file":
            shards.setdefault(("file", file), set()).add(shard)
    assert {unit: found for unit, found in shards.items() if len(found) > 1} == {}


@given(planned(), st.text(max_size=5), st.text(max_size=5))
def test_a_test_and_a_file_that_no_plan_foresaw_have_a_shard(
    inputs: tuple[Suite, History, PlanOptions], file: str, tail: str
) -> None:
    suite, history, options = inputs
    plan = make_plan(suite, history, options).plan
    for key in [file, *(found.key for found in suite.files)]:
        for label in ("", "mark:x", "unseen"):
            test = CollectedTest(tail, together=label)
            shard = shard_of(plan, key, test)
            assert 1 <= shard <= options.shards
            if not label and key in plan.owners:
                assert shard in plan.owners[key]


@given(planned())
def test_a_plan_read_back_places_every_test_alike(inputs: tuple[Suite, History, PlanOptions]) -> None:
    suite, history, options = inputs
    plan = make_plan(suite, history, options).plan
    assert plan_text(plan) == json.dumps(json.loads(plan_text(plan)), indent=1) + "\n"
    again = parse_plan(plan_text(plan), "plan")
    assert placed(again, suite) == placed(plan, suite)
    assert (again.shards, again.lanes, again.packer, again.digest) == (
        plan.shards,
        plan.lanes,
        plan.packer,
        plan.digest,
    )
    assert again.owners == plan.owners
    assert again.cuts == plan.cuts
    assert again.together == plan.together
    assert plan_text(parse_plan(plan_text(again), "plan")) == plan_text(again)
