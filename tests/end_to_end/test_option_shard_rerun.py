"""``--shard-rerun``: what a run left, and nothing else, as the next generation of the same run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sharded import ENVIRONMENT, FAILED_ONLY_PRUNED, SEGMENT, Journal, Project, Result, functions

NAMES = [f"n{number}" for number in range(6)]
DEADLY = """
    import os

    import pytest


    @pytest.mark.parametrize("number", range(6))
    def test_p(number):
        if number == 3 and "DIE" in os.environ:
            os.kill(os.getpid(), 9)


    def test_weak():
        assert "FAIL" not in os.environ
    """
SUITE = {"test_a.py": functions(*NAMES), "test_b.py": DEADLY}
TESTS = (
    {f"test_a::test_{name}" for name in NAMES}
    | {f"test_b::test_p[{n}]" for n in range(6)}
    | {"test_b::test_weak"}
)
DEATH = {"DIE": "yes"}

needs_kill = pytest.mark.skipif(ENVIRONMENT.startswith("windows"), reason="Windows has no SIGKILL")


def ended(result: Result) -> set[str]:
    """Names of the tests that the shard's journal has to the end."""
    return {test.name for test in result.recorded.ran}


def merged(project: Project, *paths: Path) -> Result:
    return project.smartshard("merge", *(paths or [project.home / "runs"]))


@needs_kill
@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_what_a_killed_shard_left_is_run_and_the_whole_is_proved(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    first = project.run(1, 2, env=DEATH)
    second = project.run(2, 2, env=DEATH)
    killed = {result.code for result in (first, second)}
    assert -9 in killed
    done = ended(first) | ended(second)
    assert merged(project).code == 3

    rest = project.pytest(f"--shard-rerun={project.home / 'runs'}", *arguments)

    assert rest.code == 0
    assert set(rest.names) == TESTS - done
    header = rest.recorded.header
    assert (header["run"], header["generation"], header["attempt"]) == (first.recorded.header["run"], 1, 1)
    assert (header["shard"], header["shards"], header["selected"]) == (1, 1, len(TESTS - done))
    runs = project.home / "runs"
    assert (
        f"smartshard: generation 1 of run {header['run']}: what {runs} shows as done is not run again"
    ) in rest.lines
    proved = "13 tests ran exactly once in 2 shards, then what was left in 1 shard"
    assert rest.section()[-2:] == (
        f"proved: {proved}",
        f"the run is complete: durations taken into {project.store_path}",
    )
    result = merged(project)
    assert (result.code, result.lines[-1]) == (0, f"{SEGMENT}: proved: {proved}")
    assert {f"{name.replace('.py', '')}" for name in project.stored()} == TESTS


def test_a_killed_test_is_named_with_its_shard(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"test_b.py": DEADLY})
    killed = project.run(1, 1, env=DEATH)
    assert killed.code == -9
    result = merged(project)
    assert result.code == 3
    assert result.lines == (
        f"{SEGMENT}: 1 journal read, {project.store_path} now knows 3 tests",
        f"{SEGMENT}: NOT PROVED: 4 of 7 tests did not run to the end",
        f"{SEGMENT}: shard 1/1 died in attempt 1 while it ran test_b.py::test_p[3]: its journal has no end",
        f"{SEGMENT}: 1 test started and not finished, by shard 1/1: test_b.py::test_p[3]",
        (
            f"{SEGMENT}: 3 tests assigned and not run, by shard 1/1: test_b.py::test_p[4], test_b.py::test_p[5], "
            "test_b.py::test_weak"
        ),
        f"run what is left with pytest --shard-rerun={project.home / 'runs'}",
    )


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("all", {"test_b::test_weak", "test_c::test_new"}),
        ("unfinished", {"test_c::test_new"}),
        ("failed", {"test_b::test_weak"}),
    ],
)
def test_what_failed_and_what_is_new_is_run_as_the_ini_file_says(
    tmp_path: Path, mode: str, expected: set[str]
) -> None:
    project = Project.make(tmp_path / "project", SUITE, ini=f"shard_rerun = {mode}")
    project.run_all(2, env={"FAIL": "yes"})
    project.write({"test_c.py": functions("new")})
    rest = project.pytest(f"--shard-rerun={project.home / 'runs'}")
    assert (rest.code, set(rest.names)) == (0, expected)
    codes = {"all": 0, "unfinished": 1, "failed": 3}
    assert merged(project).code == codes[mode]


