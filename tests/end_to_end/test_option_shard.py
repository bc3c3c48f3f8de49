"""``--shard=K/N`` and ``--shard=off``, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import SEGMENT, Project, exactly_once, functions

SUITE = {"test_a.py": functions("a", "b"), "test_b.py": functions("c")}

NOT_A_SHARD = "not a shard; write K/N such as --shard=2/6, or --shard=auto, or --shard=off"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("0/4", "shards count from 1 to 4; write --shard=1/4 to --shard=4/4"),
        ("5/4", "shards count from 1 to 4; write --shard=1/4 to --shard=4/4"),
        ("1/0", "a run has at least one shard; write --shard=1/1 for the whole suite"),
        ("a/b", NOT_A_SHARD),
        ("2", NOT_A_SHARD),
        ("-1/4", NOT_A_SHARD),
        ("1/2/3", NOT_A_SHARD),
        ("1/1000000000", NOT_A_SHARD),
        ("/", NOT_A_SHARD),
        ("", NOT_A_SHARD),
    ],
)
def test_what_is_no_shard_is_a_usage_error_before_anything_is_written(
    tmp_path: Path, value: str, reason: str
) -> None:
    project = Project.make(tmp_path / "project", SUITE)

    result = project.pytest(f"--shard={value}")

    assert result.code == 4
    assert result.usage_errors == (f"--shard={value}: {reason}",)
    assert result.ran == ()
    assert not project.home.exists()


def test_a_sharded_run_says_what_it_runs_and_leaves_its_journal_and_plan_behind(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest()

    first, second = project.run_all(2)

    exactly_once([first, second], plain)
    digest = first.recorded.header["digest"]
    assert first.collected_line == (
        f"shard 1/2 of {SEGMENT}: 2 tests in 1 of 2 files, no history yet, plan {digest}"
    )
    (run,) = project.runs()
    assert run.name.startswith("local-")
    assert first.section()[-1] == f"1 of 2 shards of run {run.name} have finished here"
    assert second.section()[-1] == f"the run is complete: durations taken into {project.store_path}"
    assert {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()} == {
        f"{SEGMENT}/0-1-of-2-1.jsonl",
        f"{SEGMENT}/0-1-of-2-1.xml",  # asked for by the bench: a copy of what --junitxml wrote
        f"{SEGMENT}/0-2-of-2-1.jsonl",
        f"{SEGMENT}/0-2-of-2-1.xml",
        f"{SEGMENT}/0-{digest}.plan.json",
        *(f"{SEGMENT}/{shard.recorded.header['inventory']}.tests.json" for shard in (first, second)),
    }
    ignored = (project.home / ".gitignore").read_text("utf-8")
    assert ignored.splitlines()[-1] == "*"
    assert first.recorded.header["options"] == {"shard": "--shard=1/2"}

    again = project.run(1, 2)
    assert "imbalance " in again.collected_line
    assert ", 100 % of the time from history, plan " in again.collected_line


def test_the_last_of_several_shard_options_counts(tmp_path: Path) -> None:
    """So that one in addopts can be overridden on the command line."""
    project = Project.make(tmp_path / "project", SUITE, "addopts = --shard=1/2")
    assert len(project.pytest("--shard=1/1").ran) == 3


def test_off_runs_the_whole_suite_and_leaves_nothing_behind(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE, "addopts = --shard=1/2")

    result = project.pytest("--shard=off")

    assert (result.code, len(result.ran)) == (0, 3)
    assert not any("shard" in line and "plugins:" not in line for line in result.lines)
    assert not project.home.exists()


def test_another_number_of_shards_is_another_run(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.run(1, 2)
    project.run(1, 3)
    assert len(project.runs()) == 2
