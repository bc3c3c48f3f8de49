"""Durations that pytest-balance left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_smartshard.store.foreign.locating import Checkout
from pytest_smartshard.store.foreign.protocol import Reading, Timing
from pytest_smartshard.store.foreign.pytest_balance import PytestBalance

ROOT = Path("nowhere")


def line(test: str, seconds: object, minute: int = 0, run: str = "r1", **rest: object) -> str:
    timestamp = f"2024-05-01T12:{minute:02}:00+00:00"
    return json.dumps({"test_id": test, "duration": seconds, "timestamp": timestamp, "run_id": run, **rest})


def read(*lines: str) -> Reading:
    return PytestBalance().read("\n".join(lines).encode(), Checkout(ROOT))


def test_each_run_id_is_a_run_that_began_with_its_first_test() -> None:
    found = read(
        line("a.py::t", 1, 30, "r2"), line("a.py::t", 2, 10), line("b.py::u", 3, 5), line("c.py::v", 1, 40, "r2")
    )
    assert sorted((run.started, sorted(map(str, run.timings))) for run in found.runs) == [
        (1_714_565_100.0, ["a.py::t", "b.py::u"]),
        (1_714_566_600.0, ["a.py::t", "c.py::v"]),
    ]


def test_jobs_of_one_run_leave_one_run_and_a_grown_file_the_same_ones() -> None:
    (one,), (other,) = read(line("a.py::t", 1)).runs, read(line("b.py::u", 1)).runs
    assert one.name == other.name
    both = read(line("a.py::t", 1), line("a.py::t", 1, run="r2"))
    assert one.name in {run.name for run in both.runs}


def test_of_several_records_of_a_test_in_one_run_the_newest_counts() -> None:
    (run,) = read(line("a.py::t", 5, 9), line("a.py::t", 4, 2), line("a.py::u", 1, 3), line("a.py::u", 2, 3)).runs
    assert {key.tail: timing.duration for key, timing in run.timings.items()} == {"t": 5_000_000, "u": 2_000_000}


def test_outcomes_are_kept_and_other_phases_are_not() -> None:
    (run,) = read(
        line("a.py::t", 1, outcome="failed"), line("a.py::t", 9, phase="setup"), line("a.py::u", 1, phase="call")
    ).runs
    assert list(run.timings.values()) == [
        Timing(duration=1_000_000, outcome="failed"),
        Timing(duration=1_000_000, outcome="passed"),
    ]


def test_without_run_and_time_a_file_is_one_run() -> None:
    (run,) = read('{"test_id": "a.py::t", "duration": 1}', "", '{"test_id": "a.py::u", "duration": 1}').runs
    assert run.started is None
    assert len(run.timings) == 2
    (other,) = read('{"test_id": "a.py::t", "duration": 1}').runs
    assert other.name != run.name


@pytest.mark.parametrize(
    "torn",
    [
        "{",
        "5",
        "{}",
        line("a.py::t", -1),
        line("a.py::t", "1"),
        line("a.py::t", 1, run_id=5),
        line("a", float("nan")),
    ],
)
def test_a_line_that_is_none_is_named_and_the_others_count(torn: str) -> None:
    found = read(line("a.py::t", 1), torn, line("a.py::u", 1))
    assert found.flaws == ("line 2 is no test of pytest-balance and was set aside",)
    assert len(found.runs[0].timings) == 2


def test_a_file_whose_first_line_is_torn_is_recognised() -> None:
    raw = f'"duration": 1}}\n{line("a.py::t", 1)}'.encode()
    assert PytestBalance().recognises(raw)
    assert not PytestBalance().recognises(b'{"kind": "header"}\n{"test_id": 1, "duration": 1}')
