"""A checkout that lies elsewhere next time finds all its history."""

from __future__ import annotations

from pathlib import Path

from sharded import Project, exactly_once, functions

SUITE = {"test_a.py": functions("a", "b"), "folder/test_b.py": functions("c", "d")}


def test_history_is_found_after_the_root_folder_was_renamed(tmp_path: Path) -> None:
    first = Project.make(tmp_path / "first", SUITE)
    first.pytest("--shard-record")
    second = Project(first.root.rename(tmp_path / "second"))

    result = second.run(1, 1)

    exactly_once([result], second.pytest())
    assert "100 % of the time from history" in result.collected_line


def test_history_of_a_moved_file_goes_with_it(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.pytest("--shard-record")
    (project.root / "folder" / "test_b.py").rename(project.root / "test_b.py")
    assert "100 % of the time from history" in project.run(1, 1).collected_line


def test_a_store_that_knows_less_than_half_of_the_suite_says_so_loudly(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.pytest("--shard-record")
    (project.root / "test_a.py").rename(project.root / "test_x.py")
    (project.root / "folder" / "test_b.py").rename(project.root / "test_y.py")

    result = project.run(1, 1)

    loud = (
        f"smartshard: WARNING: {project.store_path.name} knows only 0 of 4 tests (0 %), so the plan is mostly a "
        "guess; check that it is this suite's store and that the root folder has not moved"
    )
    assert loud in result.lines[: result.lines.index(result.collected_line) + 2]
    assert result.section()[0] == loud


def test_a_new_file_alone_is_no_reason_to_doubt_the_store(tmp_path: Path) -> None:
    """Its shard knows hardly a test of what it collects, and of the suite nearly all."""
    project = Project.make(tmp_path / "project", SUITE)
    project.write({"test_long.py": functions("long", body="__import__('time').sleep(0.5)")})
    project.pytest("--shard-record")
    project.write({"test_new.py": functions(*"abcdefgh")})
    results = project.run_all(2)
    assert sum(len(result.ran) for result in results) == 4 + 1 + 8
    assert not any("knows only" in line for result in results for line in result.lines)
