"""Plurals, seconds, percent, ratios and lists."""

from __future__ import annotations

import pytest

from pytest_smartshard.wording import listed, percent, plural, ratio, seconds


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 tests"), (1, "1 test"), (2, "2 tests"), (1_200, "1,200 tests"), (10**6, "1,000,000 tests")],
)
def test_plurals(count: int, text: str) -> None:
    assert plural(count, "test") == text


def test_irregular_plurals() -> None:
    assert [plural(count, "history", "histories") for count in (1, 2)] == ["1 history", "2 histories"]


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0.00 s"),
        (4_000, "0.00 s"),
        (40_000, "0.04 s"),
        (9_994_000, "9.99 s"),
        (9_995_000, "10.0 s"),
        (12_340_000, "12.3 s"),
        (99_949_000, "99.9 s"),
        (99_950_000, "1 min 40 s"),
        (119_500_000, "2 min 00 s"),
        (245_000_000, "4 min 05 s"),
        (3_599_499_999, "59 min 59 s"),
        (3_599_500_000, "1 h 00 min"),
        (3_720_000_000, "1 h 02 min"),
        (360_000_000_000, "100 h 00 min"),
    ],
)
def test_seconds(microseconds: int, text: str) -> None:
    assert seconds(microseconds) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "0 %"),
        (5, 0, "0 %"),
        (0, 10, "0 %"),
        (10, 10, "100 %"),
        (1, 3, "33 %"),
        (2, 3, "67 %"),
        (9_999, 10_000, "99 %"),
        (1, 10_000, "<1 %"),
        (10**15 - 1, 10**15, "99 %"),
    ],
)
def test_percent_is_whole_only_when_it_is(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


@pytest.mark.parametrize(
    ("makespan", "bound", "text"),
    [(100, 100, "1.00"), (111, 100, "1.11"), (1, 3, "0.33"), (5, 0, "-"), (0, 0, "-")],
)
def test_ratios(makespan: int, bound: int, text: str) -> None:
    assert ratio(makespan, bound) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b", "c"], "a, b, c"),
        (["a", "b", "c", "d"], "a, b, c and 1 more"),
        (["x"] * 1_503, "x, x, x and 1,500 more"),
    ],
)
def test_lists(names: list[str], text: str) -> None:
    assert listed(names) == text


def test_lists_may_be_longer() -> None:
    assert listed(["a", "b", "c"], most=1) == "a and 2 more"
