"""A job that is run again: the same tests where its run folder came back, and said aloud where it did not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sharded import SEGMENT, Project, exactly_once, functions

NAMES = [f"n{number}" for number in range(6)]
SUITE = {"test_a.py": functions(*NAMES), "test_b.py": functions(*NAMES)}


def github(attempt: int) -> dict[str, str]:
    return {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "41", "GITHUB_RUN_ATTEMPT": str(attempt)}


def durations(slow: str) -> dict[str, str]:
    """A history in which one test takes most of the time."""
    tests = {f"test_{file}.py::test_{name}": 1.0 for file in "ab" for name in NAMES}
    return {".test_durations": json.dumps({**tests, slow: 20.0})}


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_with_its_run_folder_restored_it_runs_the_same_tests_whatever_the_store_says(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, **durations("test_a.py::test_n0")})
    first = project.run(1, 2, *arguments, env=github(1))
    project.write(durations("test_b.py::test_n5"))

    again = project.run(1, 2, *arguments, env=github(2))

    assert sorted(again.ran) == sorted(first.ran)
    digest = first.recorded.header["digest"]
    folder = project.home / "runs" / "github-41" / SEGMENT
    assert again.recorded.path == folder / "0-1-of-2-2.jsonl"
    assert again.recorded.header["digest"] == digest
    plan = folder / f"0-{digest}.plan.json"
    assert f"smartshard: attempt 2 at run github-41: following the earlier plan in {plan}" in again.lines


def test_without_its_run_folder_it_says_so_and_plans_anew(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, **durations("test_a.py::test_n0")})
    first = project.run(1, 2, env=github(1))
    shutil.rmtree(project.home)
    project.write(durations("test_b.py::test_n5"))

    again = project.run(1, 2, env=github(2))

    assert again.ran != first.ran
    assert again.recorded.header["attempt"] == 2
    assert (
        f"smartshard: attempt 2 at run github-41: no plan of an earlier attempt is in {project.home}, so this is "
        "planned anew; restore that folder to run the same tests again"
    ) in again.lines


@pytest.mark.parametrize("content", [b"", b"[" * 100_000, b'{"kind": "smartshard-plan", "format": 99}'])
def test_a_plan_that_cannot_be_read_is_named_and_planned_anew(tmp_path: Path, content: bytes) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    first = project.run(1, 2, env=github(1))
    plan = first.recorded.path.with_name(first.recorded.header["plan"])
    plan.write_bytes(content)

    again = project.run(1, 2, env=github(2))

    assert again.code == 0
    assert again.ran == first.ran
    assert (
        f"smartshard: attempt 2 at run github-41: the earlier plan in {plan} cannot be read, so this is planned "
        "anew"
    ) in again.lines


def test_new_and_vanished_tests_are_run_once_by_shards_that_follow_an_earlier_plan(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, **durations("test_a.py::test_n0")})
    project.run_all(2, env=github(1))
    project.write({"test_a.py": functions("n0", "n1", "new_1", "new_2"), "test_c.py": functions("x", "y", "z")})

    results = project.run_all(2, env=github(2))

    exactly_once(results, project.pytest())


def test_a_whole_run_that_is_repeated_under_one_name_is_complete_each_time(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    for attempt in (1, 2):
        result = project.pytest("--shard-record", env=github(attempt))
        assert result.recorded.header["attempt"] == attempt
        assert result.section()[-1] == f"the run is complete: durations taken into {project.store_path}"
