"""Longest processing time first, with regard to what units share: the default."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from pytest_smartshard.planning.packers.keeping import keep_together
from pytest_smartshard.planning.packers.loads import Loads, add_placed
from pytest_smartshard.planning.packers.protocol import Bins, Units

FREE = 100
"""Scattering is free where it takes at most 1/100 more than keeping together."""


class LongestFirst:
    """Each unit, longest first, goes to the bin with the least load (Graham 1969).

    Where units share costs, whole files are placed so instead, and divided as far as balance needs it, unless
    scattering costs next to nothing: then it is done, because the errors of single predictions even out best so.
    Units that history knows go first, new ones on top of them. Ties go by name, then by bin.
    """

    needs_costs = True

    def pack(self, units: Units, bins: Bins) -> list[int]:
        if not units.bundles or units.sharing.is_free or bins.total == 1:
            return _scattered(units, bins, (True, False))
        known, new = units.layer(True), units.layer(False)
        placed, loads = _known_placed(units, known, bins)
        if new:
            keep_together(units, new, placed, loads, _homes(units, known, placed))
        return placed


def _known_placed(units: Units, known: Sequence[int], bins: Bins) -> tuple[list[int], Loads]:
    """Scattered or kept together, whichever is better."""
    scattered = _scattered(units, bins, (True,))
    scattered_loads = Loads(units.sharing, bins)
    add_placed(scattered_loads, units, units.costs, scattered, known)
    kept = [0] * len(units)
    kept_loads = keep_together(units, known, kept, Loads(units.sharing, bins), {})
    if _is_better(scattered_loads, kept_loads):
        return scattered, scattered_loads
    return kept, kept_loads


def _is_better(scattered: Loads, kept: Loads) -> bool:
    """Whether scattering is faster, or costs next to nothing: neither the slowest bin nor all together.

    Start-up does not count. Beside it anything looks small in a suite that takes no time.
    """
    if scattered.makespan * (FREE + 1) <= kept.makespan * FREE:
        return True
    is_near = scattered.makespan * FREE <= kept.makespan * (FREE + 1)
    return is_near and scattered.total * FREE <= kept.total * (FREE + 1)


def _scattered(units: Units, bins: Bins, layers: Sequence[bool]) -> list[int]:
    """Each unit alone. *layers*: known ones or not, in order."""
    costs = units.costs
    placed = [0] * len(units)
    # A bin in the heap is load times number of bins plus its own number: one integer compares fastest.
    total = bins.total
    heap = list(range(total))
    replace = heapq.heapreplace
    for known in layers:
        # The sort is stable, reversed or not: ties stay in order of names.
        for index in sorted(units.layer(known), key=costs.__getitem__, reverse=True):
            lightest = heap[0]
            placed[index] = lightest % total
            replace(heap, lightest + costs[index] * total)
    return placed


def _homes(units: Units, known: Sequence[int], placed: Sequence[int]) -> dict[str, list[int]]:
    """The bins that have known units of each file."""
    homes: dict[str, set[int]] = {}
    for index in known:
        homes.setdefault(units.files[index], set()).add(placed[index])
    return {file: sorted(numbers) for file, numbers in homes.items()}
