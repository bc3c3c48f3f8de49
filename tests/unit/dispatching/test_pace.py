"""A lane is as slow as its tests show, within bounds."""

from __future__ import annotations

import pytest

from pytest_smartshard.dispatching.pace import SLOWEST, Pace, assumed_slowness

S = 1_000_000


def test_it_begins_as_assumed_and_goes_where_tests_show() -> None:
    pace = Pace()
    assert pace.slowness == 1
    pace.add(30 * S, 60 * S)
    assert pace.slowness == pytest.approx((10 + 60) / (10 + 30))
    pace = Pace(assumed=2)
    assert pace.slowness == 2
    pace.add(90 * S, 90 * S)
    assert pace.slowness == pytest.approx(1.1)


def test_it_is_never_fast_and_never_beyond_belief() -> None:
    pace = Pace()
    pace.add(100 * S, 10 * S)
    assert pace.slowness == 1
    pace.add(0, 10_000 * S)
    assert pace.slowness == SLOWEST


def test_more_lanes_than_history_had_are_slower() -> None:
    assert assumed_slowness(4, 1) == 4
    assert assumed_slowness(1, 4) == 1
