"""What a test or a shared cost will take next time: an exponentially weighted mean of its samples."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_smartshard.checked import MOST_MICROSECONDS
from pytest_smartshard.model.history import UNIT_SPEED
from pytest_smartshard.proving.samples import Sample, duration_of

CHANGED = 2
"""A sample more than this many times longer or shorter than the mean so far is no noise: the test has changed,
and what came before says nothing of it."""

SMALLEST_COST = 100
"""Microseconds. What running any test costs pytest itself, so that free tests are still spread evenly."""


def estimate(samples: Sequence[Sample], speeds: Sequence[int]) -> int:
    """Expected microseconds of one test, at least :data:`SMALLEST_COST`.

    *samples* go from oldest to newest, and *speeds* are those of their runs in thousandths of the newest run's.
    Only passed samples count, unless the newest one was a skip (it will be skipped again) or none passed
    (then the longest of the others is all there is). Integer arithmetic only: the same on every machine.
    """
    newest = next((sample for sample in reversed(samples) if sample is not None), None)
    if isinstance(newest, str) and newest.startswith("s"):
        return max(SMALLEST_COST, duration_of(newest))
    return max(SMALLEST_COST, _mean(samples, speeds))


def shared_estimate(samples: Sequence[Sample], speeds: Sequence[int]) -> int:
    """Expected microseconds of a shared cost, at least 1: as of a test, but free ones need no spreading."""
    return max(1, _mean(samples, speeds))


def _mean(samples: Sequence[Sample], speeds: Sequence[int]) -> int:
    """Of the passed samples; the longest of the others where none passed, 0 without any."""
    mean = -1
    for sample, speed in zip(samples, speeds, strict=True):
        if isinstance(sample, int):
            value = at_unit_speed(sample, speed)
            mean = value if mean < 0 else weighed(value, mean)
    if mean < 0:
        return max((duration_of(sample) for sample in samples if isinstance(sample, str)), default=0)
    return mean


def at_unit_speed(microseconds: int, speed: int) -> int:
    """What took *microseconds* in a run of that *speed*, as of one as fast as the newest."""
    return min(MOST_MICROSECONDS, microseconds * UNIT_SPEED // speed)


def weighed(value: int, mean: int) -> int:
    """The mean of a new value and all before it, halving the weight of the past at each step.

    Weights of 0.5 to 0.7 for the newest value predict best on real histories; see ``docs/design/prediction.md``.
    """
    if value > CHANGED * mean or mean > CHANGED * value:
        return value
    return (value + mean + 1) // 2
