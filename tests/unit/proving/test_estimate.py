"""What a test is expected to cost, from its samples."""

from __future__ import annotations

import pytest

from pytest_smartshard.proving.estimate import SMALLEST_COST, estimate, weighed
from pytest_smartshard.proving.samples import Sample


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([1_000], 1_000),
        ([1_000, 2_000], 1_500),
        ([1_000, 2_000, 1_500], 1_500),
        ([1_000, 1_001], 1_001),  # halves are rounded up
        ([None, 1_000, None, 1_200, None], 1_100),
        ([1_000, 2_001], 2_001),  # more than twice: it has changed
        ([2_001, 1_000], 1_000),
        ([1_000, 9_000, 8_000], 8_500),
        ([0, 500], 500),
        ([0], SMALLEST_COST),
        ([99], SMALLEST_COST),
        ([], SMALLEST_COST),
        ([None, None], SMALLEST_COST),
    ],
)
def test_passed_samples_are_weighed_newest_half(samples: list[Sample], expected: int) -> None:
    assert estimate(samples, [1_000] * len(samples)) == expected


@pytest.mark.parametrize("letter", "cfrt")
def test_what_did_not_pass_is_kept_apart_from_what_passed(letter: str) -> None:
    assert estimate([1_000, f"{letter}900000"], [1_000, 1_000]) == 1_000
    assert estimate([f"{letter}900000", 1_000], [1_000, 1_000]) == 1_000


def test_where_nothing_passed_the_longest_is_taken() -> None:
    assert estimate(["f900", None, "c5000", "r700"], [1_000] * 4) == 5_000
    assert estimate(["f3"], [1_000]) == SMALLEST_COST


def test_a_test_that_was_skipped_last_will_be_skipped_again() -> None:
    assert estimate([5_000_000, "s300"], [1_000, 1_000]) == 300
    assert estimate([5_000_000, "s300", None], [1_000] * 3) == 300
    assert estimate([5_000_000, "s3"], [1_000, 1_000]) == SMALLEST_COST


def test_a_test_that_was_skipped_before_is_judged_by_what_passed() -> None:
    assert estimate(["s300", 5_000], [1_000, 1_000]) == 5_000
    assert estimate(["s300", "f5000"], [1_000, 1_000]) == 5_000


def test_samples_are_divided_by_their_runs_speed() -> None:
    assert estimate([4_000], [2_000]) == 2_000
    assert estimate([1_000, 1_000], [500, 1_000]) == 1_500
    assert estimate([10], [10_000_000]) == SMALLEST_COST


def test_samples_and_speeds_must_be_of_the_same_runs() -> None:
    with pytest.raises(ValueError, match="zip"):
        estimate([1, 2], [1_000])


def test_huge_samples_stay_exact_and_within_what_a_store_may_hold() -> None:
    most = 10**15
    assert estimate([most - 2, most - 1], [1_000, 1_000]) == most - 1
    assert estimate([most], [1]) == most
    assert estimate([most, most], [1, 1_000]) == most


def test_exactly_twice_is_still_noise() -> None:
    assert weighed(2_000, 1_000) == 1_500
    assert weighed(1_000, 2_000) == 1_500
