"""What is best kept in one bin: units that share costs, in blocks and groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from itertools import groupby

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.planning.packers.protocol import Bundle, Sharing, Units


@dataclass(slots=True)
class Group:
    """Units with the same bundle. ``indexes`` are in order of names; ``cost`` is theirs alone.

    Costs are microseconds.
    """

    bundle: Bundle
    indexes: list[int]
    cost: int
    runs: list[tuple[int, list[int]]] = field(default_factory=list)

    def longest_first(self, costs: Sequence[int]) -> list[tuple[int, list[int]]]:
        """The indexes by cost, the highest first; those of one cost stay in order of names.

        Sorted once, as several capacities are tried.
        """
        if not self.runs:
            self.indexes.sort(key=costs.__getitem__, reverse=True)
            self.runs = [(cost, list(indexes)) for cost, indexes in groupby(self.indexes, costs.__getitem__)]
        return self.runs


@dataclass(slots=True)
class Block:
    """The units of one file, or one unit that spans files.

    ``bundle`` is all that they need, ``common`` what all of them need; ``wide`` are the fixtures of ``bundle``
    that other files share. ``cost`` is of the units alone, ``weight`` with all that they need; ``grain`` is the
    longest single unit with what it needs. ``groups`` come with the heaviest first. ``homes`` are bins where
    other units of the file are.
    """

    groups: list[Group]
    bundle: Bundle
    common: Bundle
    wide: tuple[int, ...]
    cost: int
    weight: int
    grain: int
    homes: Sequence[int] = ()


def blocks_of(
    units: Units, indexes: Iterable[int], costs: Sequence[int], homes: dict[str, list[int]]
) -> list[Block]:
    """The units with these *indexes* in blocks, the heaviest first; *homes* are bins by file."""
    sharing, bundles = units.sharing, units.bundles
    by_file: dict[str, dict[int, list[int]]] = {}
    files = units.files
    last = None
    groups: dict[int, list[int]] = {}
    single = []
    for index in indexes:
        file = files[index]
        if file != last:
            if not file:
                single.append(index)
                continue
            groups = by_file[file] = {}
            last = file
        bundle = bundles[index]
        if bundle in groups:
            groups[bundle].append(index)
        else:
            groups[bundle] = [index]
    blocks = [_block(found, sharing, costs, homes.get(file, ())) for file, found in by_file.items()]
    blocks += [_block({bundles[index]: [index]}, sharing, costs, ()) for index in single]
    blocks.sort(key=lambda block: block.weight, reverse=True)
    return blocks


def _block(found: dict[int, list[int]], sharing: Sharing, costs: Sequence[int], homes: Sequence[int]) -> Block:
    groups = [
        Group(sharing.bundles[bundle], indexes, sum([costs[index] for index in indexes]))
        for bundle, indexes in found.items()
    ]
    if len(groups) == 1:
        bundle = common = groups[0].bundle
    else:
        groups.sort(key=lambda group: group.cost + sharing.cost_of(group.bundle), reverse=True)
        needs = [set(group.bundle.fixtures) for group in groups]
        files = groups[0].bundle.files
        bundle = Bundle(files, tuple(sorted(set().union(*needs))))
        common = Bundle(files, tuple(sorted(needs[0].intersection(*needs[1:]))))
    cost = sum([group.cost for group in groups])
    return Block(
        groups=groups,
        bundle=bundle,
        common=common,
        wide=tuple([name for name in bundle.fixtures if name in sharing.wide]),
        cost=cost,
        weight=cost + sharing.cost_of(bundle),
        grain=max(
            [max([costs[index] for index in group.indexes]) + sharing.cost_of(group.bundle) for group in groups]
        ),
        homes=homes,
    )
