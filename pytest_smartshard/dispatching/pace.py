"""How fast a lane is, against what history led one to expect of its tests."""

from __future__ import annotations

from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

TRUSTED = 10 * MICROSECONDS_PER_SECOND
"""Predicted microseconds of tests that weigh as much as what was assumed before any had run."""

SLOWEST = 10.0
"""A lane is never taken for so many times slower: some tests have changed, and others hang."""


class Pace:
    """Grows with what each test took. *assumed*: so many times slower than history the lane begins."""

    def __init__(self, assumed: float = 1.0) -> None:
        self._predicted = float(TRUSTED)
        self._taken = TRUSTED * max(1.0, assumed)

    def add(self, predicted: int, taken: int) -> None:
        """A test took so many microseconds, without what it paid for others, and was predicted by history."""
        self._predicted += predicted
        self._taken += taken

    @property
    def slowness(self) -> float:
        """Times that tests take longer than predicted, from 1 to :data:`SLOWEST`."""
        return min(SLOWEST, max(1.0, self._taken / self._predicted))


def assumed_slowness(lanes: int, lanes_known: int) -> float:
    """Of a lane among *lanes*, where history was measured with *lanes_known*: they may share one processor."""
    return max(1.0, lanes / lanes_known)
