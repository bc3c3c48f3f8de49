"""Options of pytest and its plugins beside ours: what records nothing, what is refused, what is fine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sharded import Project, exactly_once, functions

SUITE = {"test_a.py": functions("one", "two"), "test_b.py": functions("three", body="assert False")}


@pytest.mark.parametrize("option", ["--collect-only", "--setup-plan", "--setup-only"])
def test_what_runs_no_test_selects_and_records_nothing(tmp_path: Path, option: str) -> None:
    project = Project.make(tmp_path / "project", SUITE)

    outputs = [project.run(shard, 2, option, "-q").lines for shard in (1, 2)]

    names = ("one", "two", "three")
    chosen = [name for lines in outputs for name in names if any(f"test_{name}" in line for line in lines)]
    assert sorted(chosen) == sorted(names)
    assert not project.home.exists()


def test_collect_only_with_workers_selects_too(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    result = project.run(1, 2, "--collect-only", "-n", "2")
    assert result.code == 0
    assert result.collected_line.startswith("shard 1/2 of ")
    assert not project.home.exists()


def test_a_debugger_records_nothing(tmp_path: Path) -> None:
    """A person's thinking is no duration."""
    project = Project.make(tmp_path / "project", SUITE)

    result = project.pytest("--shard=1/1", "--pdb", stdin="c\n")

    assert result.code == 1
    assert any("PDB" in line for line in result.lines)
    assert len(result.ran) == 3
    assert result.journal is None
    assert not project.home.exists()


@pytest.mark.parametrize(
    ("given", "named"), [("--lf", "--lf"), ("--last-failed", "--lf"), ("--sw", "--sw"), ("--sw-skip", "--sw")]
)
def test_what_selects_by_a_cache_is_refused(tmp_path: Path, given: str, named: str) -> None:
    project = Project.make(tmp_path / "project", SUITE)

    result = project.run(1, 2, given)

    assert result.code == 4
    assert result.usage_errors == (
        (
            f"{named} with --shard=1/2: it selects by a cache that differs from shard to shard, so tests would "
            f"be lost; leave out {named}, or --shard"
        ),
    )
    assert not project.home.exists()


def test_what_selects_by_a_cache_is_fine_where_there_is_one_shard(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.pytest()
    result = project.run(1, 1, "--lf")
    assert result.names == ("test_b::test_three",)


def test_what_only_reorders_by_a_cache_is_fine(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest()
    results = [project.run(1, 2, "--ff"), project.run(2, 2, "--nf")]
    exactly_once(results, plain)
    first_of_failed = project.run(1, 1, "--ff")
    assert first_of_failed.names[0] == "test_b::test_three"


def test_running_every_test_on_every_worker_is_refused(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    for option in ("--shard=1/2", "--shard-record"):
        result = project.pytest(option, "-n", "2", "--dist=each")
        assert result.code == 4
        assert result.usage_errors == (
            "--dist=each: it runs every test on every worker, and each would be recorded; use --dist=load",
        )
    assert not project.home.exists()


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE, "shard_scope = module")
    store = tmp_path / "folder.json"
    store.mkdir()

    result = project.pytest(
        "--shard=5/4",
        "--shard-packer=best",
        "--shard-env=a/b",
        "--shard-run=",
        f"--shard-store={store}",
        "--shard-report-format=xml",
        "--lf",
        "-n2",
        "--dist=each",
    )

    assert result.code == 4
    assert sorted(result.usage_errors) == sorted(
        [
            "--shard=5/4: shards count from 1 to 4; write --shard=1/4 to --shard=4/4",
            "--shard-packer=best: no such choice; use one of lpt, round-robin, hash, chunks",
            (
                "--shard-env=a/b: not a name; use letters, digits, '.', '_' and '-', beginning with a letter or "
                "digit"
            ),
            "--shard-run=: no value; give one, or leave the option out",
            f"--shard-store={store}: cannot be read (Is a directory); mend it or name another store",
            "--shard-report-format=xml: no such choice; use one of text, markdown, json",
            "--shard-report-format=xml: there is no report; add --shard-report",
            (
                "--lf with --shard=5/4: it selects by a cache that differs from shard to shard, so tests would "
                "be lost; leave out --lf, or --shard"
            ),
            "--dist=each: it runs every test on every worker, and each would be recorded; use --dist=load",
            "shard_scope = module: no such choice; use one of test, class, file",
        ]
    )
    assert result.ran == ()
    assert not project.home.exists()


def test_two_plugins_that_split_are_refused(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    for option in ("--shard=1/4", "--shard-record"):
        result = project.pytest("--splits", "6", "--group", "2", option)
        assert result.code == 4
        assert result.usage_errors == (
            (
                f"--splits=6 --group=2 with {option}: pytest-split drops tests, and what is left would pass for "
                "the whole; leave out --splits and --group: --shard=2/6 says the same"
            ),
        )
    assert not project.home.exists()


def test_pytest_splits_own_durations_do_not_change_between_shards(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    result = project.run(1, 2, "--store-durations")
    assert result.code == 4
    assert result.usage_errors == (
        (
            "--store-durations with --shard=1/2: the next shard on this machine could plan by what it writes, "
            "and tests would be lost; leave out --store-durations: every shard records its own durations"
        ),
    )
    assert project.run(1, 1, "--store-durations").code == 1
    stored = json.loads((project.root / ".test_durations").read_text("ascii"))
    assert len(stored) == 3
