"""The plan that all shards follow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from making import history_of, suite_of

from pytest_smartshard.errors import NewerFormat, UnusableFile
from pytest_smartshard.journal.plan_file import plan_text
from pytest_smartshard.model.history import FileHistory, History, MeasuredRun
from pytest_smartshard.operations.planning import PlanRequest, known_of, lanes_of, plan_suite, read_pinned_plan
from pytest_smartshard.planning.planner import PlanOptions, make_plan

SUITE = suite_of({"a.py": ["t1", "t2"]})
BEFORE, TODAY = history_of({"a.py": {"t1": 10, "t2": 20}}), history_of({"a.py": {"t1": 5_000}}, digest="today")
OPTIONS = PlanOptions(shards=2)


def test_a_plan_is_made_from_history_and_options() -> None:
    planned = plan_suite(SUITE, PlanRequest(history=TODAY, options=OPTIONS))
    assert planned.plan == make_plan(SUITE, TODAY, OPTIONS).plan


def test_a_pinned_plan_is_followed_with_todays_costs() -> None:
    """A re-run job must run the tests that it ran before, though the store has changed since."""
    before = make_plan(SUITE, BEFORE, OPTIONS).plan
    planned = plan_suite(SUITE, PlanRequest(history=TODAY, options=OPTIONS, pinned=before))
    assert planned.plan == before
    assert planned.plan != make_plan(SUITE, TODAY, OPTIONS).plan
    assert planned.prediction.cost_of("a.py", "t1") == 5_000


def test_a_plan_that_was_edited_has_another_digest(tmp_path: Path) -> None:
    """Shards that pin differing copies of one file must be found out."""
    plan = make_plan(SUITE, BEFORE, OPTIONS).plan
    written, edited = tmp_path / "plan.json", tmp_path / "edited.json"
    written.write_text(plan_text(plan))
    edited.write_text(plan_text(replace(plan, owners={"a.py": (2,)}, cuts={})))
    pinned, again, other = map(read_pinned_plan, (written, written, edited))
    assert replace(pinned, digest=plan.digest) == plan
    assert pinned.digest == again.digest
    assert len({plan.digest, pinned.digest, other.digest}) == 3


def test_a_pinned_plan_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    with pytest.raises(UnusableFile) as unusable:
        read_pinned_plan(path)
    assert unusable.value.reason == "cannot be read (No such file or directory)"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UnusableFile) as unusable:
        read_pinned_plan(path)
    assert unusable.value.reason == "is no plan (no text)"
    path.write_text('{"kind":"smartshard-plan","format":2}')
    with pytest.raises(NewerFormat):
        read_pinned_plan(path)


@pytest.mark.parametrize(
    ("written", "recorded", "expected"),
    [(4, [2], 4), (0, [2], 1), (None, [2], 2), (None, [8, 3], 3), (None, [], 1), (1, [], 1)],
)
def test_lanes_are_those_written_else_those_recorded_last(
    written: int | None, recorded: list[int], expected: int
) -> None:
    runs = tuple(MeasuredRun(run=f"r{place}", lanes=lanes) for place, lanes in enumerate(recorded))
    assert lanes_of(written, History(runs=runs)) == expected


def test_of_what_is_settled_nothing_is_planned_and_needs_stay_with_their_tests() -> None:
    known = FileHistory(["a", "b", "c"], [1, 2, 3], (), (("module m",), ()), [0, 1, 0])
    history = History(files={"test_a.py": known, "test_b.py": known}, shared={"test_a.py": known})
    found = known_of(suite_of({"test_a.py": ["b", "c"]}), history)
    assert found.files == {"test_a.py": FileHistory(["b", "c"], [2, 3], (), (("module m",), ()), [1, 0])}
    assert found.shared == history.shared
    plain = History(files={"test_a.py": FileHistory(["a", "b"], [1, 2], ())})
    assert known_of(suite_of({"test_a.py": ["a"]}), plain).files["test_a.py"] == FileHistory(["a"], [1], ())
