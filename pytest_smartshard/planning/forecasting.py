"""What a plan expects: the load of each shard, and what no plan could do better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress

from pytest_smartshard.model.plan import Forecast, LoadParts
from pytest_smartshard.planning.bounds import shared_bound, weights_of
from pytest_smartshard.planning.packers.loads import loads_of
from pytest_smartshard.planning.packers.protocol import Bins, Bundle, Units


def forecast_of(units: Units, placed: Sequence[int], bins: Bins, visits: Mapping[int, Iterable[int]]) -> Forecast:
    """The forecast where *units* are *placed*.

    *visits*: by index of a file, bins that have to do with it beyond what the bundles of their units say.
    """
    costs = units.costs
    if units.extras:
        costs = costs.copy()
        for index, extra in units.extras.items():
            costs[index] += extra
    loads = loads_of(units, costs, placed, bins)
    for file, numbers in visits.items():
        for number in numbers:
            loads.add(number, Bundle((file,), ()), 0)
    sharing = units.sharing
    always = sharing.start_up + sharing.everywhere
    parts = []
    for shard in range(bins.shards):
        slowest = max(range(shard, bins.total, bins.shards), key=lambda number: (loads.own[number], -number))
        collecting = sharing.everywhere + loads.base[shard]
        fixtures = loads.fixtures[slowest]
        parts.append(LoadParts(sharing.start_up, collecting, fixtures, loads.own[slowest] - fixtures))
    known = sum(compress(units.costs, units.known)) + sum(loads.fixtures)
    known += bins.total * (sharing.start_up + sharing.everywhere) + bins.lanes * loads.collecting_known
    bound = shared_bound(units, costs, bins)
    return Forecast(
        loads=tuple(map(sum, parts)),
        bound=bound,
        total=bins.total * always + loads.total,
        known=known,
        parts=tuple(parts),
        binding=_binding(units, costs, bound - always),
    )


def _binding(units: Units, costs: Sequence[int], bound: int) -> str:
    """The first unit that is as long as the *bound* with all that it needs, ``""`` where none is."""
    weights = weights_of(units, costs)
    if not bound or max(weights, default=0) < bound:
        return ""
    place = weights.index(bound)
    return f"{units.files[place]}::{units.tails[place]}" if units.files[place] else units.tails[place]
