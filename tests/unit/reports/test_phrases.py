"""Sentences that the full reports of the neighbouring files do not show."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_smartshard.model.summary import Alternative
from pytest_smartshard.reports.phrases import alternative, legend
from pytest_smartshard.wording import ranges


@pytest.mark.parametrize(
    ("makespan", "other", "words"),
    [
        (10_000_000, 12_500_000, "1 shard: 12.5 s (25 % longer)"),
        (10_000_000, 30_000_000, "1 shard: 30.0 s (200 % longer)"),
        (10_000_000, 9_999_999, "1 shard: 10.0 s (<1 % shorter)"),
        (10_000_000, 10_000_000, "1 shard: 10.0 s (unchanged)"),
        (0, 5_000_000, "1 shard: 5.00 s"),
        (0, 0, "1 shard: 0.00 s"),
    ],
)
def test_alternative(makespan: int, other: int, words: str) -> None:
    assert alternative(Alternative(shards=1, makespan=other), makespan) == words


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([], ""), ([4], "4"), ([1, 2], "1-2"), ([9, 1, 4, 5, 3], "1, 3-5, 9"), ([2, 2], "2")],
)
def test_ranges(numbers: Sequence[int], words: str) -> None:
    assert ranges(numbers) == words


def test_legend_without_a_mark() -> None:
    assert legend("") == "Bars: actual time."
