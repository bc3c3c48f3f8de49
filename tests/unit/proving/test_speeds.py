"""How fast each run was, relative to the newest."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_smartshard.model.history import MeasuredRun
from pytest_smartshard.proving.samples import Sample
from pytest_smartshard.proving.speeds import FEWEST_TESTS, with_speeds

BASE = [1_000 * (place + 1) for place in range(FEWEST_TESTS)]


def speeds(*columns: Sequence[Sample]) -> list[int]:
    runs = [MeasuredRun(run=f"r{place}", speed=77) for place in range(len(columns))]
    return [run.speed for run in with_speeds(runs, columns)]


def times(factor: float) -> list[Sample]:
    return [int(value * factor) for value in BASE]


def test_no_run_has_no_speed() -> None:
    assert speeds() == []


def test_the_newest_run_is_the_measure() -> None:
    assert speeds(times(1)) == [1_000]
    assert speeds(times(1), times(1.5)) == [667, 1_000]
    assert speeds(times(1.5), times(1)) == [1_500, 1_000]
    assert speeds(times(1), times(1.5), times(1)) == [1_000, 1_500, 1_000]


def test_too_few_tests_in_common_say_nothing() -> None:
    few = FEWEST_TESTS - 1
    assert speeds(times(1), [*times(1.5)[:few], None]) == [1_000, 1_000]
    assert speeds(times(1), [*times(1.5)[:few], "f9000"]) == [1_000, 1_000]
    assert speeds(times(1), [*times(1.5)[:few], 0]) == [1_000, 1_000]


def test_a_test_that_changed_does_not_pass_for_a_slow_machine() -> None:
    assert speeds([*times(1), 1_000], [*times(1), 10**12]) == [round(1_000 * 56_000 / 57_000), 1_000]
    assert speeds([*times(1), 10**12], [*times(1), 1_000]) == [round(1_000 * 57_000 / 56_000), 1_000]


def test_what_did_not_pass_tells_nothing_of_speed() -> None:
    assert speeds([*times(1), "c9"], [*times(1.5), "s5"]) == [667, 1_000]


def test_a_run_is_held_against_all_runs_before_it() -> None:
    """The first and the last run have no test in common."""
    nothing: list[Sample] = [None] * FEWEST_TESTS
    assert speeds([*times(1), *nothing], [*times(1.5), *times(1.5)], [*nothing, *times(1)]) == [
        1_000,
        1_500,
        1_000,
    ]


def test_speed_never_reaches_zero() -> None:
    """Each run twice as slow as all before it, many times over."""
    assert min(speeds(*(times(2**place) for place in range(20)))) >= 1
