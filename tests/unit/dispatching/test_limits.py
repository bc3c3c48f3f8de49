"""A limit is never below what passed, and holds what a test may have to wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from pytest_smartshard.dispatching.limits import (
    FLOORS_OF_FEW,
    FLOORS_OF_NONE,
    Alive,
    LimitRules,
    Limits,
    limit_words,
    may_fall_to,
    worst,
)
from pytest_smartshard.model.limit import Limit

S = 1_000_000
FILE = "tests/test_a.py"
RULES = LimitRules(factor=10, floor=45 * S, cap=3600 * S)

times = st.lists(st.integers(1, 10**10), min_size=1, max_size=10)


def limits(
    tests: Mapping[str, Sequence[int]],
    shared: Mapping[str, Mapping[str, Sequence[int]]] | None = None,
    rules: LimitRules = RULES,
    slowest: int = 0,
) -> Limits:
    places = shared or {}
    return Limits(lambda file: tests if file == FILE else {}, lambda place: places.get(place, {}), slowest, rules)


def limit_of(
    found: Limits, tail: str, needs: Sequence[str] = (), alive: Iterable[Alive] = (), file: str = FILE
) -> Limit:
    limit = found.of(file, tail, needs, alive)
    assert limit is not None
    return limit


@given(times, st.floats(1, 100), st.integers(0, 10**9), st.integers(0, 10**9))
def test_no_limit_is_below_a_floor_or_twice_what_passed(
    passed: list[int], factor: float, floor: int, above: int
) -> None:
    rules = LimitRules(factor=factor, floor=floor, cap=floor + above)
    found = limit_of(limits({"test_x": passed}, rules=rules), "test_x").microseconds
    assert found >= floor
    assert found >= min(2 * max(passed), round(factor * max(passed)))
    assert found <= max(rules.cap, 2 * max(passed))


@given(times)
def test_the_worst_is_at_least_the_slowest(passed: list[int]) -> None:
    assert worst(passed) >= max(passed)
    assert worst(passed) <= 3 * max(passed)


def test_spread_counts_beside_the_slowest() -> None:
    assert worst([5, 5, 5, 5]) == 5
    assert worst([1 * S, 3 * S, 3 * S, 3 * S]) == 2_500_000 + 2 * 866_025


def test_a_test_with_few_samples_has_more_time() -> None:
    found = limits({"test_x": [1 * S] * 3, "test_few": [1 * S, 1 * S], "test_long": [20 * S] * 3})
    assert limit_of(found, "test_x") == Limit(45 * S, 3, 1 * S)
    assert limit_of(found, "test_few") == Limit(FLOORS_OF_FEW * 45 * S, 2, 1 * S)
    assert limit_of(found, "test_long") == Limit(200 * S, 3, 20 * S)


def test_a_test_without_samples_goes_by_its_nearest_relatives() -> None:
    found = limits(
        {"test_p[1]": [30 * S], "TestA::test_x": [20 * S, 20 * S], "test_y": [50 * S]}, slowest=100 * S
    )
    floor = FLOORS_OF_NONE * 45 * S
    assert limit_of(found, "test_p[2]") == Limit(300 * S, 1, 30 * S, f"{FILE}::test_p")
    assert limit_of(found, "TestA::test_new") == Limit(200 * S, 2, 20 * S, f"{FILE}::TestA")
    assert limit_of(found, "test_new") == Limit(10 * worst([30 * S, 20 * S, 20 * S, 50 * S]), 4, 50 * S, FILE)
    assert limit_of(found, "test_z", file="tests/test_b.py") == Limit(1000 * S, 1, 100 * S, "all tests")
    assert limit_of(limits({"test_y": [1]}), "test_new").microseconds == floor


def test_where_nothing_is_known_there_is_no_limit() -> None:
    assert limits({}).of(FILE, "test_x", (), ()) is None


def test_the_cap_gives_way_to_what_passed() -> None:
    found = limits({"test_x": [500 * S] * 3, "test_y": [3000 * S] * 3})
    assert limit_of(found, "test_x").microseconds == 3600 * S
    assert limit_of(found, "test_y").microseconds == 6000 * S


def test_fixtures_that_may_fall_to_a_test_are_added() -> None:
    shared = {
        FILE: {
            "module db": [1 * S],
            "class TestA srv": [2 * S],
            "class TestB srv": [4 * S],
            "module p[0]": [8 * S],
        },
        "": {"session net": [16 * S], "start-up": [99 * S], "each test": [99 * S]},
    }
    found = limits({"TestA::test_x": [1] * 3}, shared)

    def seconds_of(needs: Sequence[str] = (), alive: Iterable[Alive] = ()) -> int:
        limit = limit_of(found, "TestA::test_x", needs, alive)
        assert limit.microseconds == 45 * S + limit.shared
        return limit.shared // S

    # What it does not announce it may ask for as it runs; another class's, or one with parameters, it cannot.
    assert seconds_of() == 10 * (1 + 2 + 16)
    assert seconds_of(needs=["module p[0]"]) == 10 * (1 + 2 + 16 + 8)
    # Set up and to stay: neither is to be waited for.
    alive = [Alive(FILE, "module db", True), Alive("", "session net", True)]
    assert seconds_of(alive=alive) == 10 * 2
    # After the last test that could use it a fixture is torn down, also another class's.
    alive = [
        Alive(FILE, "module db", False),
        Alive(FILE, "class TestB srv", False),
        Alive("", "session net", True),
    ]
    assert seconds_of(alive=alive) == 10 * (1 + 2 + 4)
    # Nobody knows how long a new one takes.
    assert seconds_of(needs=["session new"]) == 10 * (1 + 2 + 16) + FLOORS_OF_NONE * 45
    assert seconds_of(needs=["together xdist_group:a"]) == 10 * (1 + 2 + 16)


def test_a_fixture_falls_to_tests_of_its_class_and_of_classes_within() -> None:
    name = "class TestA::TestIn db"
    assert may_fall_to(name, "TestA::TestIn::test_x", ())
    assert may_fall_to(name, "TestA::TestIn::TestDeep::test_x", ())
    assert not may_fall_to(name, "TestA::test_x", ())
    assert not may_fall_to(name, "TestA::TestInner::test_x", ())
    assert not may_fall_to("class TestA db[1]", "TestA::test_x", ())
    assert may_fall_to("class TestA db[1]", "TestA::test_x", ["class TestA db[1]"])


def test_it_says_what_it_is_and_comes_from() -> None:
    assert limit_words(Limit(45 * S, 8, 1_230_000)) == "limit 45.0 s (it passed 8 times, in 1.23 s at most)"
    words = limit_words(Limit(180 * S, 1, 2 * S, "all tests"))
    assert words == ("limit 3 min 00 s (nothing is known of its file, and the slowest of all tests takes 2.00 s)")
    words = limit_words(Limit(230 * S, 1, 20_000, "a.py::test_p", 50 * S, 1.5))
    assert words == (
        "limit 3 min 50 s (a.py::test_p passed 1 time, in 0.02 s at most; 50.0 s are for fixtures that it may "
        "have to wait for; tests take 1.5 times as long as history says)"
    )
