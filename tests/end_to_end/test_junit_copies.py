"""``--junitxml`` in a shard: the copy beside its journal, whatever happens to the file or to the place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sharded import Project, Result, functions

SUITE = {"test_a.py": functions("a", "b")}


def run(project: Project, *arguments: str) -> tuple[Result, Path]:
    """One shard that writes ``out.xml``; and where its copy should be."""
    result = project.run(1, 1, f"--junitxml={project.root / 'out.xml'}", *arguments)
    return result, result.recorded.path.with_suffix(".xml")


@pytest.mark.parametrize("arguments", [(), ("-n", "2"), ("-W", "error")], ids=["alone", "xdist", "strict"])
def test_a_copy_lies_beside_the_journal(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    result, copy = run(project, *arguments)
    assert result.code == 0
    assert copy.name == "0-1-of-1-1.xml"
    assert copy.read_bytes() == (project.root / "out.xml").read_bytes()
    assert sorted(path.name for path in copy.parent.iterdir() if path.suffix != ".json") == [
        "0-1-of-1-1.jsonl",
        "0-1-of-1-1.xml",
    ]


def test_the_path_is_read_as_pytest_reads_it(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    result = project.pytest("--shard=1/1", "--junitxml=$PLACE/x/out.xml", env={"PLACE": str(tmp_path / "made")})
    copy = result.recorded.path.with_suffix(".xml")
    assert copy.read_bytes() == (tmp_path / "made" / "x" / "out.xml").read_bytes()


@pytest.mark.parametrize("arguments", [("--junitxml=",), ("-p", "no:junitxml")], ids=["empty", "off"])
def test_without_the_option_there_is_none(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    command = [sys.executable, "-m", "pytest", "-p", "no:cov", "--shard=1/1", *arguments]
    done = subprocess.run(command, cwd=project.root, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0
    assert len(project.journals()) == 1
    assert list(project.home.rglob("*.xml")) == []


BLOCKING = """
import pathlib, pytest

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    for journal in pathlib.Path(session.config.rootpath, ".smartshard").rglob("*.jsonl"):
        journal.with_suffix(".xml").mkdir()
"""


def test_a_copy_that_cannot_be_written_is_said_and_fails_nothing(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, "conftest.py": BLOCKING})
    result, copy = run(project, "-W", "error")
    assert result.code == 0
    (said,) = (line for line in result.section() if str(copy) in line)
    assert said == (
        f"{copy} cannot be written (Is a directory), so merging has no JUnit file of this shard and makes its "
        "test cases from the journal; give it room to write there"
    )


CHANGING = """
import pathlib

def pytest_unconfigure(config):
    path = pathlib.Path(config.option.xmlpath)
    path.write_text(path.read_text().replace("test_a", "changed"))
"""


def test_a_plugin_may_change_the_file_after_the_session(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, "conftest.py": CHANGING})
    _, copy = run(project)
    assert copy.read_bytes() == (project.root / "out.xml").read_bytes()
    assert b"changed" in copy.read_bytes()


FAILING = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish():
    raise RuntimeError("before the file is written")
"""


def test_the_file_of_an_earlier_run_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, "conftest.py": FAILING})
    (project.root / "out.xml").write_text("<testsuites/>")
    result = project.pytest("--shard=1/1", f"--junitxml={project.root / 'out.xml'}")
    assert "RuntimeError: before the file is written" in "\n".join(result.errors)
    assert list(project.home.rglob("*.xml")) == []


FACTS = """
import json, pathlib, sys
import pytest

@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session):
    from pytest_smartshard.session.junit import junit_facts

    name = getattr(session.config, "workerinput", {}).get("workerid", "main")
    pathlib.Path(session.config.rootpath, f"{name}.json").write_text(json.dumps(junit_facts(session.config)))
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), {"family": "xunit2", "suite_name": "pytest", "prefix": "", "duration_report": "total"}),
        (
            (
                *("--junitprefix=ci", "-o", "junit_family=legacy", "-o", "junit_suite_name=nightly"),
                *("-o", "junit_duration_report=call"),
            ),
            {"family": "xunit1", "suite_name": "nightly", "prefix": "ci", "duration_report": "call"},
        ),
    ],
)
def test_what_merging_has_to_know_is_told_by_the_process_that_writes(
    tmp_path: Path, arguments: tuple[str, ...], expected: dict[str, str]
) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, "conftest.py": FACTS})
    run(project, "-n", "1", *arguments)
    found = {path.stem: json.loads(path.read_text()) for path in project.root.glob("*.json")}
    assert found == {"main": expected, "gw0": {}}
