"""What differs between two stores."""

from __future__ import annotations

from pathlib import Path

import pytest
from stored import run_of, write

from pytest_smartshard.errors import UsageError
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.comparing import ChangedCost, compare
from pytest_smartshard.operations.inspecting import KnownTest

APP, LIB = Segment("app", "linux-3.12"), Segment("lib", "linux-3.12")


def known(tail: str, cost: int) -> KnownTest:
    return KnownTest(key=ItemKey("t.py", tail), cost=cost)


def test_two_files(tmp_path: Path) -> None:
    a = write(tmp_path / "a.json", APP, run_of({"t.py": {"v": 10_000, "w": 100, "x": 1_000, "y": 500, "z": 700}}))
    b = write(tmp_path / "b.store", LIB, run_of({"t.py": {"n": 400, "v": 9_000, "x": 3_000, "z": 700}}))
    (found,) = compare(a, b)
    assert (found.a, found.b, found.is_equal, found.same_runs) == (APP, LIB, False, True)
    assert (found.tests_a, found.tests_b, found.total_a, found.total_b) == (5, 4, 12_300, 13_100)
    assert found.only_a == (known("y", 500), known("w", 100))
    assert found.only_b == (known("n", 400),)
    assert found.changed == (
        ChangedCost(key=ItemKey("t.py", "x"), before=1_000, after=3_000),
        ChangedCost(key=ItemKey("t.py", "v"), before=10_000, after=9_000),
    )
    assert [changed.change for changed in found.changed] == [2_000, -1_000]


def test_tests_and_costs_decide_and_not_the_runs_that_they_are_from(tmp_path: Path) -> None:
    a = write(tmp_path / "a.json", APP, run_of({"t.py": {"x": 1_000}}, "r1"))
    b = write(tmp_path / "b.json", APP, run_of({"t.py": {"x": 1_000}}, "r2"))
    (found,) = compare(a, b)
    assert found.is_equal
    assert not found.same_runs
    assert compare(a, a)[0].same_runs


def test_folders_are_compared_segment_by_segment(tmp_path: Path) -> None:
    run = run_of({"t.py": {"x": 1_000}})
    write(tmp_path / "a", APP, run)
    write(tmp_path / "b", APP, run)
    write(tmp_path / "b", LIB, run)
    assert [(found.a, found.b, found.is_equal) for found in compare(tmp_path / "a", tmp_path / "b")] == [
        (APP, APP, True),
        (None, LIB, False),
    ]
    (_, last) = compare(tmp_path / "b", tmp_path / "a")
    assert (last.a, last.b, last.only_a, last.only_b) == (LIB, None, (known("x", 1_000),), ())


def test_a_segment_without_tests_is_not_the_same_as_none(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / name, APP)
    write(tmp_path / "b", LIB)
    assert [found.is_equal for found in compare(tmp_path / "a", tmp_path / "b")] == [True, False]


def problems_of(a: Path, b: Path) -> tuple[str, ...]:
    with pytest.raises(UsageError) as caught:
        compare(a, b)
    return caught.value.problems


def test_what_cannot_be_compared(tmp_path: Path) -> None:
    gone, empty, torn = tmp_path / "gone", tmp_path / "empty", tmp_path / "torn.json"
    file = write(tmp_path / "a.json", APP)
    empty.mkdir()
    torn.write_text("{", encoding="ascii")
    mend = "does not exist; name a store: a folder, or one of its files"
    assert problems_of(gone, gone) == (f"A={gone}: {mend}", f"B={gone}: {mend}")
    assert problems_of(file, empty) == (
        f"A={file} B={empty}: a folder and a file; name two folders or two files",
    )
    assert problems_of(empty, empty) == (
        f"A={empty}: no store is there; name the folder that the .json files are in",
    )
    assert problems_of(file, torn) == (
        f"{torn} is no complete JSON; remove it, or bring back the file that was there",
    )
