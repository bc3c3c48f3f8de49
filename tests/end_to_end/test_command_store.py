"""``smartshard store``: real stores of real runs, looked into, put right, and used again."""

from __future__ import annotations

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sharded import ENVIRONMENT, SEGMENT, Project, exactly_once, functions, names_in, read_store
from stored import run_of, write

from pytest_smartshard.model.segment import Segment

SUITE = {
    f"{folder}/test_{folder}_{file}.py": functions("x", "y") for folder in ("back", "front") for file in "ab"
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a complete run in two shards."""
    project = Project.make(tmp_path_factory.mktemp("recorded") / "project", SUITE)
    exactly_once(project.run_all(2), project.pytest())
    return project.home / "durations"


@pytest.fixture
def project(tmp_path: Path, recorded: Path) -> Project:
    project = Project.make(tmp_path / "project", SUITE)
    shutil.copytree(recorded, project.home / "durations")
    return project


def test_show(project: Project) -> None:
    (project.root / "back" / "test_back_a.py").unlink()

    result = project.smartshard("store", "show", folder=project.root / "back")
    assert (result.code, result.errors) == (0, ())
    assert result.lines[0] == SEGMENT
    assert result.lines[1].startswith("  tests       8 of 4 files, ")
    assert result.lines[4].endswith(", just now; complete, every test was in it")
    assert result.lines[5].startswith("  ghosts      2 tests of 1 file that is gone (")
    assert len(result.lines) == 8 + 8 + 8

    result = project.smartshard("store", "show", SEGMENT, "--format=json", "--top=0")
    (segment,) = json.loads("\n".join(result.lines))["segments"]
    assert segment["ghosts"]["gone_files"] == ["back/test_back_a.py"]
    assert segment["file"] == str(project.store_path)
    assert segment["biggest"] == []


def test_show_names_what_it_cannot_read_and_shows_the_rest(project: Project) -> None:
    torn, newer = (project.store_path.with_name(f"{name}@x@all.json") for name in ("root", "zoo"))
    torn.write_text("{", encoding="ascii")
    newer.write_text(json.dumps({**project.store(), "format": 9}), encoding="ascii")

    result = project.smartshard("store", "show", "--top=1")
    assert (result.code, result.lines[0]) == (3, SEGMENT)
    assert result.errors == (
        f"smartshard: {torn} is no complete JSON; remove it, or bring back the file that was there",
        f"smartshard: {newer} has format 9, and this version reads up to 1; upgrade pytest-smartshard",
    )


def test_mistakes_are_told_together(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {})
    none = project.smartshard("store", "show")
    assert (none.code, none.lines) == (4, ())
    assert none.errors == (
        (
            f"smartshard: --store={project.home / 'durations'}: no store is there; name the one to use, or make "
            "it with pytest --shard=1/1 or smartshard merge"
        ),
    )
    several = project.smartshard("store", "show", "--store=", "--top=few", "--format=xml")
    assert (several.code, several.lines) == (4, ())
    assert several.errors == (
        "smartshard: --store=: no value; give one, or leave the option out",
        "smartshard: --top=few: not a whole number from 0 on; write one, such as --top=30",
        "smartshard: --format=xml: no such choice; use one of text, json",
    )
    assert project.smartshard("store").code == 4
    assert not project.home.exists()


def test_pruning_by_files_by_list_and_by_age(project: Project) -> None:
    (project.root / "back" / "test_back_a.py").unlink()
    before = project.store_path.read_bytes()

    dry = project.smartshard("store", "prune", "--dry-run")
    assert (dry.code, dry.errors) == (0, ())
    assert dry.lines[0].startswith(f"{SEGMENT}: would take out 2 tests of 1 file (")
    assert project.store_path.read_bytes() == before

    done = project.smartshard("store", "prune")
    assert done.lines[0] == dry.lines[0].replace("would take out", "took out")
    assert len(project.stored()) == 6
    again = project.smartshard("store", "prune")
    assert again.lines == (f"{SEGMENT}: nothing to take out of 6 tests",)

    collected = project.pytest("--collect-only", "-q", "--deselect=front/test_front_a.py::test_x")
    ids = project.root / "ids.txt"
    ids.write_text("\n".join(collected.lines), encoding="utf-8")
    listed = project.smartshard("store", "prune", "--tests", ids, "--not-seen-for=30")
    assert (listed.code, listed.errors) == (0, ())
    assert listed.lines[0].endswith(", 5 left: front/test_front_a.py::test_x")
    assert len(project.stored()) == 5

    exactly_once(project.run_all(2), project.pytest())


def test_several_at_once_do_not_undo_one_another(project: Project) -> None:
    every = names_in(project.store())
    gone = every[:3]
    lists = []
    for number, name in enumerate(gone):
        lists.append(project.root / f"all-but-{number}.txt")
        lists[-1].write_text("\n".join(set(every) - {name}), encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda ids: project.smartshard("store", "prune", "--tests", ids), lists))
    assert [(result.code, result.errors) for result in results] == [(0, ())] * 3
    assert project.stored() == every[3:]


def test_pruning_in_the_wrong_root_folder_is_refused(project: Project) -> None:
    other = Project.make(project.root.parent / "other", {"test_a.py": functions("x")})
    arguments = ("store", "prune", "--store", project.store_path.parent)
    before = project.store_path.read_bytes()
    result = other.smartshard(*arguments)
    assert (result.code, result.lines) == (4, ())
    assert result.errors == (
        (
            f"smartshard: {SEGMENT}: 8 of 8 tests would go, over half; start it in the root folder of the suite "
            f"(here that is {other.root}), or add --yes"
        ),
    )
    assert project.store_path.read_bytes() == before
    assert other.smartshard(*arguments, "--yes").code == 0
    assert project.stored() == []


def test_of_other_suites_no_file_is_judged(project: Project) -> None:
    write(project.store_path.parent, Segment("lib", "linux-3.12"), run_of({"test_l.py": {"x": 1_000}}))
    result = project.smartshard("store", "prune")
    assert result.lines == (
        f"{SEGMENT}: nothing to take out of 8 tests",
        "lib@linux-3.12@all: left as it is; start it in the root folder of lib",
    )
    assert result.code == 0


def test_a_monorepo_gives_its_parts_root_folders_of_their_own_and_takes_them_back(project: Project) -> None:
    folder = project.store_path.parent
    before = project.store_path.read_bytes()
    back, front = (folder / f"{suite}@{ENVIRONMENT}@all.json" for suite in ("back", "front"))

    result = project.smartshard("store", "split", SEGMENT, "back/=back", "front=front")
    assert (result.code, result.errors) == (0, ())
    assert result.lines == (
        f"{back.stem}: now holds 4 tests of 2 files in {back}",
        f"{front.stem}: now holds 4 tests of 2 files in {front}",
        f"{SEGMENT}: removed, its tests are all elsewhere now",
    )
    assert names_in(read_store(back)) == [f"test_back_{file}.py::test_{test}" for file in "ab" for test in "xy"]
    # A run of the new suite finds its history.
    project.write({"back/pytest.ini": "[pytest]\nshard_store = ../.smartshard/durations\n"})
    first = project.pytest("--shard=1/2", folder=project.root / "back")
    assert re.match(rf"shard 1/2 of {re.escape(back.stem)}: \d tests? in \d of 2 files,", first.collected_line)
    assert "100 % of the time from history" in first.collected_line

    result = project.smartshard(
        *("store", "join", back.stem, front.stem, "--into", SEGMENT),
        *("--prefix", "back=back", "--prefix", "front=front"),
    )
    assert (result.code, result.errors) == (0, ())
    assert result.lines == (
        f"{SEGMENT}: now holds 8 tests of 4 files in {project.store_path}",
        f"{back.stem}: removed, its tests are all elsewhere now",
        f"{front.stem}: removed, its tests are all elsewhere now",
    )
    assert project.store_path.read_bytes() == before


def test_split_and_join_tell_all_mistakes_and_change_nothing(project: Project) -> None:
    before = project.store_path.read_bytes()
    split = project.smartshard("store", "split", "here", "/back=back", f"front={'x' * 3}/y")
    assert (split.code, split.lines) == (4, ())
    assert split.errors[:2] == (
        (
            "smartshard: SEGMENT=here: not the name of a segment; write suite@environment@selection, as in the "
            "file names of a store"
        ),
        "smartshard: /back=back: not a folder and a suite; write PATH=SUITE, such as backend=backend",
    )
    assert len(split.errors) == 3
    join = project.smartshard("store", "join", SEGMENT, "--into=x", "--prefix=y=z")
    assert (join.code, join.lines) == (4, ())
    assert join.errors == (
        (
            "smartshard: --into=x: not the name of a segment; write suite@environment@selection, as in the file "
            "names of a store"
        ),
        "smartshard: --prefix=y=z: no segment of that suite is joined; use one of root",
    )
    one = project.smartshard("store", "split", SEGMENT, "back=back", "--store", project.store_path)
    assert (one.code, one.errors) == (
        4,
        (
            (
                f"smartshard: --store={project.store_path}: one file holds one segment, and split needs several; "
                "name a folder, with this file in it under the name of its segment"
            ),
        ),
    )
    assert [path.name for path in project.store_path.parent.glob("*.json")] == [project.store_path.name]
    assert project.store_path.read_bytes() == before


def test_diff_has_the_exit_codes_of_diff(project: Project, recorded: Path) -> None:
    same = project.smartshard("store", "diff", recorded, project.store_path.parent)
    assert (same.code, same.errors) == (0, ())
    assert same.lines[0].startswith(f"{SEGMENT}: equal, 8 tests, ")

    write(project.root / "one.json", Segment("root", "linux-3.12"), run_of({"test_a.py": {"x": 1_000_000}}))
    other = project.smartshard("store", "diff", project.root / "one.json", project.store_path, "--format=json")
    assert (other.code, other.errors) == (1, ())
    document = json.loads("\n".join(other.lines))
    assert (document["equal"], document["segments"][0]["only_b"]) == (False, 8)

    none = project.smartshard("store", "diff", "none", recorded)
    assert (none.code, none.lines) == (4, ())
    assert none.errors == ("smartshard: A=none: does not exist; name a store: a folder, or one of its files",)
