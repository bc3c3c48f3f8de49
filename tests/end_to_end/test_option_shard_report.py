"""``--shard-report`` and ``--shard-report-format``: alone about the last run, or at the end of this one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sharded import ENVIRONMENT, SEGMENT, Project, functions

SUITE = {"test_a.py": functions("a", "b"), "test_b.py": functions("c", body="assert False")}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with two runs of two shards, the second of which had history."""
    project = Project.make(tmp_path_factory.mktemp("report") / "project", SUITE)
    for number in (1, 2):
        project.run_all(2, f"--shard-run=r{number}")
    return project


def test_alone_it_runs_nothing_and_tells_of_the_last_run(finished: Project) -> None:
    before = sorted(finished.home.rglob("*"))

    result = finished.pytest("--shard-report")

    assert (result.code, result.ran, result.errors) == (0, (), ())
    assert result.lines[0] == f"Run r2, segment {SEGMENT}"
    assert re.fullmatch(r"3 tests in 2 shards, 1 failed; 0\.\d\d s of tests in all\.", result.lines[1])
    assert result.lines[3].split() == ["Shard", "Tests", "Failed", "Predicted", "Actual"]
    assert any(line.startswith("100 % of the predicted time rested on history") for line in result.lines)
    assert "Worst mispredictions:" in result.lines
    assert "With another number of shards, packed by this run's own durations:" in result.lines
    assert sorted(finished.home.rglob("*")) == before


def test_as_markdown_it_is_nothing_but_the_report(finished: Project) -> None:
    result = finished.pytest("--shard-report", "--shard-report-format=markdown")
    assert result.lines[0] == f"### Run `r2`, segment `{SEGMENT}`"
    assert "| Shard | Tests | Failed | Predicted | Actual | Time |" in result.lines


def test_as_json_it_is_one_document(finished: Project) -> None:
    result = finished.pytest("--shard-report", "--shard-report-format=json")
    document = json.loads("\n".join(result.lines))
    assert document["format"] == "smartshard-report"
    (segment,) = document["segments"]
    assert (segment["run"], segment["suite"], segment["environment"]) == ("r2", "root", ENVIRONMENT)
    assert (segment["tests"], segment["failed"], segment["missing"]) == (3, 1, [])
    assert [shard["finished"] for shard in segment["shards"]] == [True, True]


def test_with_a_shard_the_run_comes_first(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    result = project.run(1, 2, "--shard-run=r3", "--shard-report")
    assert result.ran
    first = result.lines.index(f"Run r3, segment {SEGMENT}")
    assert first > result.lines.index(result.collected_line)
    assert "Missing: 2 (1 of 2 shards without a finished journal). The figures count only what was recorded." in (
        result.lines
    )
    assert not any("With another number of shards" in line for line in result.lines)


def test_without_a_run_there_is_nothing_to_report(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    result = project.pytest("--shard-report")
    assert result.code == 4
    assert result.usage_errors == (
        f"--shard-report: no run is recorded in {project.home}; run with --shard=K/N or --shard-record first",
    )
    assert not project.home.exists()


@pytest.mark.parametrize("other", ["--shard=auto", "--shard-record"])
def test_it_is_alone_only_where_nothing_else_is_asked_for(tmp_path: Path, other: str) -> None:
    """``--shard=auto --shard-report`` may live in addopts: outside a CI it must not be green without running."""
    project = Project.make(tmp_path / "project", SUITE)
    result = project.pytest(other, "--shard-report")
    assert (result.code, len(result.ran)) == (1, 3)
    is_recorded = other == "--shard-record"
    assert any(line.startswith("Run local-") for line in result.lines) == is_recorded
    nothing = "smartshard: --shard-report: nothing is recorded, so there is nothing to report"
    assert (nothing in result.lines) == (not is_recorded)


def test_with_shard_off_it_is_alone(finished: Project) -> None:
    result = finished.pytest("--shard=off", "--shard-report")
    assert (result.code, result.ran, result.lines[0]) == (0, (), f"Run r2, segment {SEGMENT}")


def test_a_format_that_does_not_exist_or_has_no_report_is_a_usage_error(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    assert project.pytest("--shard-report", "--shard-report-format=xml").usage_errors == (
        "--shard-report-format=xml: no such choice; use one of text, markdown, json",
    )
    assert project.run(1, 2, "--shard-report-format=json").usage_errors == (
        "--shard-report-format=json: there is no report; add --shard-report",
    )


def test_a_torn_journal_and_a_foreign_one_do_not_keep_the_report_from_being_made(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    journal = project.run(1, 1).recorded.path
    journal.write_bytes(journal.read_bytes()[:-30])
    journal.with_name("0-2-of-2-1.jsonl").write_text('{"kind": "something"}\n', encoding="ascii")
    result = project.pytest("--shard-report")
    assert result.code == 0
    assert "Missing: 1 (1 of 1 shard without a finished journal). The figures count only what was recorded." in (
        result.lines
    )
