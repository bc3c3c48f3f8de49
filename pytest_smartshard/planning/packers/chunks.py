"""Contiguous pieces of about equal cost."""

from __future__ import annotations

from pytest_smartshard.planning.packers.protocol import Bins, Units


class Chunks:
    """Units in order of names, cut where the cost so far passes the next fair share.

    Neighbours stay together, so few fixtures are set up twice; balance is worse than with ``lpt``. A unit is
    placed by the middle of its cost, and a new one goes where its nearest known predecessor goes.
    """

    needs_costs = True

    def pack(self, units: Units, bins: Bins) -> list[int]:
        weights = units.costs
        if any(units.known):
            weights = [cost if known else 0 for cost, known in zip(weights, units.known, strict=True)]
        total = max(1, sum(weights))
        placed = []
        before = 0
        for weight in weights:
            chunk = min(bins.total - 1, (2 * before + weight) * bins.total // (2 * total))
            placed.append(bins.of(chunk // bins.lanes, chunk % bins.lanes))
            before += weight
        return placed
