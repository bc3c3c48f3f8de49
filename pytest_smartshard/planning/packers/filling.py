"""Filling bins up to a given capacity with blocks, dividing those that fit nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_smartshard.planning.packers.blocks import Block, Group
from pytest_smartshard.planning.packers.loads import Lightest, Loads
from pytest_smartshard.planning.packers.protocol import Bundle

SLACK = 512
"""A bin may be over capacity by 1/512 where a single unit would otherwise open another bin."""

WORTHWHILE = 1024
"""A shared cost of less than 1/1024 of the capacity is not worth to crowd a bin for."""

NEAR = 8
"""Bins that are asked which pay for a fixture already."""


class Filling:
    """One try to put blocks into bins up to *capacity*; never fails, but some bin may end up fuller.

    Blocks come heaviest first and go to the lightest bin, whole where it has room. Where one has not, as few of
    the lightest bins as have room together divide its groups, and then the units of groups that fit in none.
    """

    def __init__(self, loads: Loads, costs: Sequence[int], placed: list[int], capacity: int) -> None:
        self.loads = loads
        self._costs = costs
        self.placed = placed
        self._capacity = capacity
        self._lightest = Lightest(loads, range(loads.bins.total))
        self._crowds: dict[tuple[int, ...], _Crowd] = {}

    def fill(self, blocks: Iterable[Block]) -> None:
        blocks = list(blocks)
        self._gather_crowds(blocks)
        for block in blocks:
            number = self._bin_for(block)
            if number is None:
                self._divide(block)
            else:
                for group in block.groups:
                    self._put(group, number)
            crowd = self._crowds.get(block.wide)
            if crowd is not None:
                crowd.join({self.placed[group.indexes[0]] for group in block.groups})

    def _gather_crowds(self, blocks: Iterable[Block]) -> None:
        """Blocks that need the same dear fixtures keep to as few bins as hold them."""
        weights: dict[tuple[int, ...], int] = {}
        fixtures = self.loads.sharing.fixtures
        for block in blocks:
            if block.wide:
                cost = sum([fixtures[name] for name in block.wide])
                weights[block.wide] = weights.get(block.wide, 0) + block.weight - cost
        for wide, weight in weights.items():
            cost = sum([fixtures[name] for name in wide])
            if cost * WORTHWHILE >= self._capacity:
                most = max(1, -(-weight // max(1, self._capacity - cost)))
                self._crowds[wide] = _Crowd(self.loads, most)

    def _bin_for(self, block: Block) -> int | None:
        """A bin with room for the whole block, None where there is none."""
        loads, capacity = self.loads, self._capacity
        near = list(block.homes)
        crowd = self._crowds.get(block.wide)
        if crowd is not None and crowd.is_full:
            near.append(crowd.lightest.peek())
        lightest = self._lightest.peek()
        if near:
            dearest = sum(loads.missing(lightest, block.bundle))
            able = [
                (loads.of(number), number)
                for number in near
                if loads.room(number, block.bundle, capacity) >= block.cost
                and (dearest - sum(loads.missing(number, block.bundle))) * WORTHWHILE >= capacity
            ]
            if able:
                return min(able)[1]
        return lightest if loads.room(lightest, block.bundle, capacity) >= block.cost else None

    def _put(self, group: Group, number: int) -> None:
        self.loads.add(number, group.bundle, group.cost)
        placed = self.placed
        for index in group.indexes:
            placed[index] = number

    def _divide(self, block: Block) -> None:
        near = list(block.homes)
        crowd = self._crowds.get(block.wide)
        if crowd is not None:
            near += crowd.members
        sharing = self.loads.sharing
        needed = block.weight - sharing.cost_of(block.common)
        chosen = self._pick(needed, block.common, near)
        lightest = Lightest(self.loads, chosen)
        paying: dict[int, list[int]] = {}
        for group in block.groups:
            own = [name for name in group.bundle.fixtures if name not in block.common.fixtures]
            number = self._bin_for_group(group, lightest, paying, own)
            if number is None:
                used = self._spread(group, chosen)
            else:
                self._put(group, number)
                used = [number]
            for number in used:
                if number not in chosen:
                    chosen.append(number)
                    lightest.push(number)
            for name in own:
                paying.setdefault(name, []).extend(used)

    def _bin_for_group(
        self, group: Group, lightest: Lightest, paying: dict[int, list[int]], own: Sequence[int]
    ) -> int | None:
        """One of the block's bins, or another one where that is cheaper than to set up fixtures twice."""
        loads, capacity = self.loads, self._capacity
        near = {lightest.peek()}
        for name in own:
            near.update(paying.get(name, ())[-NEAR:])
        able = [
            (loads.of(number) + sum(loads.missing(number, group.bundle)), number)
            for number in near
            if loads.room(number, group.bundle, capacity) >= group.cost
        ]
        if able:
            return min(able)[1]
        other = self._lightest.peek()
        if own and loads.room(other, group.bundle, capacity) >= group.cost:
            collecting, _ = loads.missing(other, group.bundle)
            if collecting <= sum([loads.sharing.fixtures[name] for name in own]):
                return other
        return None

    def _spread(self, group: Group, near: Sequence[int]) -> list[int]:
        """Divide a group, the longest unit first, each to the lightest of few bins. Returns those used."""
        loads, costs, placed, shards = self.loads, self._costs, self.placed, self.loads.bins.shards
        bundle = group.bundle
        numbers = self._pick(group.cost, bundle, near)
        lightest = Lightest(loads, numbers)
        used = set()
        limit = self._capacity + self._capacity // SLACK
        for index in group.longest_first(costs):
            number = lightest.peek()
            cost = costs[index]
            load = loads.of(number) + cost + (0 if number in used else sum(loads.missing(number, bundle)))
            if load > limit:
                other = self._lightest.peek()
                if other not in numbers and loads.of(other) + sum(loads.missing(other, bundle)) + cost < load:
                    numbers.append(other)
                    lightest.push(other)
                    number = other
            if number in used:
                own = loads.own[number] = loads.own[number] + cost
                if own > loads.top[number % shards]:
                    loads.top[number % shards] = own
            else:
                loads.add(number, bundle, cost)
                used.add(number)
            placed[index] = number
        return sorted(used)

    def _pick(self, needed: int, bundle: Bundle, near: Iterable[int]) -> list[int]:
        """As few bins as have room for *needed* besides *bundle*: those *near* first, then the lightest."""
        loads, capacity, bins = self.loads, self._capacity, self.loads.bins
        chosen: list[int] = []

        def choose(number: int) -> None:
            nonlocal needed
            room = loads.room(number, bundle, capacity)
            if room > 0:
                chosen.append(number)
                needed -= room

        for number in sorted(set(near), key=lambda number: (loads.of(number), number)):
            if needed > 0:
                choose(number)
        popped = []
        while needed > 0 and self._lightest:
            number = self._lightest.pop()
            popped.append(number)
            if number in chosen:
                continue
            before = len(chosen)
            for lane in range(bins.lanes):  # What one lane of a shard collects, the others have collected too.
                sibling = (number + lane * bins.shards) % bins.total
                if needed > 0 and sibling not in chosen:
                    choose(sibling)
            if len(chosen) == before:
                break
        for number in popped:
            self._lightest.push(number)
        return chosen or [self._lightest.peek()]


class _Crowd:
    """The bins that blocks with the same dear fixtures keep to, when they are ``most``."""

    def __init__(self, loads: Loads, most: int) -> None:
        self.members: set[int] = set()
        self.lightest = Lightest(loads, ())
        self._most = most

    @property
    def is_full(self) -> bool:
        return len(self.members) >= self._most

    def join(self, numbers: Iterable[int]) -> None:
        for number in sorted(numbers):
            if number not in self.members:
                self.members.add(number)
                self.lightest.push(number)
