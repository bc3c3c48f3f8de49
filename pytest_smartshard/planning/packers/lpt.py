"""Longest processing time first: the default."""

from __future__ import annotations

import heapq

from pytest_smartshard.planning.packers.protocol import Bins, Units


class LongestFirst:
    """Each unit, longest first, goes to the bin with the least load (Graham 1969).

    Units that history knows go first, new ones on top of them. Ties go by name, then by bin.
    """

    needs_costs = True

    def pack(self, units: Units, bins: Bins) -> list[int]:
        costs = units.costs
        placed = [0] * len(units)
        # A bin in the heap is load times number of bins plus its own number: one integer compares fastest.
        total = bins.total
        heap = list(range(total))
        replace = heapq.heapreplace
        for known in (True, False):
            # The sort is stable, reversed or not: ties stay in order of names.
            for index in sorted(units.layer(known), key=costs.__getitem__, reverse=True):
                lightest = heap[0]
                placed[index] = lightest % total
                replace(heap, lightest + costs[index] * total)
        return placed
