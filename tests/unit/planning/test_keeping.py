"""What is kept whole, what is cut and what is scattered, where tests share costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pytest
from making import suite_of

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.plan import LoadParts, Plan
from pytest_smartshard.planning.planner import PlanOptions, make_plan

SECOND = 1_000_000

Row = tuple[str, int, Sequence[str]]
"""A test's tail, microseconds and needs."""


def history_with(files: Mapping[str, Iterable[Row]], shared: Mapping[str, Mapping[str, int]]) -> History:
    found = {}
    for key, rows in files.items():
        ordered = sorted(rows)
        sets = sorted({tuple(needs) for _, _, needs in ordered})
        needing = [sets.index(tuple(needs)) for _, _, needs in ordered]
        found[key] = FileHistory([t for t, _, _ in ordered], [c for _, c, _ in ordered], [], sets, needing)
    return History(
        files=found,
        shared={
            place: FileHistory(sorted(costs), [costs[name] for name in sorted(costs)], [])
            for place, costs in shared.items()
        },
    )


def plan_of(history: History, shards: int, lanes: int = 1) -> Plan:
    """A plan made from the names of the files alone."""
    suite = suite_of({key: [] for key in history.files})
    return make_plan(suite, history, PlanOptions(shards=shards, lanes=lanes)).plan


def plain(count: int, cost: int) -> list[Row]:
    return [(f"test_{place:03}", cost + place * 997, ()) for place in range(count)]


def visits(plan: Plan) -> int:
    """How often files are collected, in all shards together."""
    return sum(map(len, plan.owners.values()))


def test_one_file_with_most_of_the_time_is_cut_and_the_others_are_not() -> None:
    """79 % of all time in one of twenty files, four shards."""
    files = {"big.py": plain(400, 100_000), **{f"small_{n:02}.py": plain(10, 50_000) for n in range(19)}}
    shared = {file: {"collect": 200_000} for file in files}
    plan = plan_of(history_with(files, shared), 4)
    assert plan.forecast.makespan <= 1.02 * plan.forecast.bound
    assert len(plan.owners["big.py"]) == 4
    assert visits(plan) <= 4 + 19 + 2


def test_classes_with_expensive_fixtures_are_kept_whole() -> None:
    """30 s of fixtures in 40 classes: set up at most 10 % more often than in one run, and balanced."""
    files = {
        f"test_{file}.py": [
            (f"Test{file}{place}::test_{n}", 40_000 + 1_000 * n, [f"class Test{file}{place} db"])
            for place in range(10)
            for n in range(10)
        ]
        for file in range(4)
    }
    shared = {
        file: {"collect": 100_000, **{need: 750_000 for _, _, needs in rows for need in needs}}
        for file, rows in files.items()
    }
    history = history_with(files, shared)
    plan = plan_of(history, 4)
    set_up: Counter[tuple[str, str, int]] = Counter()
    for file, rows in files.items():
        for tail, _, (need,) in rows:
            owners = plan.owners[file]
            shard = owners[0] if len(owners) == 1 else plan.cuts[file][tail]
            set_up[file, need, shard] += 1
    assert len(set_up) <= 44
    assert plan.forecast.makespan <= 1.10 * plan.forecast.bound
    assert plan.forecast.makespan == max(map(sum, plan.forecast.parts))


def test_one_file_of_expensive_classes_is_cut_between_them() -> None:
    rows = [(f"Test{c:02}::test_{n}", 50_000, [f"class Test{c:02} db"]) for c in range(40) for n in range(10)]
    shared = {"a.py": {"collect": 100_000, **{needs[0]: 750_000 for _, _, needs in rows}}}
    plan = plan_of(history_with({"a.py": rows}, shared), 4)
    shards = {(tail.partition("::")[0], shard) for tail, shard in plan.cuts["a.py"].items()}
    assert len(shards) == 40
    assert plan.forecast.loads == (12_600_000,) * 4


def test_a_group_is_cut_where_that_gains_more_than_its_fixture_costs() -> None:
    rows = [(f"test_{n:02}", 1 * SECOND, ["module db"]) for n in range(40)]
    plan = plan_of(history_with({"a.py": rows}, {"a.py": {"module db": 2 * SECOND}}), 4)
    assert plan.forecast.loads == (12 * SECOND,) * 4
    cheap = [(f"test_{n:02}", 100_000, ["module db"]) for n in range(40)]
    plan = plan_of(history_with({"a.py": cheap}, {"a.py": {"module db": 60 * SECOND}}), 4)
    assert plan.forecast.makespan <= 64 * SECOND


def test_where_it_is_free_tests_are_scattered_as_without_shared_costs() -> None:
    files = {f"{name}.py": plain(50, 200_000 + 7_919 * place) for place, name in enumerate("abcdef")}
    alone = plan_of(history_with(files, {}), 4)
    cheap = plan_of(history_with(files, {file: {"collect": 5_000} for file in files}), 4)
    assert cheap.cuts == alone.cuts
    assert len(cheap.cuts) == 6
    assert cheap.forecast.makespan == alone.forecast.makespan + 6 * 5_000


