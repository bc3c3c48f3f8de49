"""Filling bins up to a given capacity with blocks, dividing those that fit nowhere."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import cycle

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
        self._limit = capacity + capacity // SLACK
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
        loads, placed, bundle = self.loads, self.placed, group.bundle
        numbers = self._pick(group.cost, bundle, near)
        lightest = Lightest(loads, numbers)
        used: set[int] = set()
        for cost, indexes in group.longest_first(self._costs):
            done = next_rounds = 0
            while done < len(indexes):
                number = lightest.peek()
                load = loads.of(number) + sum(loads.missing(number, bundle))
                if load + cost > self._limit:
                    other = self._lightest.peek()
                    if other not in numbers and loads.of(other) + sum(loads.missing(other, bundle)) < load:
                        numbers.append(other)
                        lightest.push(other)
                        number = other
                loads.add(number, bundle, cost)
                used.add(number)
                placed[indexes[done]] = number
                done += 1
                if done >= next_rounds and len(indexes) - done >= len(used):
                    done += self._deal(indexes, done, cost, bundle, numbers, used)
                    next_rounds = done + len(used)
        return sorted(used)

    def _deal(
        self,
        indexes: Sequence[int],
        done: int,
        cost: int,
        bundle: Bundle,
        numbers: Sequence[int],
        used: Iterable[int],
    ) -> int:
        """Place units of equal *cost*, of which some are *done*, in rounds: one in each of the lightest bins of
        those *used*, which have the bundle. Returns how many, as far as that is what looking for the lightest of
        *numbers* each time comes to.

        Most units of a large suite cost the same as hundreds of others.
        """
        loads, total = self.loads, self.loads.bins.total
        marks = sorted([loads.mark(number) for number in used])
        step = cost * total
        dealt_to = marks[: bisect_left(marks, marks[0] + step)]
        if not dealt_to:
            return 0
        most = dealt_to[-1]
        rounds = (len(indexes) - done) // len(dealt_to)
        # They are the lightest for as long as they are below all of these.
        ends = marks[len(dealt_to) : len(dealt_to) + 1]
        ends += [loads.mark(number) for number in numbers if number not in used]
        full = (self._limit + 1) * total
        if most + rounds * step >= full:
            others = [number for number in range(total) if number not in numbers]
            if others:
                other = min(others, key=loads.mark)
                better = loads.of(other) + sum(loads.missing(other, bundle)) + 1
                ends.append(max(full - step, better * total))
        if ends:
            rounds = min(rounds, (min(ends) - 1 - most) // step + 1)
        if rounds <= 0:
            return 0
        order = [mark % total for mark in dealt_to]
        dealt = indexes[done : done + rounds * len(order)]
        for index, number in zip(dealt, cycle(order)):
            self.placed[index] = number
        for number in order:
            loads.add(number, bundle, rounds * cost)
        return len(dealt)

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
