"""The makespan that no plan can beat."""

from __future__ import annotations

import heapq
from collections.abc import Sequence


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
