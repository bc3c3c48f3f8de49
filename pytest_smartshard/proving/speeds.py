"""How fast each run was, so that durations of different machines can be averaged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pytest_smartshard.model.history import UNIT_SPEED, MeasuredRun
from pytest_smartshard.proving.samples import Sample

FEWEST_TESTS = 10
"""With fewer tests in common a ratio says more about the tests than about the machines."""

MOST_CHANGE = 2
"""A test counts with at most this many times its other duration: tests that changed must not pass for a slow
machine."""


def with_speeds(runs: Sequence[MeasuredRun], columns: Sequence[Sequence[Sample]]) -> list[MeasuredRun]:
    """*runs* (oldest first) with their speed in thousandths of the newest run's.

    *columns* holds for each run its samples of all tests, in one order. A run is held against the mean of all
    runs before it: the ratio of the two sums of durations, over tests that passed in it and before, each clipped
    to twice the other.
    """
    speeds = [1.0] * len(runs)
    means: NDArray[np.float64] | None = None
    for place, column in enumerate(columns):
        durations = np.array([sample if isinstance(sample, int) else 0 for sample in column], dtype=np.float64)
        if means is None:
            means = durations
            continue
        speeds[place] = _ratio(durations, means)
        means = _weighed(durations / speeds[place], means)
    newest = speeds[-1] if speeds else 1.0
    return [
        replace(run, speed=max(1, round(UNIT_SPEED * speed / newest)))
        for run, speed in zip(runs, speeds, strict=True)
    ]


def _ratio(durations: NDArray[np.float64], means: NDArray[np.float64]) -> float:
    """How many times longer *durations* are; 1.0 where too few tests say so."""
    both = (durations > 0) & (means > 0)
    if np.count_nonzero(both) < FEWEST_TESTS:
        return 1.0
    new, old = durations[both], means[both]
    # Exact sums: those of numpy differ in their last bits from processor to processor.
    return math.fsum(np.minimum(new, MOST_CHANGE * old).tolist()) / math.fsum(
        np.minimum(old, MOST_CHANGE * new).tolist()
    )


def _weighed(durations: NDArray[np.float64], means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means as planning will reckon them; what has changed or is new begins anew."""
    changed = (durations > MOST_CHANGE * means) | (means > MOST_CHANGE * durations)
    mixed = np.where(changed, durations, (durations + means) / 2)
    return np.where(durations > 0, mixed, means)
