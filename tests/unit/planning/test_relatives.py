"""Costs of tests that history does not know."""

from __future__ import annotations

import pytest

from pytest_smartshard.planning.relatives import UNKNOWN_COST, Relatives, directories_of

KNOWN = {
    "tests/a/test_x.py": {"TestA::test_f[1]": 10, "TestA::test_f[2]": 20, "TestA::test_g": 60, "test_h": 910},
    "tests/a/test_y.py": {"test_y": 1_000},
    "tests/test_z.py": {"test_z": 4_000},
    "pkg.sub.test_m": {"test_m": 7},
}


@pytest.mark.parametrize(
    ("file", "tail", "expected"),
    [
        ("tests/a/test_x.py", "TestA::test_f[3]", 15),  # the function's other parameters
        ("tests/a/test_x.py", "TestA::test_new", 30),  # its class
        ("tests/a/test_x.py", "test_h[1]", 910),
        ("tests/a/test_x.py", "test_new", 250),  # its file
        ("tests/a/test_x.py", "TestA::TestIn::test_new", 250),
        ("tests/a/test_x.py", "TestA::test_f[a::b[c]]", 15),
        ("tests/a/test_new.py", "test_f", 400),  # its folder
        ("tests/b/test_new.py", "test_f", 1_000),  # the folder above
        ("other/test_new.py", "test_f", 858),  # all
        ("test_new.py", "test_f", 858),
        ("pkg.sub.test_new", "test_m", 7),
        ("pkg.test_new", "test_m", 7),
    ],
)
def test_the_nearest_relatives_mean_is_taken(file: str, tail: str, expected: int) -> None:
    assert Relatives(KNOWN).cost_of(file, tail) == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("tests/a/test_new.py", 1_000),
        ("tests/b/test_new.py", 2_000),
        ("other/test_new.py", 1_501),
        ("pkg.sub.test_new", 7),
    ],
)
def test_a_whole_file_costs_what_its_neighbours_cost(file: str, expected: int) -> None:
    assert Relatives(KNOWN).cost_of_file(file) == expected


def test_without_any_history_all_cost_the_same() -> None:
    assert Relatives({}).cost_of("a.py", "test_a") == UNKNOWN_COST
    assert Relatives({}).cost_of_file("a.py") == UNKNOWN_COST


def test_the_mean_and_not_the_median() -> None:
    few_hold_most = {"a.py": {f"test_{place}": 1 for place in range(9)} | {"test_9": 991}}
    assert Relatives(few_hold_most).cost_of("a.py", "test_new") == 100


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("tests/a/test_x.py", ["tests/a", "tests", ""]),
        ("pkg.sub.test_m", ["pkg.sub", "pkg", ""]),
        ("../other/test_x.py", ["../other", "..", ""]),
        ("tests/v1.2/test_x.py", ["tests/v1.2", "tests", ""]),
        ("module", [""]),
    ],
)
def test_folders_and_packages_go_upward(file: str, expected: list[str]) -> None:
    assert list(directories_of(file)) == expected
