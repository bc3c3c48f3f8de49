"""Who needs which shared cost, and how dear it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from making import suite_of

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.suite import CollectedTest, Suite, SuiteFile
from pytest_smartshard.planning.prediction import Prediction
from pytest_smartshard.planning.sharing import NO_BUNDLE, SharedCosts, labels_of
from pytest_smartshard.planning.units import units_of

Needs = Mapping[str, Sequence[str]]
"""By tail, what a test needs."""


def file_history(needs: Needs, cost: int = 10) -> FileHistory:
    tails = sorted(needs)
    sets = sorted({tuple(sorted(found)) for found in needs.values()})
    needing = [sets.index(tuple(sorted(needs[tail]))) for tail in tails]
    return FileHistory(tails, [cost] * len(tails), [], sets, needing)


def costs_of(costs: Mapping[str, int]) -> FileHistory:
    return FileHistory(sorted(costs), [costs[name] for name in sorted(costs)], [])


def history_with(files: Mapping[str, Needs], shared: Mapping[str, Mapping[str, int]]) -> History:
    return History(
        files={file: file_history(needs) for file, needs in files.items()},
        shared={place: costs_of(costs) for place, costs in shared.items()},
    )


def found(suite: Suite, history: History) -> tuple[SharedCosts, Prediction]:
    prediction = Prediction(suite, history)
    return SharedCosts(suite, prediction), prediction


def needed(suite: Suite, history: History) -> dict[str, tuple[list[int], list[int]]]:
    """By unit, the microseconds of what must be collected and set up for it."""
    units = units_of(suite, Prediction(suite, history), "test", 2).units
    sharing = units.sharing
    return {
        f"{file}::{tail}": (
            [sharing.collecting[place] for place in sharing.bundles[bundle].files],
            [sharing.fixtures[place] for place in sharing.bundles[bundle].fixtures],
        )
        for file, tail, bundle in zip(units.files, units.tails, units.bundles, strict=True)
    }


def test_a_test_needs_its_file_and_the_fixtures_that_cost_something() -> None:
    history = history_with(
        {"a.py": {"t": ["module db", "session db", "module free", "together x y"], "u": []}},
        {"a.py": {"collect": 7, "module db": 20, "module free": 0}, "": {"session db": 30, "module db": 99}},
    )
    suite = suite_of({"a.py": []})
    assert needed(suite, history) == {"a.py::u": ([7], []), "::x y": ([7], [20, 30])}
    assert units_of(suite, Prediction(suite, history), "test", 2).units.sharing.wide == {1}


def test_costs_of_one_name_in_two_files_are_two() -> None:
    history = history_with(
        {"a.py": {"t": ["module db"]}, "b.py": {"t": ["module db"]}},
        {"a.py": {"module db": 20}, "b.py": {"module db": 30}},
    )
    units = units_of(
        suite_of({"a.py": [], "b.py": []}), Prediction(suite_of({"a.py": [], "b.py": []}), history), "test", 2
    )
    assert units.units.sharing.fixtures == [20, 30]


def test_what_every_test_costs_beside_its_own_is_part_of_its_unit() -> None:
    history = history_with({"a.py": {"t": [], "u[1]": []}}, {"": {"each test": 3, "start-up": 100}})
    suite = suite_of({"a.py": ["t", "u[1]", "new", "new"], "b.py": []})
    units = units_of(suite, Prediction(suite, history), "test", 2).units
    assert dict(zip(units.tails, units.costs, strict=True)) == {"new": 26, "t": 13, "u[1]": 13, "": 26}
    assert units.sharing.start_up == 100
    by_file = units_of(suite, Prediction(suite, history), "file", 2).units
    assert (by_file.costs, by_file.extras) == ([26, 26], {0: 26})


def test_a_new_test_needs_what_its_nearest_relatives_have_in_common() -> None:
    history = history_with(
        {
            "a.py": {
                "f[1]": ["module db", "module file"],
                "f[2]": ["module other", "module file"],
                "TestA::t": ["module file", "class TestA db"],
            }
        },
        {"a.py": {"module db": 1, "module other": 2, "module file": 4, "class TestA db": 8}},
    )
    suite = suite_of({"a.py": ["f[3]", "TestA::new", "g"], "b.py": ["t"]})
    fixtures = {name: sum(found) for name, (_, found) in needed(suite, history).items()}
    assert {name: fixtures[name] for name in ("a.py::f[3]", "a.py::TestA::new", "a.py::g", "b.py::t")} == {
        "a.py::f[3]": 4,
        "a.py::TestA::new": 12,
        "a.py::g": 4,
        "b.py::t": 0,
    }


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, 0),
        ({"t/a/x.py": 10, "t/a/y.py": 21, "t/z.py": 100}, 15),  # the mean of its folder
        ({"t/z.py": 100, "u.py": 2}, 100),
        ({"u.py": 2, "v.py": 4}, 3),
    ],
)
def test_a_file_that_was_not_measured_costs_what_its_folder_does(known: Mapping[str, int], expected: int) -> None:
    suite = suite_of({"t/a/new.py": [], **{file: [] for file in known}})
    history = history_with(
        {**{file: {"t": []} for file in known}, "t/a/new.py": {"t": []}},
        {**{file: {"collect": cost} for file, cost in known.items()}, "t/a/gone.py": {"collect": 10**6}},
    )
    shared, _ = found(suite, history)
    assert shared.sharing.collecting[[file.key for file in suite.files].index("t/a/new.py")] == expected
    assert len(shared.sharing.guessed) == (1 if known else 0)


def test_a_moved_file_takes_its_shared_costs_along() -> None:
    history = history_with({"a/x.py": {"t": ["module db"]}}, {"a/x.py": {"collect": 5, "module db": 6}})
    assert needed(suite_of({"b/x.py": []}), history) == {"b/x.py::t": ([5], [6])}


def test_a_file_that_is_known_to_have_no_tests_costs_what_finding_out_does() -> None:
    history = history_with({"b.py": {"t": []}}, {"a.py": {"collect": 5}, "b.py": {"collect cold": 9}})
    suite = suite_of({"a.py": ["new"], "b.py": []})
    units = units_of(suite, Prediction(suite, history), "test", 2).units
    rows = list(zip(units.files, units.tails, units.costs, units.known, strict=True))
    assert rows == [("a.py", "", 0, 1), ("a.py", "new", 10, 0), ("b.py", "t", 10, 1)]
    assert needed(suite, history)["a.py::"] == ([5], [])
    assert Prediction(suite_of({"a.py": []}), history).testless == {"a.py"}


def test_collecting_what_all_shards_collect_is_shared_by_all() -> None:
    history = history_with(
        {"a.py": {"t": []}, "b.py": {"t": []}}, {"a.py": {"collect": 5}, "b.py": {"collect": 6}}
    )
    files = (
        SuiteFile(key="a.py", everywhere=True),
        SuiteFile(key="b.py"),
        SuiteFile(key="c.py", everywhere=True),
    )
    shared, _ = found(Suite(files=files), history)
    assert shared.sharing.collecting == [0, 6, 0]
    assert shared.sharing.everywhere == 5  # and nothing is guessed of the other


def test_where_nothing_is_known_of_the_suite_nothing_is_shared() -> None:
    history = history_with(
        {"gone.py": {"t": []}}, {"": {"start-up": 5, "each test": 6}, "gone.py": {"collect": 7}}
    )
    shared, prediction = found(suite_of({"a.py": ["t"]}), history)
    assert prediction.is_empty
    assert shared.sharing.is_free
    assert (shared.sharing.start_up, shared.each_test("a.py")) == (0, 0)


def test_what_passes_beside_a_test_is_that_of_its_file_else_of_the_suite() -> None:
    history = history_with(
        {"a.py": {"t": []}, "b.py": {"t": []}}, {"": {"each test": 6}, "a.py": {"each test": 900, "collect": 1}}
    )
    shared, _ = found(suite_of({"a.py": ["t"], "b.py": ["t"], "new.py": []}), history)
    assert [shared.each_test(file) for file in ("a.py", "b.py", "new.py")] == [900, 6, 6]


def test_bundles_are_united() -> None:
    history = history_with(
        {"a.py": {"t": ["module db"]}, "b.py": {"t": ["session db"]}},
        {"a.py": {"module db": 1}, "": {"session db": 2}},
    )
    shared, _ = found(suite_of({"a.py": [], "b.py": []}), history)
    one, other = shared.bundle("a.py", ["module db"]), shared.bundle("b.py", ["session db"])
    assert shared.united(one, one) == shared.united(NO_BUNDLE, one) == one
    assert shared.united(one, other) == shared.united(other, one)
    assert shared.sharing.bundles[shared.united(one, other)] == ((0, 1), (0, 1))


def test_labels_that_history_has_seen_keep_tests_together() -> None:
    history = history_with({"a.py": {"t": ["together x"], "u": []}, "b.py": {"t": ["together x"]}}, {})
    found = units_of(
        suite_of({"a.py": [], "b.py": []}), Prediction(suite_of({"a.py": [], "b.py": []}), history), "test", 2
    )
    assert list(zip(found.units.files, found.units.tails, found.units.costs, strict=True)) == [
        ("a.py", "u", 10),
        ("", "x", 20),
    ]
    assert found.labels == {"a.py": {"x"}, "b.py": {"x"}}


def test_a_collected_test_has_the_labels_that_it_has_today() -> None:
    history = history_with({"a.py": {"t": ["together x"], "u": ["together x"], "ghost": ["together x"]}}, {})
    suite = suite_of({"a.py": ["t", CollectedTest("u", "y")]})
    found = units_of(suite, Prediction(suite, history), "test", 2)
    assert list(zip(found.units.tails, found.units.costs, strict=True)) == [("t", 10), ("x", 10), ("y", 10)]


def test_of_several_labels_the_first_by_name_counts() -> None:
    history = history_with({"a.py": {"t": ["together b", "together a"], "u": []}}, {})
    known = Prediction(suite_of({"a.py": []}), history).of_file("a.py")
    assert labels_of(known) == {"t": "a"}


def test_what_a_known_unit_needs_does_not_depend_on_new_tests() -> None:
    history = history_with(
        {"a.py": {"TestA::t": ["module db"]}, "b.py": {"t": ["module db"]}},
        {"a.py": {"module db": 1}, "b.py": {"module db": 2}},
    )
    suite = suite_of({"a.py": ["TestA::t", "TestA::new"], "b.py": []})
    for scope in ("class", "file"):
        units = units_of(suite, Prediction(suite, history), scope, 2).units
        bundle = units.sharing.bundles[units.bundles[0]]
        assert (bundle.files, [units.sharing.fixtures[name] for name in bundle.fixtures]) == ((0,), [1])
    # A label of a new test in an earlier file.
    labelled = suite_of({"0.py": [CollectedTest("new", "x")], "b.py": [CollectedTest("t", "x")]})
    units = units_of(labelled, Prediction(labelled, history), "test", 2).units
    assert units.sharing.bundles[units.bundles[-1]].files == (1,)
    assert replace(units).extras == {0: 10}
