"""``--shard-run=ID``: one name for what belongs together."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sharded import Project, functions

SUITE = {"test_a.py": functions("a", "b")}


def test_the_name_is_that_of_the_folder_and_stands_above_the_cis(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    ci = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "17"}

    by_ci = project.run(1, 2, env=ci)
    by_variable = project.run(1, 2, env={**ci, "SMARTSHARD_RUN": "from-variable"})
    by_flag = project.run(1, 2, "--shard-run=nightly.3", env={**ci, "SMARTSHARD_RUN": "from-variable"})

    assert [result.recorded.header["run"] for result in (by_ci, by_variable, by_flag)] == [
        "github-17",
        "from-variable",
        "nightly.3",
    ]
    assert [run.name for run in project.runs()] == ["from-variable", "github-17", "nightly.3"]


@pytest.mark.parametrize("name", ["../../outside", "a b/c", "..", "ünï"])
def test_a_name_never_leads_out_of_the_folder_of_runs(tmp_path: Path, name: str) -> None:
    project = Project.make(tmp_path / "project", SUITE)

    result = project.run(1, 2, f"--shard-run={name}")

    (run,) = project.runs()
    assert run.name.endswith(hashlib.sha256(name.encode()).hexdigest()[:8])
    assert result.recorded.path.parent.parent == run
    assert result.recorded.header["run"] == run.name
    assert result.section()[-1] == f"1 of 2 shards of run {run.name} have finished here"


def test_an_empty_name_is_an_error_and_no_guess(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    result = project.run(1, 2, "--shard-run=")
    assert result.code == 4
    assert result.usage_errors == ("--shard-run=: no value; give one, or leave the option out",)
