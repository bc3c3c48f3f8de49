"""What is seen in a store: sizes, runs, ghosts, the costliest tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import header_of, journal_of
from stored import CostsByName, run_of, write

from pytest_smartshard.model.history import History
from pytest_smartshard.model.record import Journal
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.ghosts import FilesHere
from pytest_smartshard.operations.inspecting import (
    Ghosts,
    KnownTest,
    RunSeen,
    SegmentView,
    last_seen,
    look_into,
)
from pytest_smartshard.proving.joining import KEPT_RUNS, join
from pytest_smartshard.store.place import StorePlace

APP, LIB = Segment("app", "linux-3.12"), Segment("lib", "linux-3.12")
TESTS: CostsByName = {
    "test_a.py": {"x": 3_000, "y": 1_000},
    "gone/test_b.py": {"z": 2_000},
    "pkg.test_m": {"m": 1_000},
}


@pytest.fixture
def here(tmp_path: Path) -> FilesHere:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "test_a.py").touch()
    return FilesHere(tmp_path / "root", [])


def view(folder: Path, here: FilesHere, *runs: Journal, top: int = 2) -> SegmentView:
    write(folder, APP, *runs)
    (found,) = look_into(StorePlace.at(folder), [APP.slug], "app", here, top).segments
    return found


def test_a_segment(tmp_path: Path, here: FilesHere) -> None:
    found = view(tmp_path / "store", here, run_of(TESTS, "r1", started=5.0))
    run = RunSeen(run="r1", started=5.0, is_complete=True, unseen=0)
    assert (found.tests, found.files, found.total) == (4, 3, 7_000)
    assert (found.runs, found.other_runs, found.newest, found.complete) == (1, 0, run, run)
    assert found.ghosts == Ghosts(files=("gone/test_b.py",), tests=1, cost=2_000, unjudged=1)
    assert found.biggest == (
        KnownTest(key=ItemKey("test_a.py", "x"), cost=3_000),
        KnownTest(key=ItemKey("gone/test_b.py", "z"), cost=2_000),
    )
    assert (found.top_tests, found.top_cost, found.said) == (1, 3_000, "")


def test_of_another_suite_no_ghosts_are_looked_for(tmp_path: Path, here: FilesHere) -> None:
    write(tmp_path / "store", APP, run_of(TESTS))
    write(tmp_path / "store", LIB, run_of(TESTS))
    found = look_into(StorePlace.at(tmp_path / "store"), [], "lib", here, 1).segments
    assert [segment.ghosts is None for segment in found] == [True, False]


def test_the_newest_run_and_the_newest_complete_one(tmp_path: Path, here: FilesHere) -> None:
    started = run_of({"test_a.py": {"x": 3_000}, "test_new.py": {"n": 10}}, "r2", started=9.0, done=False)
    found = view(tmp_path / "store", here, run_of(TESTS, "r1", started=5.0), started)
    assert found.newest == RunSeen(run="r2", started=9.0, is_complete=False, unseen=3)
    assert found.complete == RunSeen(run="r1", started=5.0, is_complete=True, unseen=1)


def test_a_run_without_a_sample_counts_as_newest(tmp_path: Path, here: FilesHere) -> None:
    empty = journal_of(header_of(run="r2", started=9.0, selected=1), [], done=False)
    found = view(tmp_path / "store", here, run_of(TESTS, "r1", started=5.0), empty)
    assert found.newest == RunSeen(run="r2", started=9.0, is_complete=False, unseen=4)
    assert (found.runs, found.other_runs) == (1, 1)


def test_of_a_run_whose_samples_were_dropped_it_is_not_known_what_it_saw(tmp_path: Path, here: FilesHere) -> None:
    later = [
        run_of({"test_a.py": {"x": 3_000}}, f"s{place}", started=10.0 + place, done=False)
        for place in range(KEPT_RUNS)
    ]
    found = view(tmp_path / "store", here, run_of(TESTS, "r1", started=5.0), *later)
    assert found.complete == RunSeen(run="r1", started=5.0, is_complete=True, unseen=None)


def test_an_empty_store(tmp_path: Path, here: FilesHere) -> None:
    found = view(tmp_path / "store", here)
    assert (found.tests, found.total, found.newest, found.complete) == (0, 0, None, None)
    assert (found.biggest, found.top_tests, found.top_cost) == ((), 0, 0)


def test_when_each_test_was_last_seen() -> None:
    history = join(
        History(),
        [run_of(TESTS, "r1", started=5.0), run_of({"test_a.py": {"x": 1}}, "r2", started=9.0, done=False)],
    )
    assert last_seen(history) == {
        ItemKey("gone/test_b.py", "z"): 5.0,
        ItemKey("pkg.test_m", "m"): 5.0,
        ItemKey("test_a.py", "x"): 9.0,
        ItemKey("test_a.py", "y"): 5.0,
    }
