"""Dealing in turn, in order of names."""

from __future__ import annotations

from pytest_smartshard.planning.packers.protocol import Bins, Units


class RoundRobin:
    """Known units are dealt to the bins in turn, then new ones; costs play no part."""

    needs_costs = False

    def pack(self, units: Units, bins: Bins) -> list[int]:
        placed = [0] * len(units)
        turn = 0
        for known in (True, False):
            for index in units.layer(known):
                placed[index] = turn % bins.total
                turn += 1
        return placed
