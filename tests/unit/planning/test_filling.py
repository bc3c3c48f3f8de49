"""Dividing a group over bins: in rounds where many units cost the same, which must not show."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st

from pytest_smartshard.planning.packers.blocks import Group
from pytest_smartshard.planning.packers.filling import SLACK, Filling
from pytest_smartshard.planning.packers.loads import Loads
from pytest_smartshard.planning.packers.protocol import Bins, Bundle, Sharing

GROUP, OTHER = Bundle((0,), (0,)), Bundle((1,), ())


def filling_of(costs: Sequence[int], before: Sequence[int], bins: Bins, capacity: int, shared: int) -> Filling:
    """Bins that hold *before* of another file; *shared* is what the group's file and its fixture each cost."""
    sharing = Sharing(collecting=[shared, 0], fixtures=[shared], bundles=[GROUP, OTHER])
    loads = Loads(sharing, bins)
    for number in range(bins.total):
        loads.add(number, OTHER, before[number % len(before)])
    return Filling(loads, costs, [-1] * len(costs), capacity)


def one_by_one(filling: Filling, costs: Sequence[int], capacity: int) -> tuple[list[int], list[int]]:
    """The rule itself: the longest unit to the lightest bin of few, or to one beside them if that is better."""
    loads = filling.loads
    everywhere = range(loads.bins.total)
    numbers = filling._pick(sum(costs), GROUP, [])
    placed = [-1] * len(costs)

    def by_load(number: int) -> tuple[int, int]:
        return loads.of(number), number

    for index in sorted(range(len(costs)), key=costs.__getitem__, reverse=True):
        number = min(numbers, key=by_load)
        load = loads.of(number) + sum(loads.missing(number, GROUP))
        if load + costs[index] > capacity + capacity // SLACK:
            other = min(everywhere, key=by_load)
            if other not in numbers and loads.of(other) + sum(loads.missing(other, GROUP)) < load:
                numbers.append(other)
                number = other
        loads.add(number, GROUP, costs[index])
        placed[index] = number
    return placed, loads.own


few_costs = st.lists(st.sampled_from([0, 1, 10, 11, 300]), min_size=1, max_size=80)


@given(
    few_costs | st.lists(st.integers(0, 30), min_size=1, max_size=30),
    st.lists(st.integers(0, 2_000), min_size=1, max_size=6),
    st.builds(Bins, st.integers(1, 6), st.integers(1, 3)),
    st.integers(1, 4_000),
    st.sampled_from([0, 1, 7, 500]),
)
@example([10] * 60, [0, 5, 500, 505], Bins(4, 1), 10_000, 0)
@example([10] * 60, [0, 5, 500, 505], Bins(4, 1), 20, 7)
def test_rounds_place_as_one_by_one(
    costs: list[int], before: list[int], bins: Bins, capacity: int, shared: int
) -> None:
    expected = one_by_one(filling_of(costs, before, bins, capacity, shared), costs, capacity)
    filling = filling_of(costs, before, bins, capacity, shared)
    used = filling._spread(Group(GROUP, list(range(len(costs))), sum(costs)), [])
    assert (filling.placed, filling.loads.own) == expected
    assert used == sorted(set(filling.placed))
    assert filling.loads.top == [max(filling.loads.own[shard :: bins.shards]) for shard in range(bins.shards)]
