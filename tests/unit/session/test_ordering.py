"""The new order of tests: by rank, in blocks that no fixture notices, and labels keep theirs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_smartshard.session.ordering import OrderFacts, Parameter, order_of

LATER = 9


def standing(
    path: str, rank: int = LATER, parameters: str = "", depth: int = 0, kept: tuple[str, ...] = ()
) -> OrderFacts:
    """``a.py/A`` for the path; each letter of *parameters* is the value of one fixture, ``-`` of none."""
    values = enumerate(parameters)
    return OrderFacts(
        tuple(path.split("/")),
        tuple(Parameter(f"f{place}", depth, value) for place, value in values if value != "-"),
        kept,
        rank,
    )


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ([], []),
        ([standing("a.py")], [0]),
        ([standing("a.py", 3), standing("a.py", 1), standing("a.py", 2)], [1, 2, 0]),
        # Files stay whole, and go by the best of theirs.
        ([standing("a.py", 2), standing("a.py"), standing("b.py"), standing("b.py", 1)], [3, 2, 0, 1]),
        # Classes within files, too.
        (
            [
                standing("a.py/A"),
                standing("a.py/A", 2),
                standing("a.py"),
                standing("a.py/B"),
                standing("a.py/B", 1),
            ],
            [4, 3, 1, 0, 2],
        ),
        # Equal ranks stay as they stand.
        ([standing("b.py", 1), standing("a.py", 1), standing("b.py", 1)], [0, 1, 2]),
        # A file that was left and entered again is two blocks.
        ([standing("a.py", 2), standing("b.py", 3), standing("a.py", 1)], [2, 0, 1]),
    ],
    ids=["none", "one", "ranks", "files", "classes", "equal", "entered again"],
)
def test_blocks_go_by_the_best_of_theirs(tests: Sequence[OrderFacts], expected: list[int]) -> None:
    assert list(order_of(tests)) == expected


def test_a_parameter_is_a_block() -> None:
    tests = [
        standing("a.py", 5, "x"),
        standing("a.py", 4, "-"),
        standing("a.py", 3, "x"),
        standing("a.py", 2, "y"),
        standing("a.py", 1, "y"),
    ]
    assert list(order_of(tests)) == [4, 3, 2, 1, 0]


def test_a_sessions_parameter_holds_files_together() -> None:
    tests = [
        standing("a.py", 4, "x"),
        standing("b.py", 3, "x"),
        standing("a.py", 2, "y"),
        standing("b.py", 1, "y"),
    ]
    assert list(order_of(tests)) == [3, 2, 1, 0]


def test_parameters_within_parameters() -> None:
    tests = [standing("a.py", rank, values) for rank, values in enumerate(["xp", "xq", "yq", "yp"])]
    # Both values of the second in a row belong to two blocks of the first.
    assert list(order_of(tests)) == [0, 1, 2, 3]
    reverse = [each._replace(rank=-each.rank) for each in tests]
    assert list(order_of(reverse)) == [0, 1, 2, 3]


def test_where_blocks_overlap_the_parts_stay() -> None:
    tests = [
        standing("a.py", 5),
        standing("a.py", 4),
        standing("a.py", 3, "x"),
        standing("b.py", 2, "x"),
        standing("b.py", 1),
        standing("c.py", 0),
    ]
    # The best file goes first; the first two tests change places, and no more.
    assert list(order_of(tests)) == [5, 1, 0, 2, 3, 4]


def test_a_modules_parameter_ends_with_the_module() -> None:
    tests = [
        standing("a.py", 3, "x", depth=1),
        standing("b.py", 2, "x", depth=1),
        standing("a.py", 1, "x", depth=1),
    ]
    assert list(order_of(tests)) == [2, 1, 0]


def test_labels_keep_their_order() -> None:
    label = ("group",)
    tests = [
        standing("a.py", 3, kept=label),
        standing("a.py", 2),
        standing("b.py", 2, kept=label),
        standing("b.py", 1, kept=label),
        standing("c.py", 2),
    ]
    assert list(order_of(tests)) == [1, 0, 2, 3, 4]
    # What belongs to the label goes by the best of its tests, in whatever files they are.
    assert list(order_of([tests[4], *tests[:4]])) == [2, 1, 3, 4, 0]


def test_parameters_that_cannot_be_compared_are_different() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise ValueError("ambiguous")

        __hash__ = None  # type: ignore[assignment]  # as of a numpy array

    one, other = Odd(), Odd()
    tests = [
        OrderFacts(("a.py",), (Parameter("f", 0, value),), (), rank)
        for value, rank in [(one, 3), (one, 2), (other, 1)]
    ]
    assert list(order_of(tests)) == [2, 1, 0]


def test_parameters_may_be_equal_or_the_same() -> None:
    """pytest 8 asks whether a parameter is the same, later versions whether it is equal: both are respected."""
    ones = [1, 1.0]
    tests = [
        OrderFacts(("a.py",), (Parameter("f", 0, value),), (), rank)
        for value, rank in [(ones[0], 4), (ones[1], 3), (ones[1], 2), (2, 1)]
    ]
    assert list(order_of(tests)) == [3, 2, 1, 0]
    tests = [each._replace(rank=rank) for each, rank in zip(tests, [1, 2, 0, 3], strict=True)]
    assert list(order_of(tests)) == [2, 1, 0, 3]
