"""How full the bins are, and which shared costs each of them pays already."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from pytest_smartshard.planning.packers.protocol import Bins, Bundle, Sharing, Units


class Loads:
    """Loads of all bins in microseconds, without what every bin pays alike.

    ``own`` is by bin: its units and fixtures. ``base`` is by shard: collecting its files, which all of its lanes
    do. ``top``: the fullest ``own`` of the lanes of each shard.
    """

    def __init__(self, sharing: Sharing, bins: Bins) -> None:
        self.sharing = sharing
        self.bins = bins
        self.own = [0] * bins.total
        self.base = [0] * bins.shards
        self.top = [0] * bins.shards
        self.fixtures = [0] * bins.total
        self._paid: list[set[int]] = [set() for _ in range(bins.total)]
        self._collected: list[set[int]] = [set() for _ in range(bins.shards)]

    def copy(self) -> Loads:
        twin = Loads(self.sharing, self.bins)
        twin.own, twin.base, twin.top, twin.fixtures = self.own[:], self.base[:], self.top[:], self.fixtures[:]
        twin._paid = [paid.copy() for paid in self._paid]
        twin._collected = [collected.copy() for collected in self._collected]
        return twin

    @property
    def collecting_known(self) -> int:
        """The part of all ``base`` that rests on history."""
        costs, guessed = self.sharing.collecting, self.sharing.guessed
        return sum([costs[file] for collected in self._collected for file in collected if file not in guessed])

    @property
    def makespan(self) -> int:
        return max(map(sum, zip(self.base, self.top, strict=True)))

    @property
    def total(self) -> int:
        """Of all bins together."""
        return sum(self.own) + self.bins.lanes * sum(self.base)

    def of(self, number: int) -> int:
        """The load of one bin."""
        return self.own[number] + self.base[number % self.bins.shards]

    def mark(self, number: int) -> int:
        """The load of one bin times the number of bins, plus its own number: one integer compares fastest."""
        return self.of(number) * self.bins.total + number

    def missing(self, number: int, bundle: Bundle) -> tuple[int, int]:
        """Microseconds of collection and of fixtures that bin *number* would pay more with *bundle*."""
        collected, paid = self._collected[number % self.bins.shards], self._paid[number]
        collecting = fixtures = 0
        for file in bundle.files:
            if file not in collected:
                collecting += self.sharing.collecting[file]
        for name in bundle.fixtures:
            if name not in paid:
                fixtures += self.sharing.fixtures[name]
        return collecting, fixtures

    def room(self, number: int, bundle: Bundle, capacity: int) -> int:
        """What still goes into bin *number* besides *bundle*; below 0 where not even that does."""
        shard = number % self.bins.shards
        collecting, fixtures = self.missing(number, bundle)
        room = capacity - collecting - self.base[shard] - self.own[number] - fixtures
        if collecting and self.base[shard] + collecting + self.top[shard] > capacity:
            return -1  # Another lane of the shard would be too full.
        return room

    def add(self, number: int, bundle: Bundle, cost: int) -> None:
        """Put units of *cost* into bin *number* that need *bundle*."""
        shard = number % self.bins.shards
        collecting, fixtures = self.missing(number, bundle)
        self._collected[shard].update(bundle.files)
        self._paid[number].update(bundle.fixtures)
        self.base[shard] += collecting
        self.fixtures[number] += fixtures
        own = self.own[number] = self.own[number] + fixtures + cost
        self.top[shard] = max(self.top[shard], own)


def loads_of(units: Units, costs: Sequence[int], placed: Sequence[int], bins: Bins) -> Loads:
    """The loads when units of these *costs* are *placed*."""
    loads = Loads(units.sharing, bins)
    if units.bundles:
        add_placed(loads, units, costs, placed, range(len(costs)))
        return loads
    own = loads.own
    for cost, number in zip(costs, placed, strict=True):
        own[number] += cost
    loads.top = [max(own[shard :: bins.shards]) for shard in range(bins.shards)]
    return loads


def add_placed(
    loads: Loads, units: Units, costs: Sequence[int], placed: Sequence[int], indexes: Iterable[int]
) -> None:
    """Add units that have bundles where they are *placed*, those with *indexes* only."""
    total = loads.bins.total
    bundles = units.bundles
    sums: dict[int, int] = {}
    for index in indexes:
        pair = bundles[index] * total + placed[index]
        sums[pair] = sums.get(pair, 0) + costs[index]
    for pair in sorted(sums):
        loads.add(pair % total, units.sharing.bundles[pair // total], sums[pair])


class Lightest:
    """Bins with the least load first. Loads may grow while it is used, and never shrink; ties go by number."""

    def __init__(self, loads: Loads, numbers: Iterable[int]) -> None:
        self._loads = loads
        self._total = loads.bins.total
        self._heap = [loads.mark(number) for number in numbers]
        heapq.heapify(self._heap)

    def __bool__(self) -> bool:
        return bool(self._heap)

    def __len__(self) -> int:
        return len(self._heap)

    def peek(self) -> int:
        """The number of the lightest bin."""
        heap, total = self._heap, self._total
        own, base, shards = self._loads.own, self._loads.base, self._loads.bins.shards
        while True:
            first = heap[0]
            number = first % total
            now = (own[number] + base[number % shards]) * total + number
            if now == first:
                return number
            heapq.heapreplace(heap, now)

    def pop(self) -> int:
        number = self.peek()
        heapq.heappop(self._heap)
        return number

    def push(self, number: int) -> None:
        heapq.heappush(self._heap, self._loads.of(number) * self._total + number)
