"""Plans with shared costs: what they expect is what would come, and it is as good as theory says."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from strategies import histories, plan_options, shard_counts, suites

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.shared import label_of_need, place_of_need
from pytest_smartshard.model.suite import CollectedTest, Suite, SuiteFile
from pytest_smartshard.planning.bounds import shared_bound
from pytest_smartshard.planning.packers.loads import loads_of
from pytest_smartshard.planning.packers.lpt import LongestFirst
from pytest_smartshard.planning.packers.protocol import Bins, Bundle, Sharing, Units
from pytest_smartshard.planning.placement import owners_of, shard_of
from pytest_smartshard.planning.planner import PlanOptions, make_plan

NEEDS = (
    (),
    ("module db",),
    ("class TestA db", "module db"),
    ("class TestA db", "session db"),
    ("module unmeasured", "together mark:x"),
)

costs = st.one_of(st.sampled_from([1, 100]), st.integers(1, 1_000))
shared = st.one_of(st.just(0), st.integers(0, 1_000))


def measured(names: Iterable[str]) -> st.SearchStrategy[FileHistory]:
    ordered = sorted(names)
    lists = st.lists(shared, min_size=len(ordered), max_size=len(ordered))
    return lists.map(lambda found: FileHistory(ordered, found, []))


@st.composite
def measured_suites(draw: st.DrawFn) -> tuple[Suite, History]:
    """Files of which the history knows all, and the plan no more than that they are there."""
    files = {}
    for key in draw(st.sets(st.sampled_from(["a.py", "t/b.py", "t/c.py", "t/d.py"]), min_size=1)):
        tests = draw(st.lists(st.tuples(costs, st.integers(0, len(NEEDS) - 1)), max_size=6))
        tails = [f"test_{place}" for place in range(len(tests))]
        files[key] = FileHistory(tails, [cost for cost, _ in tests], [], NEEDS, [need for _, need in tests])
    history = History(
        files=files,
        shared={
            "": draw(measured(["start-up", "each test", "session db"])),
            **{key: draw(measured(["collect", "module db", "class TestA db"])) for key in sorted(files)},
        },
    )
    return Suite(
        files=tuple(SuiteFile(key=key, everywhere=draw(st.booleans())) for key in sorted(files))
    ), history


@given(
    measured_suites(), shard_counts, st.sampled_from(["lpt", "chunks", "hash"]), st.sampled_from(["test", "file"])
)
def test_a_load_is_what_the_shard_would_have_to_do(
    inputs: tuple[Suite, History], shards: int, packer: str, scope: str
) -> None:
    """Start-up, each shared cost once, its tests: counted anew from the tests that the plan gives each shard."""
    suite, history = inputs
    plan = make_plan(suite, history, PlanOptions(shards=shards, packer=packer, scope=scope)).plan
    shared = {place: dict(zip(found.tails, found.costs, strict=True)) for place, found in history.shared.items()}
    paid = {number: {("", "start-up")} for number in range(1, shards + 1)}
    loads: Counter[int] = Counter()
    for file in suite.files:
        for number in paid if file.everywhere else plan.owners[file.key]:
            paid[number].add((file.key, "collect"))
        known = history.files[file.key]
        for tail, cost, index in zip(known.tails, known.costs, known.needing, strict=True):
            label = next(filter(None, map(label_of_need, known.needs[index])), "")
            number = shard_of(plan, file.key, CollectedTest(tail, together=label))
            loads[number] += cost + shared[""]["each test"]
            paid[number].update((place_of_need(need, file.key), need) for need in known.needs[index])
    for number, names in paid.items():
        loads[number] += sum(shared[place].get(name, 0) for place, name in names)
    assert plan.forecast.loads == tuple(loads[number] for number in range(1, shards + 1))
    assert [sum(parts) for parts in plan.forecast.parts] == list(plan.forecast.loads)
    assert plan.forecast.total == plan.forecast.known == loads.total()
    assert plan.forecast.bound <= plan.forecast.makespan


@st.composite
def small_units(draw: st.DrawFn) -> Units:
    """Up to six known units in up to three files, with fixtures of one file and of several."""
    sharing = Sharing(
        collecting=draw(st.lists(shared, min_size=3, max_size=3)),
        fixtures=draw(st.lists(shared, min_size=4, max_size=4)),
        wide={3},
    )
    units = Units(sharing=sharing)
    for file in range(3):
        needs = draw(st.lists(st.sets(st.sampled_from([file, 3])).map(sorted), max_size=2))
        bundles = [Bundle((file,), tuple(names)) for names in needs]
        sharing.bundles.extend(bundles)
        numbers = [sharing.bundles.index(bundle) for bundle in bundles]
        tails = [f"test_{place}" for place in range(len(numbers))]
        unit_costs = draw(st.lists(costs, min_size=len(tails), max_size=len(tails)))
        units.extend(f"{file}.py", tails, unit_costs, [True] * len(tails), bundles=numbers)
    units.extend("", [], [], [])
    return units


@given(small_units(), st.sampled_from([Bins(1, 1), Bins(2, 1), Bins(3, 1), Bins(1, 2), Bins(2, 2)]))
def test_no_plan_is_below_the_bound_and_the_packers_not_far_above(units: Units, bins: Bins) -> None:
    """Against all plans that there are."""
    optimum = min(
        loads_of(units, units.costs, places, bins).makespan
        for places in itertools.product(range(bins.total), repeat=len(units))
    )
    placed = LongestFirst().pack(units, bins)
    makespan = loads_of(units, units.costs, placed, bins).makespan
    assert shared_bound(units, units.costs, bins) <= optimum <= makespan
    assert makespan <= 2 * optimum


@given(small_units(), st.sampled_from([Bins(2, 1), Bins(5, 1), Bins(3, 2)]))
def test_regard_to_shared_costs_never_makes_a_plan_worse(units: Units, bins: Bins) -> None:
    alone = replace(units, sharing=Sharing(), bundles=[])
    scattered = loads_of(units, units.costs, LongestFirst().pack(alone, bins), bins).makespan
    kept = loads_of(units, units.costs, LongestFirst().pack(units, bins), bins).makespan
    assert kept * 100 <= scattered * 101


@st.composite
def planned_by_file(draw: st.DrawFn) -> tuple[Suite, Suite, History, PlanOptions]:
    """A suite, and what is known of it before its tests are collected: some files are collected everywhere."""
    suite = draw(suites())
    files = tuple(replace(file, tests=(), everywhere=draw(st.booleans())) for file in suite.files)
    return suite, Suite(files=files), draw(histories(suite)), draw(plan_options())


@given(planned_by_file())
def test_where_shards_collect_their_own_files_only_every_test_still_has_one_shard(
    inputs: tuple[Suite, Suite, History, PlanOptions],
) -> None:
    """The one that a plan names collects the file, whatever the history does not know of it."""
    suite, by_file, history, options = inputs
    plan = make_plan(by_file, history, options).plan
    for file, listed in zip(suite.files, by_file.files, strict=True):
        owners = owners_of(plan, file.key)
        assert owners == plan.owners[file.key]
        for test in file.tests:
            shard = shard_of(plan, file.key, test, everywhere=listed.everywhere)
            assert shard in (range(1, options.shards + 1) if listed.everywhere else owners)


@given(planned_by_file(), st.text(max_size=5), st.sampled_from(["", "mark:x", "unseen"]), st.booleans())
def test_a_file_that_the_plan_does_not_name_has_one_owner(
    inputs: tuple[Suite, Suite, History, PlanOptions], tail: str, label: str, unstable: bool
) -> None:
    _, by_file, history, options = inputs
    plan = make_plan(by_file, history, options).plan
    test = CollectedTest(tail, together=label, unstable=unstable)
    assert owners_of(plan, "nowhere.py") == (shard_of(plan, "nowhere.py", test, everywhere=False),)


@given(st.data())
def test_costs_that_are_nothing_or_not_known_change_nothing(data: st.DataObject) -> None:
    suite = data.draw(suites())
    history = data.draw(histories(suite, sharing=False))
    options = data.draw(plan_options())
    places = data.draw(st.sets(st.sampled_from(["", *history.files])))
    nothing = FileHistory(["collect", "each test", "module db", "start-up"], [0] * 4, [])
    files = {
        key: replace(
            file, needs=(("module db",), ("session db",)), needing=[n % 2 for n in range(len(file.tails))]
        )
        for key, file in history.files.items()
    }
    other = replace(history, files=files, shared=dict.fromkeys(places, nothing))
    assert make_plan(suite, other, options).plan == make_plan(suite, history, options).plan
