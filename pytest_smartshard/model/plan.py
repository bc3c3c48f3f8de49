"""Which test goes to which shard, in the file-owner form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a plan expects, in whole microseconds.

    ``loads`` is the predicted time of each shard in order, of its slowest lane where it has several.
    ``bound`` is the lower bound of the makespan. ``known`` of ``total`` rests on history.
    """

    loads: tuple[int, ...]
    bound: int
    total: int
    known: int

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
