"""Whatever the tests and their ranks: a new order sets up no fixture more often, and loses no test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from pytest_smartshard.session.ordering import OrderFacts, Parameter, order_of

PATHS = [
    ("p", "a"),
    ("p", "a", "A"),
    ("p", "a", "B"),
    ("p", "b"),
    ("p", "b", "A"),
    ("c",),
    ("c", "A"),
]

FIXTURES = {"s": 0, "t": 0, "m": 1, "n": 2}
"""Parametrised fixtures: how many nodes their scope spans."""


@st.composite
def facts(draw: st.DrawFn) -> OrderFacts:
    nodes = draw(st.sampled_from(PATHS))
    parameters = [
        Parameter(name, depth, draw(st.integers(0, 2)))
        for name, depth in FIXTURES.items()
        if depth <= len(nodes) and draw(st.booleans())
    ]
    return OrderFacts(
        nodes,
        tuple(parameters),
        tuple(draw(st.sets(st.sampled_from("xy"), max_size=1))),
        draw(st.integers(0, 3)),
    )


def set_ups(tests: Iterable[OrderFacts]) -> int:
    """How many pytest makes: of parametrised fixtures, and of one of each node that each of its tests uses."""
    count = 0
    standing: dict[str, object] = {}
    before: tuple[object, ...] = ()
    for test in tests:
        shared = next(
            (depth for depth, (a, b) in enumerate(zip(before, test.nodes, strict=False)) if a != b),
            min(len(before), len(test.nodes)),
        )
        standing = {name: value for name, value in standing.items() if FIXTURES[name] <= shared}
        count += len(test.nodes) - shared
        for name, _, value in test.parameters:
            count += standing.get(name) != value
            standing[name] = value
        before = test.nodes
    return count


@st.composite
def as_pytest_orders_them(draw: st.DrawFn) -> list[OrderFacts]:
    """Mostly by node and parameters, as pytest would; sometimes anyhow, as plugins do."""
    tests = draw(st.lists(facts(), max_size=24))
    if draw(st.booleans()):
        tests.sort(key=lambda test: (test.nodes, [str(each) for each in test.parameters]))
    return tests


@given(as_pytest_orders_them())
def test_no_fixture_is_set_up_more_often(tests: Sequence[OrderFacts]) -> None:
    order = order_of(tests)

    assert sorted(order) == list(range(len(tests)))
    assert set_ups(tests[place] for place in order) <= set_ups(tests)


@given(as_pytest_orders_them())
def test_labels_keep_their_order(tests: Sequence[OrderFacts]) -> None:
    order = list(order_of(tests))

    for label in "xy":
        places = [place for place in order if label in tests[place].kept]
        assert places == sorted(places)


@given(as_pytest_orders_them())
def test_equal_ranks_change_nothing(tests: Sequence[OrderFacts]) -> None:
    assert list(order_of([test._replace(rank=1) for test in tests])) == list(range(len(tests)))


@given(st.lists(st.integers(0, 5), max_size=30))
def test_within_one_file_ranks_decide(ranks: Sequence[int]) -> None:
    tests = [OrderFacts(("a",), rank=rank) for rank in ranks]

    assert [tests[place].rank for place in order_of(tests)] == sorted(ranks)
