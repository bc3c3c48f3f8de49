"""A shard that is run again collects as the others did."""

from __future__ import annotations

from pathlib import Path

from sharded import Project, exactly_once, functions

CI = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1"}
SLOW = "import time; time.sleep(0.05)"
AGAIN = {**CI, "GITHUB_RUN_ATTEMPT": "2"}


def test_where_the_others_had_to_collect_everything(tmp_path: Path) -> None:
    """Without history and with fewer files than shards tests are divided, not files."""
    project = Project.make(tmp_path / "project", {"test_a.py": functions("a", "b", "c", "d", "e", "f")})
    plain = project.pytest()
    first = [project.run(shard, 2, env=CI) for shard in (1, 2)]
    exactly_once(first, plain)
    assert [result.recorded.header.get("pruned") for result in first] == [None, None]
    again = project.run(2, 2, env=AGAIN)
    assert again.recorded.header.get("pruned") is None
    assert again.names == first[1].names
    merged = project.smartshard("merge", ".smartshard/runs")
    assert merged.code == 0, merged.lines


def test_where_they_collected_their_own(tmp_path: Path) -> None:
    files = {f"test_{name}.py": functions("a", "b", name) for name in "xyz"}
    project = Project.make(tmp_path / "project", files)
    plain = project.pytest()
    first = [project.run(shard, 2, env=CI) for shard in (1, 2)]
    exactly_once(first, plain)
    project.smartshard("merge", ".smartshard/runs")  # The store knows more now than when the plan was made.
    again = project.run(2, 2, env=AGAIN)
    assert again.recorded.header["pruned"] is True
    assert again.names == first[1].names
    merged = project.smartshard("merge", ".smartshard/runs")
    assert merged.code == 0, merged.lines


def test_where_a_new_file_was_collected_by_all(tmp_path: Path) -> None:
    """Once it is in the plan, its owners alone collect it."""
    files = {f"test_{name}.py": functions("a", "b", name, body=SLOW) for name in "xyz"}
    project = Project.make(tmp_path / "project", files)
    project.run_all(2)
    project.write({"test_new.py": functions(*"abcdefgh", body=SLOW)})
    plain = project.pytest()
    first = [project.run(shard, 2, env=CI) for shard in (1, 2)]
    exactly_once(first, plain)
    assert all(any("test_new" in name for name in result.names) for result in first)  # divided like known ones
    again = project.run(2, 2, env=AGAIN)
    assert again.names == first[1].names
    merged = project.smartshard("merge", ".smartshard/runs", "--run=github-7")
    assert merged.code == 0, merged.lines
