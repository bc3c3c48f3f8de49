"""``smartshard doctor``: what it prints, and its exit codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from sharded import Project

from pytest_smartshard.cli.main import main

WORKFLOW = ".github/workflows/tests.yml"
FILES = {
    WORKFLOW: """
        on: push
        jobs:
          "shards\\e":
            strategy:
              matrix: {shard: [1, 2]}
            steps:
              - run: pytest --shard=${{ matrix.shard }}/3
        """,
    "test_a.py": """
        import pytest

        @pytest.mark.parametrize("x", {"a", "b"})
        def test_a(x):
            raise AssertionError("never run")
        """,
}
LACK = (
    f"{WORKFLOW}:7: error: of shards 1 to 3 the jobs lack 3 [shards-incomplete]",
    (
        "    list every number from 1 to N once, with the N that --shard=K/N has "
        "(docs/reference/doctor.md#shards-incomplete)"
    ),
)
STORE = (
    (
        f"{WORKFLOW}:7: warning: job shards\\x1b runs shards and nothing brings .smartshard/durations, "
        "so each run is "
        "split without history [no-store-restored]"
    ),
    (
        "    restore the store before the tests, the same for all shards, as the recipe of this CI does "
        "(docs/reference/doctor.md#no-store-restored)"
    ),
)
MERGE = (
    (
        f"{WORKFLOW}:7: warning: no job runs smartshard merge, so no history forms and lost tests are not "
        "found out [nothing-merged]"
    ),
    (
        "    keep .smartshard/runs of every shard, and run smartshard merge on all of them in a later job "
        "(docs/reference/doctor.md#nothing-merged)"
    ),
)
SET = (
    (
        "test_a.py:3: warning: test_a is parametrised over a set of texts, whose order changes from process to "
        "process, so its parameters stay in one shard and share one duration [unstable-ids]"
    ),
    (
        "    give parametrize a sorted list, and ids that say the same in every process "
        "(docs/reference/doctor.md#unstable-ids)"
    ),
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path / "project", FILES)


def test_findings_errors_first_and_nothing_written(project: Project) -> None:
    before = sorted(project.root.rglob("*"))
    result = project.smartshard("doctor")
    assert (result.code, result.errors) == (1, ())
    assert result.lines == (
        *LACK,
        *STORE,
        *MERGE,
        *SET,
        "1 error, 3 warnings; looked at 1 CI file, the configuration, tests and history",
    )
    assert sorted(project.root.rglob("*")) == before


def test_a_folder_within_the_checkout_will_do(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "sub").mkdir()
    monkeypatch.chdir(project.root.parent)
    assert main(["doctor", "project/sub"]) == 1
    assert capsys.readouterr().out.splitlines()[:2] == list(LACK)


def test_json(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--format=json", str(project.root)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["format"], told["looked_at"], told["left_out"]) == (1, [WORKFLOW], [])
    assert [(one["code"], one["severity"], one["path"], one["line"]) for one in told["findings"]] == [
        ("shards-incomplete", "error", WORKFLOW, 7),
        ("no-store-restored", "warning", WORKFLOW, 7),
        ("nothing-merged", "warning", WORKFLOW, 7),
        ("unstable-ids", "warning", "test_a.py", 3),
    ]
    assert told["findings"][0]["page"] == "docs/reference/doctor.md#shards-incomplete"


def test_nothing_to_find(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Project.make(tmp_path / "project", {"test_a.py": "def test_a(): pass\n"})
    assert main(["doctor", str(tmp_path / "project")]) == 0
    said = "nothing found; looked at 0 CI files, the configuration, tests and history\n"
    assert capsys.readouterr().out == said


def test_mistakes_are_told_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--format=xml", str(tmp_path / "none")]) == 4
    assert capsys.readouterr().err.splitlines() == [
        f"smartshard: FOLDER={tmp_path / 'none'}: is no folder; name a checkout",
        "smartshard: --format=xml: no such choice; use one of text, json",
    ]


def test_without_yaml_it_does_the_rest_and_does_not_pass(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert main(["doctor", str(project.root)]) == 4
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        *SET,
        "1 warning; looked at 0 CI files, the configuration, tests and history",
    ]
    assert said.err == (
        f"smartshard: {WORKFLOW}: not looked at, because reading YAML needs PyYAML; "
        "run pip install 'pytest-smartshard[ci]'\n"
    )


def test_without_yaml_and_ci_files_nothing_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert main(["doctor", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""
