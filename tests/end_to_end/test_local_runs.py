"""Without a CI: which shards belong to one run is found out by their plan, under a lock."""

from __future__ import annotations

from pathlib import Path

from sharded import Project, functions

SUITE = {"test_a.py": functions("a", "b"), "test_b.py": functions("c")}


def runs_of(project: Project, *shards: tuple[int, int]) -> list[tuple[str, int]]:
    """Run and attempt of each."""
    headers = [project.run(*shard).recorded.header for shard in shards]
    return [(header["run"], header["attempt"]) for header in headers]


def test_shards_join_the_open_run_and_a_repeated_one_is_its_next_attempt(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    (run, *_), *rest = runs_of(project, (1, 2), (1, 2), (2, 2))
    assert rest == [(run, 2), (run, 1)]


def test_a_complete_run_is_closed_and_the_next_shard_opens_another(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    (first, _), (same, _), (other, attempt) = runs_of(project, (1, 2), (2, 2), (1, 2))
    assert first == same != other
    assert attempt == 1


def test_a_changed_suite_opens_another_run(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    ((first, _),) = runs_of(project, (1, 2))
    project.write({"test_c.py": functions("new")})
    ((second, _),) = runs_of(project, (2, 2))
    assert first != second


def test_a_shard_that_stopped_early_keeps_its_run_open(tmp_path: Path) -> None:
    failing = functions("a", "b", body="assert False")
    project = Project.make(tmp_path / "project", {"test_a.py": failing, "test_b.py": failing})
    stopped, other = project.run(1, 2, "-x"), project.run(2, 2)
    assert stopped.recorded.footer is not None
    assert stopped.recorded.footer["reason"] == "stopping after 1 failures"
    run = stopped.recorded.header["run"]
    assert other.section()[-1] == f"1 of 2 shards of run {run} have finished here"

    again = project.run(1, 2)

    assert (again.recorded.header["run"], again.recorded.header["attempt"]) == (run, 2)
    assert again.section()[-1] == f"the run is complete: durations taken into {project.store_path}"


def test_a_failure_in_the_last_test_under_x_leaves_nothing_out(tmp_path: Path) -> None:
    """pytest says that it stopped, but there was nothing left to stop."""
    project = Project.make(tmp_path / "project", {"test_a.py": functions("a", body="assert False")})
    result = project.run(1, 1, "-x")
    assert result.recorded.footer is not None
    assert result.recorded.footer["reason"] == ""
    assert result.section()[-1] == f"the run is complete: durations taken into {project.store_path}"
