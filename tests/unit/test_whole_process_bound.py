"""The bound of ``benchmarks/whole_process.py``: what shards cannot be below, from plain pytest's costs alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whole_process_bound import Costs, Recorded, bound, costs_of

START_UP = 1.0

CostsOfTests = Mapping[str, tuple[float, tuple[int, ...]]]


def costs(
    tests: CostsOfTests, files: Mapping[str, float], shared: Sequence[float] = (), rest: float = 0.0
) -> Costs:
    """Of a suite that was run in one go."""
    testing = sum(own for own, _ in tests.values())
    whole = START_UP + sum(files.values()) + sum(shared) + testing + rest
    return Costs(whole=whole, start_up=START_UP, files=files, shared=shared, repeated=0.0, tests=tests)


def test_with_one_shard_it_is_the_unsharded_run() -> None:
    tests: CostsOfTests = {"a::1": (3.0, (0,)), "a::2": (2.0, ()), "b::1": (1.0, ())}
    whole = costs(tests, {"a": 0.5, "b": 0.25}, [2.0], rest=0.5)
    assert bound(whole, 1) == pytest.approx(whole.whole)


def test_without_shared_costs_all_but_the_start_up_is_divided() -> None:
    tests: CostsOfTests = {f"{file}::{number}": (0.5, ()) for file in "abcd" for number in range(4)}
    assert bound(costs(tests, dict.fromkeys("abcd", 0.0)), 4) == pytest.approx(START_UP + 2.0)


def test_the_rest_counts_once() -> None:
    tests: CostsOfTests = {f"a::{number}": (1.0, ()) for number in range(8)}
    assert bound(costs(tests, {"a": 0.0}, rest=4.0), 4) == pytest.approx(START_UP + 3.0)


def test_a_test_cannot_be_divided_nor_what_it_needs() -> None:
    tests: CostsOfTests = {"a::1": (3.0, (0,)), **{f"b::{number}": (0.1, ()) for number in range(9)}}
    assert bound(costs(tests, {"a": 0.5, "b": 0.1}, [2.0]), 4) == pytest.approx(START_UP + 0.5 + 2.0 + 3.0)


def test_a_file_that_fills_several_shards_is_collected_in_each() -> None:
    tests: CostsOfTests = {f"a::{number}": (0.1, ()) for number in range(80)}
    assert bound(costs(tests, {"a": 1.0}), 4) == pytest.approx(START_UP + 1.0 + 2.0)


def test_a_fixture_whose_tests_fill_several_shards_is_set_up_in_each() -> None:
    tests: CostsOfTests = {f"a::{number}": (0.1, (0,)) for number in range(80)}
    assert bound(costs(tests, {"a": 1.0}, [3.0]), 4) == pytest.approx(START_UP + 1.0 + 3.0 + 2.0)


def makespans(whole: Costs, shards: int) -> Iterator[float]:
    """The slowest shard of every division."""
    for owners in product(range(shards), repeat=len(whole.tests)):
        loads = [whole.start_up] * shards
        seen: set[tuple[int, object]] = set()
        for owner, (test, (own, asked)) in zip(owners, whole.tests.items(), strict=True):
            file = test.partition("::")[0]
            loads[owner] += own
            for need, cost in ((file, whole.files[file]), *((place, whole.shared[place]) for place in asked)):
                loads[owner] += 0.0 if (owner, need) in seen else cost
                seen.add((owner, need))
        yield max(loads)


seconds = st.integers(0, 40).map(lambda tenths: tenths / 10)


@st.composite
def suites(draw: st.DrawFn) -> Costs:
    shared = draw(st.lists(seconds, max_size=3))
    places = st.sets(st.sampled_from(range(len(shared)))) if shared else st.just(set[int]())
    one = st.tuples(seconds, places.map(lambda found: tuple(sorted(found))))
    tests = {f"{file}::{number}": draw(one) for file in "ab" for number in range(draw(st.integers(1, 3)))}
    # What no test asks for was not set up.
    asked = {place for _, found in tests.values() for place in found}
    shared = [cost if place in asked else 0.0 for place, cost in enumerate(shared)]
    return costs(tests, {"a": draw(seconds), "b": draw(seconds)}, shared)


@given(suites(), st.integers(1, 3))
def test_no_division_is_below_it(whole: Costs, shards: int) -> None:
    assert bound(whole, shards) <= min(makespans(whole, shards)) + 1e-9


def test_what_the_recorder_wrote_and_what_files_cost_alone(tmp_path: Path) -> None:
    record = {
        "files": {"a.py": ("/a.py", 900_000_000), "b.py": ("/b.py", 100_000_000)},
        "shared": [["class", "a.py::A", "db", None, 2, 4_000_000_000]],
        "tests": {"a.py::A::t": (500_000_000, [0]), "b.py::t": (250_000_000, [])},
        "hypothesis": [],
    }
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    alone = {"a.py": 1.0, "b.py": 0.95}
    whole = costs_of(7.0, Recorded.read(path), {"a.py": 0.2, "b.py": 0.8}, alone, {})
    assert whole.files == {"a.py": 0.2, "b.py": 0.1}
    assert whole.start_up == pytest.approx(0.8)
    assert (list(whole.shared), whole.repeated) == ([2.0], 2.0)
    assert (whole.collecting, whole.fixtures, whole.testing) == pytest.approx((0.3, 4.0, 0.75))
    assert whole.rest == pytest.approx(7.0 - 0.8 - 0.3 - 4.0 - 0.75)


def test_a_file_costs_what_a_process_saves_without_it_where_that_is_more() -> None:
    run = Recorded({}, {"a.py": 0.9, "b.py": 0.1}, [], 0.0, {}, [])
    whole = costs_of(7.0, run, {}, {"b.py": 1.1}, {"a.py": 2.5})
    assert (whole.files, whole.start_up) == ({"a.py": 2.5, "b.py": 0.1}, 1.0)
    assert costs_of(7.0, run, {}, {"b.py": 1.1}, {"a.py": 0.8}).files["a.py"] == 0.9


def test_what_the_first_of_some_tests_pays_is_shared_by_all_of_them() -> None:
    tests: CostsOfTests = {"a::1": (0.5, (0,)), "a::2": (1.5, ()), "a::3": (0.5, (0,)), "a::4": (0.5, ())}
    run = Recorded({}, {}, [2.0], 0.0, tests, ["a::2", "a::3", "a::4"])
    assert [run.needed_by(test) for test in run.tests] == [2.5, 1.5, 2.5, 0.5]
    found = run.with_first_use({"a::2": 1.25, "a::3": 1.5, "a::4": 0.5})
    assert found.shared == [2.0, 1.25]
    assert found.tests == {**tests, "a::2": (0.25, (1,)), "a::3": (0.5, (0, 1))}
    assert run.with_first_use({}) == run.with_first_use({"a::2": -0.1}) == run


def test_recording_costs_nothing_in_a_run_that_is_not_recorded() -> None:
    tests: CostsOfTests = {"a::1": (3.0, ()), "a::2": (1.0, ())}
    whole = costs(tests, {"a": 0.5}, [0.5], rest=1.0)
    assert whole.of_run(6.5).tests == tests
    assert whole.of_run(6.5).rest == pytest.approx(0.5)
    assert whole.of_run(4.0).tests == {"a::1": (1.5, ()), "a::2": (0.5, ())}
    assert (whole.of_run(4.0).rest, whole.of_run(4.0).start_up) == (0.0, START_UP)
