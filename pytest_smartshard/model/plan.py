"""Which test goes to which shard, in the file-owner form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from pytest_smartshard.lazy_dataclasses import dataclass


class LoadParts(NamedTuple):
    """What the predicted time of a shard is made of, in microseconds of its slowest lane.

    ``start_up`` of its process, ``collecting`` its files, ``fixtures`` that its tests share, and the ``tests``
    with what each costs pytest itself.
    """

    start_up: int
    collecting: int
    fixtures: int
    tests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a plan expects, in whole microseconds.

    ``loads`` is the predicted time of each shard in order, of its slowest lane where it has several: start-up,
    every shared cost that it has to pay, and its tests. ``bound`` is the lower bound of the makespan. ``total``
    is that of all lanes of all shards together, with shared costs as often as the plan pays them; ``known`` of
    it rests on history. In a plan that was just made and not read back, ``parts`` says what each of the loads is
    made of, and ``binding`` which unit alone sets the bound (as ``file::tail``; ``""`` where the total does).
    """

    loads: tuple[int, ...]
    bound: int
    total: int
    known: int
    parts: tuple[LoadParts, ...] = field(default=(), compare=False)
    binding: str = field(default="", compare=False)

    @property
    def makespan(self) -> int:
        return max(self.loads, default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every file has one or more owners; tests are named only in files that have several.

    ``owners`` maps a file's key to the numbers (1-based) of the shards that run tests of it.
    ``cuts`` maps each file with several owners to its units: the tail of a test, function or class → shard.
    ``together`` maps labels of tests that stay together, whatever their files, to their shard.
    ``scope`` says what was kept whole, which tests that came later must be too.
    ``pruned``: a shard needs to collect no more than the files that it owns; what other shards collect does not
    matter for where a test goes.
    ``digest`` is the fingerprint of all of this and of what it was made from.
    """

    shards: int
    lanes: int = 1
    packer: str
    scope: str = "test"
    owners: Mapping[str, tuple[int, ...]]
    cuts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    together: Mapping[str, int] = field(default_factory=dict)
    forecast: Forecast
    digest: str
    pruned: bool = True
