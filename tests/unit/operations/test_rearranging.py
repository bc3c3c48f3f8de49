"""Segments divided and joined: nothing is lost on the way, and doing it again ends what was broken off."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from stored import CostsByName, names_at, read, run_of, write

from pytest_smartshard.errors import UsageError
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.operations.rearranging import Change, join_segments, split
from pytest_smartshard.store.place import StorePlace

ROOT = Segment("root", "linux-3.12")
BACK, FRONT, SUB = (Segment(suite, "linux-3.12") for suite in ("back", "front", "sub"))
TESTS: CostsByName = {
    "back/test_a.py": {"x": 3_000, "y": 1_000},
    "back/sub/test_b.py": {"x": 2_000},
    "front/test_a.py": {"x": 1_000},
    "backing/test_c.py": {"x": 500},
}


@pytest.fixture
def place(tmp_path: Path) -> StorePlace:
    write(tmp_path / "store", ROOT, run_of(TESTS, "r1"), run_of(TESTS, "r2", started=2_000.0))
    return StorePlace.at(tmp_path / "store")


def content(place: StorePlace) -> dict[str, list[str]]:
    return {path.stem: names_at(path) for path in sorted(place.path.glob("*.json"))}


def raw(place: StorePlace) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.path.glob("*.json")}


def divide(
    place: StorePlace, suites: dict[str, str], *, keep_paths: bool = False, dry_run: bool = False
) -> list[Change]:
    return split(place, ROOT.slug, suites, keep_paths=keep_paths, dry_run=dry_run)


def unite(place: StorePlace, into: Segment, *sources: Segment, **prefixes: str) -> list[Change]:
    return join_segments(place, [source.slug for source in sources], into, prefixes, dry_run=False)


def test_folders_become_suites_and_the_rest_stays(place: StorePlace) -> None:
    changes = divide(place, {"front": "front", "back": "back"})
    assert content(place) == {
        BACK.slug: ["sub/test_b.py::x", "test_a.py::x", "test_a.py::y"],
        FRONT.slug: ["test_a.py::x"],
        ROOT.slug: ["backing/test_c.py::x"],
    }
    assert changes == [
        Change(segment=BACK, path=place.file_of(BACK), tests=3, files=2),
        Change(segment=FRONT, path=place.file_of(FRONT), tests=1, files=1),
        Change(segment=ROOT, path=place.file_of(ROOT), tests=1, files=1),
    ]
    back = read(place.file_of(BACK))
    assert back.segment == BACK.slug
    assert [run.run for run in back.runs] == ["r1", "r2"]
    assert list(back.files["test_a.py"].columns) == ["3000 1000", "3000 1000"]


def test_the_inner_one_of_two_folders_has_its_own_files(place: StorePlace) -> None:
    divide(place, {"back": "back", "back/sub": "sub"})
    assert content(place)[BACK.slug] == ["test_a.py::x", "test_a.py::y"]
    assert content(place)[SUB.slug] == ["test_b.py::x"]


def test_paths_can_be_kept_and_several_folders_be_one_suite(place: StorePlace) -> None:
    divide(place, {"back": "ends", "front": "ends"}, keep_paths=True)
    assert content(place) == {
        "ends@linux-3.12@all": [
            "back/sub/test_b.py::x",
            "back/test_a.py::x",
            "back/test_a.py::y",
            "front/test_a.py::x",
        ],
        ROOT.slug: ["backing/test_c.py::x"],
    }


def test_a_segment_of_which_nothing_is_left_is_removed(place: StorePlace) -> None:
    changes = divide(place, {"back": "back", "front": "front", "backing": "backing"})
    assert changes[-1] == Change(segment=ROOT, path=place.file_of(ROOT), tests=0, files=0, is_removed=True)
    assert ROOT.slug not in content(place)


def test_a_split_that_was_broken_off_is_ended_by_doing_it_again(place: StorePlace) -> None:
    source = place.file_of(ROOT)
    before = source.read_bytes()
    divide(place, {"back": "back", "front": "front"})
    after = raw(place)

    place.file_of(FRONT).unlink()  # as if the process had died after its first file
    source.write_bytes(before)
    divide(place, {"back": "back", "front": "front"})
    assert raw(place) == after


def test_what_a_suite_has_already_is_kept(place: StorePlace) -> None:
    write(place.path, BACK, run_of({"test_old.py": {"o": 1_000}, "test_a.py": {"x": 9_000}}, "r0", started=10.0))
    divide(place, {"back": "back"})
    history = read(place.file_of(BACK))
    assert set(history.files) == {"sub/test_b.py", "test_a.py", "test_old.py"}
    assert list(history.files["test_a.py"].columns) == ["9000 -", "3000 1000", "3000 1000"]


def test_a_folder_without_a_file_is_refused(place: StorePlace) -> None:
    before = raw(place)
    with pytest.raises(UsageError) as caught:
        divide(place, {"back": "back", "bac": "bac", "x/y": "z"})
    assert caught.value.problems == tuple(
        f"{text}: no file of {ROOT.slug} is below {folder}; write the folder as it is seen from the root folder"
        for text, folder in (("bac=bac", "bac"), ("x/y=z", "x/y"))
    )
    assert raw(place) == before


def test_dry_runs_change_nothing(place: StorePlace) -> None:
    before = raw(place)
    assert [change.tests for change in divide(place, {"back": "back"}, dry_run=True)] == [3, 2]
    (joined, removed) = join_segments(place, [ROOT.slug], BACK, {}, dry_run=True)
    assert (joined.tests, removed.is_removed) == (5, True)
    assert raw(place) == before
    assert {path.suffix for path in place.path.iterdir()} == {".json"}  # not even a lock


def test_split_and_joined_again_it_is_the_same_store(place: StorePlace) -> None:
    before = raw(place)
    divide(place, {"back": "back", "front": "front"})
    changes = unite(place, ROOT, BACK, FRONT, back="back", front="front")
    assert raw(place) == before
    assert [(change.segment, change.tests, change.is_removed) for change in changes] == [
        (ROOT, 5, False),
        (BACK, 0, True),
        (FRONT, 0, True),
    ]


def test_environments_that_are_alike_become_one(place: StorePlace) -> None:
    other, both = Segment("root", "linux-3.13"), Segment("root", "linux")
    write(place.path, other, run_of({"back/test_a.py": {"x": 1_000}}, "r3", started=3_000.0))
    unite(place, both, other, ROOT)
    assert sorted(content(place)) == [both.slug]
    history = read(place.file_of(both))
    assert list(history.files["back/test_a.py"].columns) == ["3000 1000", "3000 1000", "1000 -"]
    assert set(history.files) == set(TESTS)


def test_a_join_that_was_broken_off_is_ended_by_doing_it_again(place: StorePlace) -> None:
    write(place.path, FRONT, run_of({"test_f.py": {"f": 1_000}}))
    sources = raw(place)
    unite(place, Segment("all", "linux"), FRONT, ROOT, front="f")
    after = raw(place)
    for name, data in sources.items():  # as if the process had died before it removed them
        (place.path / name).write_bytes(data)
    unite(place, Segment("all", "linux"), FRONT, ROOT, front="f")
    assert raw(place) == after


def test_a_segment_can_be_joined_into_one_of_those_that_are_named(place: StorePlace) -> None:
    write(place.path, FRONT, run_of({"test_f.py": {"f": 1_000}}))
    unite(place, ROOT, ROOT, FRONT)
    assert list(content(place)) == [ROOT.slug]
    assert "test_f.py::f" in content(place)[ROOT.slug]
    after = raw(place)
    unite(place, ROOT, ROOT)
    assert raw(place) == after


def test_a_store_that_is_one_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "durations.json", ROOT, run_of(TESTS))
    place = StorePlace.at(path)
    calls: dict[str, Callable[[], object]] = {
        "split": lambda: divide(place, {"back": "back"}),
        "join": lambda: unite(place, BACK, ROOT),
    }
    for action, call in calls.items():
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.problems == (
            (
                f"--store={path}: one file holds one segment, and {action} needs several; name a folder, with "
                "this file in it under the name of its segment"
            ),
        )


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_two_names_of_one_file_are_refused(place: StorePlace) -> None:
    link = place.file_of(BACK)
    link.symlink_to(f"{ROOT.slug}.json")
    before = raw(place)
    calls: list[Callable[[], object]] = [
        lambda: divide(place, {"back": "back"}),
        lambda: unite(place, BACK, ROOT),
    ]
    for call in calls:
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.problems == (
            f"{place.file_of(ROOT)}: is the same file as {link.name}; put a copy in the place of the link",
        )
    assert raw(place) == before

    link.unlink()
    link.symlink_to(place.file_of(FRONT).name)  # two names of a file that is still to be written
    with pytest.raises(UsageError):
        divide(place, {"back": "back", "front": "front"})


def test_what_cannot_be_read_is_never_overwritten(place: StorePlace) -> None:
    torn = place.file_of(BACK)
    torn.write_text("{", encoding="ascii")
    before = raw(place)
    calls: list[Callable[[], object]] = [
        lambda: divide(place, {"back": "back"}),
        lambda: unite(place, FRONT, BACK, ROOT),
    ]
    for call in calls:
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.problems == (
            f"{torn} is no complete JSON; remove it, or bring back the file that was there",
        )
    assert raw(place) == before
