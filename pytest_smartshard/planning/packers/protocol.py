"""What a packer is given and what it returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import NamedTuple, Protocol

from pytest_smartshard.lazy_dataclasses import dataclass


class Bundle(NamedTuple):
    """What a unit pays for besides itself where nothing else in its bin has: indexes of files that must be
    collected and of fixtures that must be set up, both sorted. Units with equal needs have one bundle.
    """

    files: tuple[int, ...]
    fixtures: tuple[int, ...]


@dataclass(slots=True)
class Sharing:
    """Shared costs in microseconds, and who has to do with which.

    ``start_up``: of every bin. ``everywhere``: collecting the files that all shards collect anyhow, also of every
    bin. ``collecting``: of each other file that the suite holds, paid by every lane of a shard that has a unit of
    it; ``guessed`` are those without a history of it. ``fixtures``: of each fixture, paid by every bin that has a
    unit of it; ``wide`` are those that files share. ``bundles``: the different sets of these that units need.
    """

    start_up: int = 0
    everywhere: int = 0
    collecting: list[int] = field(default_factory=list)
    fixtures: list[int] = field(default_factory=list)
    bundles: list[Bundle] = field(default_factory=list)
    guessed: set[int] = field(default_factory=set)
    wide: set[int] = field(default_factory=set)

    @property
    def is_free(self) -> bool:
        """Whether it does not matter which units meet in a bin."""
        return not any(self.collecting) and not any(self.fixtures)

    def cost_of(self, bundle: Bundle) -> int:
        """Microseconds of a bundle in a bin that has paid for nothing of it."""
        collecting, fixtures = self.collecting, self.fixtures
        return sum([collecting[file] for file in bundle.files]) + sum(
            [fixtures[name] for name in bundle.fixtures]
        )


@dataclass(slots=True)
class Units:
    """What is placed, as parallel lists: 100,000 objects would cost more than packing them.

    ``files`` holds each unit's file key, ``""`` for tests of several files that stay together. ``tails``
    holds the tail of its test, function or class, ``""`` for a whole file, or the label of what stays
    together. ``costs`` are predicted microseconds. ``known``: 1 where the cost rests on history, else 0.
    ``extras``: by index, cost of new tests that go wherever their known unit goes, in which packers take no part.
    ``spans``: where each file has its units. They come in order of files, then tails; those that span files
    come last. ``sharing``: what they share; ``bundles`` says for each unit which bundle is its own, and is empty
    where that does not matter.
    """

    files: list[str] = field(default_factory=list)
    tails: list[str] = field(default_factory=list)
    costs: list[int] = field(default_factory=list)
    known: bytearray = field(default_factory=bytearray)
    extras: dict[int, int] = field(default_factory=dict)
    spans: dict[str, slice] = field(default_factory=dict)
    sharing: Sharing = field(default_factory=Sharing)
    bundles: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.costs)

    def extend(
        self,
        file: str,
        tails: Sequence[str],
        costs: Sequence[int],
        known: Sequence[bool],
        extras: Sequence[int] | None = None,
        bundles: Sequence[int] = (),
    ) -> None:
        """Add all units of one file; the sequences are equally long."""
        self.spans[file] = slice(len(self), len(self) + len(costs))
        self.files.extend([file] * len(costs))
        self.tails.extend(tails)
        self.costs.extend(costs)
        self.known.extend(known)
        self.bundles.extend(bundles)
        if extras:
            first = len(self) - len(costs)
            self.extras.update((first + place, extra) for place, extra in enumerate(extras) if extra)

    def layer(self, known: bool) -> Sequence[int]:
        """Indexes of the units that history knows, or of the others."""
        if known and all(self.known):
            return range(len(self))
        return [index for index, is_known in enumerate(self.known) if is_known == known]


class Bins(NamedTuple):
    """Where units go: ``shards`` machines of ``lanes`` workers each.

    Bin ``b`` (0-based) is lane ``b // shards`` of shard ``b % shards``, so that the first bins are the first
    lanes of all shards.
    """

    shards: int
    lanes: int

    @property
    def total(self) -> int:
        return self.shards * self.lanes

    def of(self, shard: int, lane: int) -> int:
        """The bin of a lane of a shard, all 0-based."""
        return lane * self.shards + shard


class Packer(Protocol):
    """A policy that places units.

    ``needs_costs``: without any history its result would mean nothing, so files are dealt whole instead.
    """

    @property
    def needs_costs(self) -> bool: ...

    def pack(self, units: Units, bins: Bins) -> list[int]:
        """The bin of each unit, in order.

        Pure. Where a known unit goes must not depend on units that are not known: shards that disagree about
        new tests then still agree about all others.
        """
        ...
