"""The makespan that no plan can beat."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from pytest_smartshard.planning.packers.protocol import Bins, Units


def lower_bound(costs: Sequence[int], machines: int) -> int:
    """Largest of: the longest unit, total / machines, the m-th plus the (m+1)-th longest unit.

    Microseconds in and out. The last term holds because of m + 1 longest units two must share a machine
    (the bounds of identical parallel machines, as in Coffman, Garey and Johnson 1978).
    """
    if not costs:
        return 0
    longest = heapq.nlargest(machines + 1, costs)
    shared = longest[machines - 1] + longest[machines] if len(longest) > machines else 0
    return max(longest[0], -(-sum(costs) // machines), shared)


def weights_of(units: Units, costs: Sequence[int]) -> Sequence[int]:
    """What each unit takes with all that it needs, where *costs* are those of the units alone."""
    if not units.bundles:
        return costs
    sharing = units.sharing
    needed = [sharing.cost_of(bundle) for bundle in sharing.bundles]
    return [cost + needed[bundle] for cost, bundle in zip(costs, units.bundles, strict=True)]


def shared_bound(units: Units, costs: Sequence[int], bins: Bins) -> int:
    """The same with what every bin pays and what units share, where they do. *costs* are those of the units.

    The longest unit comes with all that it needs; in the mean every shared cost counts once, collecting a file in
    all lanes of one shard.
    """
    sharing = units.sharing
    always = sharing.start_up + sharing.everywhere
    alone = lower_bound(costs, bins.total)
    if not units.bundles:
        return always + alone
    longest = max(weights_of(units, costs), default=0)
    used = [sharing.bundles[bundle] for bundle in set(units.bundles)]
    files = {file for bundle in used for file in bundle.files}
    fixtures = {name for bundle in used for name in bundle.fixtures}
    total = sum(costs) + sum([sharing.fixtures[name] for name in fixtures])
    total += bins.lanes * sum([sharing.collecting[file] for file in files])
    return always + max(longest, -(-total // bins.total), alone)
