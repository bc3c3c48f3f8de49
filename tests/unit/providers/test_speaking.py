"""What each CI system is told, and that nothing fails where that cannot be done."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_smartshard.model.annotation import Annotation
from pytest_smartshard.providers.speaking import Said, Speech, speak
from pytest_smartshard.providers.table import PROVIDERS

SPEECH = Speech(
    annotations=[Annotation(title="test failed", message="a.py::b", file="a.py")],
    summary="## Red\n",
    path="merged/report.md",
    outputs={"verdict": "red", "exit-code": "1"},
    is_good=False,
)
GITHUB = {"GITHUB_ACTIONS": "true"}
MEND = "let this user write there, or unset it"
NO_SUMMARY = "buildkite-agent annotate: the build page has no summary"

posix = pytest.mark.skipif(sys.platform == "win32", reason="a script with a shebang line is no program there")


def agent(folder: Path, body: str) -> dict[str, str]:
    """The environment of a Buildkite job in which ``buildkite-agent`` is a shell script of that body."""
    program = folder / "buildkite-agent"
    program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    program.chmod(0o755)
    return {"BUILDKITE": "true", "PATH": f"{folder}:/usr/bin:/bin", "OUT": str(folder / "out")}


def test_outside_a_ci_nothing_is_said() -> None:
    assert speak(SPEECH, {}) == Said()


@pytest.mark.parametrize("name", ["GITLAB_CI", "CIRCLECI", "CI"])
def test_some_systems_have_no_ear(name: str) -> None:
    assert speak(SPEECH, {name: "true", "GITHUB_STEP_SUMMARY": "unused"}) == Said()


def test_github_is_told_in_its_log_and_in_two_files(tmp_path: Path) -> None:
    summary, outputs = tmp_path / "summary", tmp_path / "outputs"
    summary.write_text("before\n", encoding="utf-8")
    environ = {**GITHUB, "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs)}
    assert speak(SPEECH, environ) == Said(lines=("::error file=a.py,title=test failed::a.py::b",))
    assert summary.read_bytes() == b"before\n## Red\n"
    assert outputs.read_bytes() == b"verdict=red\nexit-code=1\n"


def test_without_the_variables_github_is_told_in_its_log_only() -> None:
    assert speak(SPEECH, GITHUB).notes == ()


def test_files_that_cannot_be_written_are_noted(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "file"
    environ = {**GITHUB, "GITHUB_STEP_SUMMARY": str(missing), "GITHUB_OUTPUT": "a\0b"}
    said = speak(SPEECH, environ)
    assert len(said.lines) == 1
    assert said.notes == (
        f"GITHUB_STEP_SUMMARY={missing}: cannot be written (No such file or directory); {MEND}",
        f"GITHUB_OUTPUT=a\0b: cannot be written (embedded null byte); {MEND}",
    )


def test_azure_is_told_where_the_summary_lies() -> None:
    said = speak(SPEECH, {"TF_BUILD": "True"})
    assert said.lines == (
        "##vso[task.logissue type=error;sourcepath=a.py;]test failed: a.py::b",
        f"##vso[task.uploadsummary]{Path('merged/report.md').absolute()}",
    )
    assert len(speak(replace(SPEECH, path=""), {"TF_BUILD": "True"}).lines) == 1


def test_teamcity_is_told_of_problems() -> None:
    said = speak(SPEECH, {"TEAMCITY_VERSION": "2025.1"})
    assert said.lines == ("##teamcity[buildProblem description='test failed: a.py::b']",)


def test_a_launcher_within_a_ci_system_does_not_keep_it_from_being_told() -> None:
    assert speak(SPEECH, {"TEST_TOTAL_SHARDS": "2", "TEST_SHARD_INDEX": "0", **GITHUB}).lines


@posix
@pytest.mark.parametrize(("is_good", "style"), [(True, "success"), (False, "error")])
def test_buildkite_gets_the_summary_through_its_agent(tmp_path: Path, is_good: bool, style: str) -> None:
    environ = agent(tmp_path, 'echo "$@" > "$OUT"; cat >> "$OUT"')
    assert speak(replace(SPEECH, is_good=is_good), environ) == Said()
    assert (tmp_path / "out").read_text("utf-8") == (f"annotate --context smartshard --style {style}\n## Red\n")


@posix
def test_an_agent_that_fails_is_noted(tmp_path: Path) -> None:
    said = speak(SPEECH, agent(tmp_path, "cat > /dev/null; echo not allowed >&2; exit 3"))
    assert said.notes == (f"{NO_SUMMARY} (exit code 3: not allowed); see that the agent may annotate",)


@posix
def test_an_agent_that_does_not_read_is_noted_by_its_exit_code_only(tmp_path: Path) -> None:
    said = speak(replace(SPEECH, summary="x" * 1_000_000), agent(tmp_path, "exit 4"))
    assert said.notes == (f"{NO_SUMMARY} (exit code 4); see that the agent may annotate",)


def test_without_an_agent_buildkite_is_told_nothing(tmp_path: Path) -> None:
    assert speak(SPEECH, {"BUILDKITE": "true", "PATH": str(tmp_path)}) == Said()


def test_who_listens_is_data() -> None:
    assert [provider.slug for provider in PROVIDERS if provider.listens] == [
        "buildkite",
        "github",
        "azure",
        "teamcity",
    ]