def test_the_rest_is_divided_over_shards_that_join_one_generation(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    first = project.run(1, 3)
    runs = f"--shard-rerun={project.home / 'runs'}"
    rest = [project.run(number, 2, runs) for number in (1, 2)]
    assert [result.recorded.header["generation"] for result in rest] == [1, 1]
    assert sorted([*rest[0].names, *rest[1].names]) == sorted(TESTS - ended(first))
    assert rest[1].section()[-2] == (
        "proved: 13 tests ran exactly once in 3 shards, then what was left in 2 shards"
    )
    again = project.pytest(runs)
    assert again.code == 0
    assert "shard 1/1 is empty: nothing is left for it to run" in again.lines
    assert again.recorded.header["generation"] == 2
    assert merged(project).code == 0


def test_artifacts_of_another_machine_are_enough(tmp_path: Path) -> None:
    there = Project.make(tmp_path / "there" / "project", SUITE)
    first = there.run(2, 2, env={"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "7"})
    artifacts = tmp_path / "artifacts"
    shutil.make_archive(str(artifacts / "shard-2"), "zip", there.home / "runs")
    project = Project.make(tmp_path / "project", SUITE)
    rest = project.pytest(
        f"--shard-rerun={artifacts}",
        env={"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "8", "GITHUB_RUN_ATTEMPT": "2"},
    )
    assert set(rest.names) == TESTS - ended(first)
    header = rest.recorded.header
    assert (header["run"], header["generation"], header["attempt"]) == ("github-7", 1, 2)
    assert rest.section()[-2] == "proved: 13 tests ran exactly once in 2 shards, then what was left in 1 shard"
    assert merged(project, artifacts, project.home / "runs").code == 0


@pytest.mark.parametrize("prune", ["on", "off"])
def test_what_was_repeated_counts_as_it_ended_last(tmp_path: Path, prune: str) -> None:
    project = Project.make(tmp_path / "project", SUITE, ini=f"shard_prune = {prune}")
    project.run_all(2, "--shard-run=r", env={"FAIL": "yes"})
    result = merged(project)
    assert (result.code, result.lines[-1]) == (
        1,
        f"{SEGMENT}: proved: 13 tests ran exactly once in 2 shards, 1 failed",
    )
    project.pytest(f"--shard-rerun={project.home / 'runs'}")
    result = merged(project)
    proved = "proved: 13 tests ran exactly once in 2 shards, then what was left in 1 shard, 1 flaky"
    # Why it failed nobody knows; that all files were imported when it passed is only said.
    noted = (f"test_b.py{FAILED_ONLY_PRUNED}",) if prune == "on" else ()
    assert (result.code, result.lines[1:]) == (0, tuple(f"{SEGMENT}: {line}" for line in (proved, *noted)))


def test_a_run_is_named_as_it_was_when_it_ran(tmp_path: Path) -> None:
    """Also with characters that no file name has."""
    project = Project.make(tmp_path / "project", {"test_a.py": functions(*NAMES)})
    named = "--shard-run=build 7/x"
    project.run(1, 2, named)
    rest = project.pytest(f"--shard-rerun={project.home / 'runs'}", named)
    assert (rest.code, rest.recorded.header["generation"]) == (0, 1)
    assert project.smartshard("merge", "--run=build 7/x", project.home / "runs").code == 0
    unknown = project.smartshard("merge", "--run=q", project.home / "runs")
    there = rest.recorded.header["run"]
    assert unknown.errors == (f"smartshard: --run=q: no journal of that run is there; there are {there}",)


def test_mistakes_are_told_together_and_nothing_runs(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE, ini="shard_rerun = some")
    refused = project.pytest("--shard-rerun=nowhere", "--shard=1/2", "--shard-plan=x.json")
    assert (refused.code, refused.ran) == (4, ())
    assert refused.usage_errors == (
        "shard_rerun = some: no such choice; use one of all, unfinished, failed",
        "--shard-rerun=nowhere: does not exist; name the folder of a run, or one with its artifacts",
        "--shard-plan=x.json with --shard-rerun=nowhere: that plan is for a whole run; leave one of them out",
        (
            "--shard-plan=x.json: cannot be read (No such file or directory); write one with --shard-plan-out or "
            "smartshard plan"
        ),
    )


def test_a_folder_without_the_run_is_refused(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    (project.root / "empty").mkdir()
    refused = project.pytest("--shard-rerun=empty")
    assert refused.code == 4
    assert refused.usage_errors == (
        "--shard-rerun=empty: no journal of a shard is there; name the folder of a run",
    )
    project.run(1, 2, "--shard-run=r")
    other = project.pytest(f"--shard-rerun={project.home}", "--shard-env=other")
    assert other.usage_errors == (
        (
            f"--shard-rerun={project.home}: run r has nothing of root@other@all; there is {SEGMENT}: run it with "
            "the same arguments, or name the environment with --shard-env"
        ),
    )
    unknown = project.pytest(f"--shard-rerun={project.home}", "--shard-run=q")
    assert unknown.usage_errors == ("--shard-run=q: no journal of that run is there; there are r",)


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    journal: Journal = project.run(1, 2).recorded
    text = journal.path.read_text("ascii").replace('"format":3', '"format":9', 1)
    journal.path.write_text(text, "ascii")
    refused = project.pytest(f"--shard-rerun={project.home}")
    assert refused.usage_errors == (
        (
            f"--shard-rerun={project.home}: {journal.path} has format 9, and this version reads up to 3; upgrade "
            "pytest-smartshard"
        ),
    )
