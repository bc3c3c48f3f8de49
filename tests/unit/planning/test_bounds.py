"""The makespan that no plan can beat."""

from __future__ import annotations

import pytest

from pytest_smartshard.planning.bounds import lower_bound


@pytest.mark.parametrize(
    ("costs", "machines", "expected"),
    [
        ([], 3, 0),
        ([7], 1, 7),
        ([7], 300, 7),
        ([3, 3], 1, 6),
        ([9, 1, 1], 2, 9),  # the longest
        ([3, 3, 3, 3], 3, 6),  # two of four share one of three machines
        ([5, 4, 3], 2, 7),
        ([2, 2, 2, 2], 3, 4),
        ([1] * 10, 3, 4),  # the mean, rounded up
        ([0, 0], 2, 0),
        ([10**15] * 3, 2, 2 * 10**15),
    ],
)
def test_it_is_the_largest_of_three(costs: list[int], machines: int, expected: int) -> None:
    assert lower_bound(costs, machines) == expected
    assert lower_bound(costs[::-1], machines) == expected
