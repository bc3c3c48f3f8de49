"""What every packer must do, whatever its policy."""

from __future__ import annotations

import copy
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import costs, names

from pytest_smartshard import choices
from pytest_smartshard.planning.packers.protocol import Bins, Bundle, Packer, Sharing, Units
from pytest_smartshard.planning.packers.table import PACKERS
from pytest_smartshard.reports.table import REPORTS

Row = tuple[str, int, bool]
"""A unit's tail, cost and whether it is known."""


@pytest.fixture(params=sorted(PACKERS))
def packer(request: pytest.FixtureRequest) -> Packer:
    return PACKERS[request.param]


def units_of(rows: list[Row]) -> Units:
    """Units in two files, in order of tails."""
    rows = sorted(rows)
    units = Units()
    for file, part in (("a.py", rows[: len(rows) // 2]), ("b.py", rows[len(rows) // 2 :]), ("", [])):
        units.extend(file, [r[0] for r in part], [r[1] for r in part], [r[2] for r in part])
    return units


rows_of_units = st.lists(st.tuples(names, costs, st.booleans()), max_size=30, unique_by=lambda row: row[0])
any_bins = st.builds(Bins, st.one_of(st.integers(1, 6), st.just(300)), st.integers(1, 4))


def test_users_choose_from_the_packers_and_reports_that_there_are() -> None:
    assert tuple(PACKERS) == choices.PACKERS
    assert tuple(REPORTS) == choices.REPORT_FORMATS
    assert choices.SCOPES == ("test", "class", "file")


@pytest.mark.parametrize("name", sorted(PACKERS))
@given(rows=rows_of_units, bins=any_bins)
def test_every_unit_gets_a_bin(name: str, rows: list[Row], bins: Bins) -> None:
    units = units_of(rows)
    before = copy.deepcopy(units)
    placed = PACKERS[name].pack(units, bins)
    assert len(placed) == len(rows)
    assert all(type(number) is int and 0 <= number < bins.total for number in placed)
    assert units == before, "a packer changes nothing"
    assert PACKERS[name].pack(units, bins) == placed


@pytest.mark.parametrize("name", sorted(PACKERS))
@given(rows=rows_of_units, bins=any_bins)
def test_known_units_go_where_they_go_without_the_others(name: str, rows: list[Row], bins: Bins) -> None:
    placed = PACKERS[name].pack(units_of_one_file(rows), bins)
    alone = PACKERS[name].pack(units_of_one_file([row for row in rows if row[2]]), bins)
    assert [number for number, row in zip(placed, sorted(rows), strict=True) if row[2]] == alone


@pytest.mark.parametrize("name", sorted(PACKERS))
@given(rows=rows_of_units, bins=any_bins, shared=st.lists(costs, min_size=3, max_size=3))
def test_so_do_known_units_that_share_costs(name: str, rows: list[Row], bins: Bins, shared: list[int]) -> None:
    """Which fixture a unit needs follows from its name."""
    placed = PACKERS[name].pack(sharing_units(rows, shared), bins)
    assert len(placed) == len(rows)
    assert all(type(number) is int and 0 <= number < bins.total for number in placed)
    alone = PACKERS[name].pack(sharing_units([row for row in rows if row[2]], shared), bins)
    assert [number for number, row in zip(placed, sorted(rows), strict=True) if row[2]] == alone


def sharing_units(rows: list[Row], shared: list[int]) -> Units:
    units = units_of_one_file(rows)
    collecting, one, other = shared
    bundles = [Bundle((0,), needs) for needs in ((), (0,), (0, 1))]
    units.sharing = Sharing(collecting=[collecting], fixtures=[one, other], bundles=bundles, wide={1})
    units.bundles = [len(tail) % 3 for tail in units.tails]
    return units


def units_of_one_file(rows: list[Row]) -> Units:
    units = Units()
    rows = sorted(rows)
    units.extend("a.py", [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])
    return units


@pytest.mark.parametrize("known", [True, False])
def test_extras_move_nothing(packer: Packer, *, known: bool) -> None:
    plain, extra = Units(), Units()
    tails, unit_costs = list("abcdef"), [5, 4, 3, 2, 1, 1]
    plain.extend("a.py", tails, unit_costs, [known] * 6)
    extra.extend("a.py", tails, unit_costs, [known] * 6, [0, 0, 10**9, 0, 7, 0])
    assert packer.pack(extra, Bins(3, 1)) == packer.pack(plain, Bins(3, 1))


def test_nothing_to_place_is_no_mistake(packer: Packer) -> None:
    assert packer.pack(Units(), Bins(3, 2)) == []


def test_one_bin_takes_all(packer: Packer) -> None:
    units = units_of([(tail, 10, tail < "m") for tail in "abcxyz"])
    assert packer.pack(units, Bins(1, 1)) == [0] * 6


@pytest.mark.parametrize("known", [True, False])
def test_many_equal_units_reach_every_bin(packer: Packer, *, known: bool) -> None:
    units = units_of([(f"test_{number}", 10, known) for number in range(300)])
    assert set(packer.pack(units, Bins(4, 2))) == set(range(8))


@pytest.mark.parametrize("name", ["lpt", "chunks", "round-robin"])
def test_equal_units_are_spread_evenly(name: str) -> None:
    units = units_of([(f"test_{number:03}", 10, True) for number in range(80)])
    assert set(Counter(PACKERS[name].pack(units, Bins(4, 2))).values()) == {10}


def test_which_packers_need_costs() -> None:
    assert {name for name, packer in PACKERS.items() if packer.needs_costs} == {"lpt", "chunks"}


def test_costs_play_no_part_where_they_are_not_needed(packer: Packer) -> None:
    tails = [f"test_{number}" for number in range(20)]
    one, other = Units(), Units()
    one.extend("a.py", tails, list(range(1, 21)), [True] * 20)
    other.extend("a.py", tails, [7] * 20, [True] * 20)
    same = packer.pack(one, Bins(3, 1)) == packer.pack(other, Bins(3, 1))
    assert same is not packer.needs_costs


def test_hashing_sees_nothing_but_names() -> None:
    """Other units, known or not, change nothing: a test is placed alike in every suite."""
    units = units_of([(tail, 10, False) for tail in "abcxyz"])
    alone = Units()
    alone.extend("a.py", ["b"], [99], [True])
    assert PACKERS["hash"].pack(alone, Bins(300, 1)) == PACKERS["hash"].pack(units, Bins(300, 1))[1:2]


def test_chunks_are_contiguous() -> None:
    units = units_of([(f"test_{number:02}", 1 + number % 5, True) for number in range(40)])
    placed = PACKERS["chunks"].pack(units, Bins(6, 1))
    assert placed == sorted(placed)


def test_chunks_of_lanes_are_contiguous_within_and_across_shards() -> None:
    """Neighbours share a shard before they share a lane: bin = lane × shards + shard."""
    units = units_of([(f"test_{number:02}", 1, True) for number in range(8)])
    assert PACKERS["chunks"].pack(units, Bins(2, 2)) == [0, 0, 2, 2, 1, 1, 3, 3]


def test_lpt_breaks_ties_by_name_then_by_bin() -> None:
    units = units_of([(tail, 10, True) for tail in "abcd"])
    assert PACKERS["lpt"].pack(units, Bins(3, 1)) == [0, 1, 2, 0]


def test_lpt_places_the_longest_first_and_new_ones_on_top() -> None:
    rows = [("a", 1, True), ("b", 9, True), ("c", 5, True), ("d", 100, False), ("e", 5, True)]
    assert PACKERS["lpt"].pack(units_of(rows), Bins(2, 1)) == [0, 0, 1, 0, 1]
