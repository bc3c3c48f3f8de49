"""Placing units so that shared costs are paid as seldom as balance allows."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_smartshard.planning.packers.blocks import Block, blocks_of
from pytest_smartshard.planning.packers.filling import SLACK, Filling
from pytest_smartshard.planning.packers.loads import Loads
from pytest_smartshard.planning.packers.protocol import Units

TRIES = 6
"""Capacities that are tried."""

NEAR_ENOUGH = 256
"""A makespan within 1/256 of the least conceivable one is not improved any more."""


def keep_together(
    units: Units, indexes: Sequence[int], placed: list[int], loads: Loads, homes: dict[str, list[int]]
) -> Loads:
    """Place the units with these *indexes* on top of *loads*, and return the loads with them.

    Searches for the smallest capacity of a bin that everything fits into: the smaller it is, the more must be
    divided, and what is divided pays its shared costs several times. The best of the tries counts.
    """
    costs = units.costs
    blocks = blocks_of(units, indexes, costs, homes)
    if not blocks:
        return loads
    best = _Best(placed, loads)
    below, above = _least_capacity(blocks, loads), 0
    capacity = below
    for _ in range(TRIES):
        fits = False
        for order in (blocks, _coarse_first(blocks, capacity)):
            filling = Filling(loads.copy(), costs, placed[:], capacity)
            filling.fill(order)
            best.consider(filling)
            fits = filling.loads.makespan <= capacity + capacity // SLACK
            if fits:
                break
        if fits:
            above = capacity
        else:
            below = capacity
        above = min(best.makespan, above or best.makespan)
        if above - below <= below // NEAR_ENOUGH:
            break
        capacity = (below + above) // 2
    placed[:] = best.placed
    return best.loads


class _Best:
    """The best of several tries."""

    def __init__(self, placed: list[int], loads: Loads) -> None:
        self.makespan = 0
        self.placed = placed
        self.loads = loads

    def consider(self, filling: Filling) -> None:
        makespan = filling.loads.makespan
        if not self.makespan or makespan < self.makespan:
            self.makespan, self.placed, self.loads = makespan, filling.placed, filling.loads


def _coarse_first(blocks: Sequence[Block], capacity: int) -> list[Block]:
    """Blocks that must be divided anyhow fill gaps, so they come after others that are as long as their grain."""
    return sorted(
        blocks, key=lambda block: block.weight if block.weight <= capacity else block.grain, reverse=True
    )


def _least_capacity(blocks: Sequence[Block], loads: Loads) -> int:
    """What no placement can stay below: the mean, and the longest unit with all that it needs."""
    sharing, bins = loads.sharing, loads.bins
    total = loads.total
    files: set[int] = set()
    fixtures: set[int] = set()
    longest = 0
    for block in blocks:
        total += block.cost
        files.update(block.bundle.files)
        fixtures.update(block.bundle.fixtures)
        longest = max(longest, block.grain)
    if not any(loads.own):
        total += bins.lanes * sum([sharing.collecting[file] for file in files])
        total += sum([sharing.fixtures[name] for name in fixtures])
    return max(1, longest, -(-total // bins.total))