def test_files_are_kept_whole_where_scattering_is_not_free() -> None:
    files = {f"{name}.py": plain(50, 200_000) for name in "abcdef"}
    plan = plan_of(history_with(files, {file: {"collect": 1 * SECOND} for file in files}), 3)
    assert plan.cuts == {}
    assert plan.forecast.makespan == plan.forecast.bound


def test_one_long_test_is_no_reason_to_scatter_the_others() -> None:
    """The slowest shard would not notice, but every other would have to collect everything."""
    files: dict[str, list[Row]] = {
        "long.py": [("test_long", 100 * SECOND, ())],
        **{f"{name}.py": plain(9, 100_000) for name in "abcdef"},
    }
    plan = plan_of(history_with(files, {file: {"collect": 500_000} for file in files}), 4)
    assert plan.cuts == {}


def test_files_that_share_an_expensive_fixture_keep_to_as_few_shards_as_hold_them() -> None:
    files: dict[str, list[Row]] = {
        **{f"db_{n:02}.py": [(f"test_{t}", 100_000, ["session db"]) for t in range(10)] for n in range(8)},
        **{f"free_{n:02}.py": plain(10, 100_000) for n in range(24)},
    }
    plan = plan_of(history_with(files, {"": {"session db": 4 * SECOND}, "db_00.py": {"collect": 1_000}}), 4)
    users = {shard for file, owners in plan.owners.items() if file.startswith("db") for shard in owners}
    assert len(users) == 2
    assert plan.forecast.makespan <= 1.12 * plan.forecast.bound


def test_tests_that_take_no_time_may_share_an_expensive_fixture() -> None:
    files: dict[str, list[Row]] = {f"{n:02}.py": [("test", 0, ["session db"])] for n in range(4)}
    plan = plan_of(history_with(files, {"": {"session db": SECOND}}), 2)
    assert len({shard for owners in plan.owners.values() for shard in owners}) == 1


def test_a_fixture_that_everyone_needs_crowds_no_shard() -> None:
    files = {f"{n:02}.py": [(f"test_{t}", 100_000, ["session db"]) for t in range(10)] for n in range(12)}
    shared = {"": {"session db": 1 * SECOND}, **{file: {"collect": 100_000} for file in files}}
    assert plan_of(history_with(files, shared), 4).forecast.loads == (4_300_000,) * 4


def test_every_lane_of_a_shard_collects_its_files_and_sets_up_its_own_fixtures() -> None:
    rows = [(f"test_{n}", 10 * SECOND, ["module db"]) for n in range(4)]
    history = history_with(
        {"a.py": rows}, {"a.py": {"collect": SECOND, "module db": 2 * SECOND}, "": {"start-up": 5}}
    )
    forecast = plan_of(history, 1, lanes=4).forecast
    assert forecast.parts == (LoadParts(5, SECOND, 2 * SECOND, 10 * SECOND),)
    assert forecast.total == 4 * (13 * SECOND + 5)


def test_lanes_of_one_shard_take_a_cut_file_rather_than_another_shard() -> None:
    """What one lane collects, the others have collected too."""
    files = {"a.py": plain(20, 500_000), "b.py": plain(20, 500_000)}
    plan = plan_of(history_with(files, {file: {"collect": 3 * SECOND} for file in files}), 2, lanes=2)
    assert sorted(plan.owners.values()) == [(1,), (2,)]
    assert plan.forecast.makespan <= 1.05 * plan.forecast.bound


def test_new_tests_go_where_their_file_is() -> None:
    files = {f"{name}.py": plain(10, 300_000) for name in "abcd"}
    history = history_with(files, {file: {"collect": 1 * SECOND} for file in files})
    suite = suite_of({file: [*history.files[file].tails, "new"] for file in files})
    plan = make_plan(suite, history, PlanOptions(shards=4)).plan
    assert plan.cuts == {}


@pytest.mark.parametrize("shards", [2, 3, 5, 16])
def test_coarse_tests_are_placed_before_what_fills_the_gaps(shards: int) -> None:
    """The heaviest file is one of many small tests; the next ones have a long test each."""
    files: dict[str, list[Row]] = {
        "sand.py": plain(2_000, 50_000),
        **{f"coarse_{n}.py": [("test_long", 14 * SECOND, ()), *plain(3, 400_000)] for n in range(6)},
    }
    plan = plan_of(history_with(files, {file: {"collect": 500_000} for file in files}), shards)
    assert plan.forecast.makespan <= 1.03 * plan.forecast.bound + 500_000


def test_what_was_measured_is_known_and_what_was_guessed_is_not() -> None:
    files: dict[str, list[Row]] = {"a.py": [("t", 10, ["module db"])], "b.py": [("t", 20, ())]}
    history = history_with(files, {"": {"start-up": 3, "each test": 1}, "a.py": {"collect": 7, "module db": 5}})
    forecast = plan_of(history, 1).forecast
    assert forecast.total == 3 + 2 * 7 + 5 + 30 + 2
    assert forecast.known == forecast.total - 7
