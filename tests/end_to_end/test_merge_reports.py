"""What ``smartshard merge`` leaves behind: two reports, and what the CI system is told."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sharded import GIVE_ALL, SEGMENT, Project, functions

SUITE = {
    "tests/test_a.py": """
        import os

        import pytest

        ODD = "<b>`|::error::x ##vso[task.complete]"

        @pytest.mark.parametrize("value", [ODD], ids=str)
        def test_fails(value):
            print("::error::from a test")
            assert value == 1, "no " + value

        def test_flaky():
            assert os.environ["GITHUB_RUN_ATTEMPT"] == "2"
    """,
    "tests/test_b.py": functions("n1", "n2"),
    "tests/test_c.py": functions("n1", "n2"),
}
ODD = "tests/test_a.py::test_fails[<b>`|::error::x ##vso[task.complete]]"
IN_LOG = ODD.replace("##", "#\\x23")
FLAKY = "tests/test_a.py::test_flaky"
RUN = "github-41"
REASON = "AssertionError: no <b>`|::error::x ##vso[task.complete]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """What the jobs left in ``runs``, and what is to be said of the shard that is missing.

    ``lost`` are the names that are known, ``told`` what stands of each in an annotation.
    """

    runs: Path
    missing: str
    assigned: str
    lost: tuple[str, ...]
    told: tuple[tuple[str, str], ...]

    @property
    def head(self) -> str:
        return f"{SEGMENT}: NOT PROVED: {self.missing} did not run to the end"

    @property
    def line(self) -> str:
        return f"{SEGMENT}: {self.assigned} assigned and not run, by shard 3/3: {', '.join(self.lost)}"


def jobs_pruned(runs: Path) -> Jobs:
    """Nobody but the shard that never came knows what is in its file."""
    file = "tests/test_c.py"
    unknown = "1 file (its tests are not known)"
    told = f"{file} assigned and not run by shard 3/3 (its tests are not known)"
    return Jobs(runs=runs, missing=unknown, assigned=unknown, lost=(file,), told=(("file lost", told),))


def jobs_unpruned(runs: Path) -> Jobs:
    lost = ("tests/test_c.py::test_n1", "tests/test_c.py::test_n2")
    told = tuple(("test lost", f"{test} assigned and not run by shard 3/3") for test in lost)
    return Jobs(runs=runs, missing="2 of 6 tests", assigned="2 tests", lost=lost, told=told)


def github(attempt: int = 2, **more: str) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_RUN_ID": "41",
        "GITHUB_RUN_ATTEMPT": str(attempt),
        **more,
    }


@pytest.fixture(scope="module", params=["on", "off"])
def jobs(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Jobs:
    """Of three jobs one never came; the first failed, was run again and still failed, the second was green."""
    ini = f"shard_prune = {request.param}"
    project = Project.make(tmp_path_factory.mktemp("jobs") / "project", SUITE, ini)
    codes = [project.run(number, 3, env=github(attempt)).code for number, attempt in [(1, 1), (2, 1), (1, 2)]]
    assert codes == [1, 0, 1]
    runs = project.home / "runs"
    return jobs_pruned(runs) if request.param == "on" else jobs_unpruned(runs)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The checkout of the job that merges."""
    return Project.make(tmp_path / "project", SUITE)


def report_of(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "report.json").read_text("ascii"))
    return document


def without_figures(page: str) -> str:
    """Seconds, imbalance and bars differ from run to run."""
    return re.sub(r"\d+\.\d\d(?= s)|(?<=imbalance )\d+\.\d\d|`[^`]*[│░█][^`]*`", "#", page)


def test_github_is_told_by_annotations_a_summary_and_results(project: Project, jobs: Jobs) -> None:
    summary, results = project.root / "summary.md", project.root / "results"
    env = github(GITHUB_STEP_SUMMARY=str(summary), GITHUB_OUTPUT=str(results))

    result = project.smartshard("merge", jobs.runs, env=env)

    assert (result.code, result.errors) == (3, ())
    assert result.lines == (
        f"{SEGMENT}: 3 journals read, {project.store_path} now knows 4 tests",
        jobs.head,
        f"{SEGMENT}: run {RUN} lacks shard 3 of 3{GIVE_ALL}",
        jobs.line,
        f"run what is left with pytest --shard-rerun={jobs.runs}",
        f"::error title=unproved::{jobs.head}",
        f"::error file=tests/test_a.py,title=test failed::{ODD} in shard 1/3: {REASON}",
        *(f"::error file=tests/test_c.py,title={title}::{text}" for title, text in jobs.told),
    )
    assert results.read_text("utf-8") == "verdict=unproved\nexit-code=3\n"
    assert summary.read_text("utf-8") == (project.home / "merged" / "report.md").read_text("utf-8")
    assert (project.home / ".gitignore").is_file()

    quiet = project.smartshard("merge", "--quiet", jobs.runs, env=github())
    assert quiet.lines == result.lines[1:]


def test_the_page_tells_all_of_it(project: Project, jobs: Jobs) -> None:
    project.smartshard("merge", "--out", project.root / "reports", jobs.runs)
    page = (project.root / "reports" / "report.md").read_text("utf-8")
    escaped = "&lt;b&gt;`|::error::x &#35;#vso[task.complete]"
    slug = SEGMENT.replace("@", "@<!-- -->")
    assert without_figures(page).startswith(
        f"""\
## ❌ Not proved: run `{RUN}`

- {slug}: NOT PROVED: {jobs.missing} did not run to the end
- {slug}: run {RUN} lacks shard 3 of 3{GIVE_ALL}
- {slug}: {jobs.assigned} assigned and not run, by shard 3/3: {", ".join(jobs.lost)}
- run what is left with pytest --shard-rerun={jobs.runs}

### 1 failed test

<details>
<summary><code>tests/test_a.py::test_fails[{escaped}]</code> failed in shard 1/3, attempt 2<br>\
<code>AssertionError: no {escaped}</code></summary>

<pre>value = '{escaped}'
"""
    )
    assert "\n&#58;:error::from a test\n" in page
    assert f"""
### 1 flaky test

| Shard | Outcomes | Test |
| ---: | ---: | :--- |
| 1/3 | failed in attempt 1, then passed | `{FLAKY}` |

### Run `{RUN}`, segment `{SEGMENT}`

4 tests in 3 shards, 1 failed; # s of tests in all.
""" in without_figures(page)
    assert page.endswith("\n#### What changed in the store\n\n4 tests added; 4 tests in all.\n")
    assert not project.home.joinpath("merged").exists()


def test_the_document_names_all_of_it(project: Project, jobs: Jobs) -> None:
    project.smartshard("merge", jobs.runs)
    report = report_of(project.home / "merged")
    assert [report[key] for key in ("format", "version", "run", "verdict", "exit_code")] == [
        "smartshard-merge",
        1,
        RUN,
        "unproved",
        3,
    ]
    assert report["written"] == {
        "report_json": str(project.home / "merged" / "report.json"),
        "report_markdown": str(project.home / "merged" / "report.md"),
    }
    (segment,) = report["segments"]
    assert [lost["test"] for lost in segment["lost"]] == list(jobs.lost)
    assert {lost["how"] for lost in segment["lost"]} == {"assigned and not run"}
    assert {lost["whole_file"] for lost in segment["lost"]} == {"::" not in test for test in jobs.lost}
    (failure,) = segment["failures"]
    assert (failure["test"], failure["outcome"], failure["shard"], failure["attempt"]) == (ODD, "failed", 1, 2)
    assert "--- Captured stdout call ---\n::error::from a test\n" in failure["details"]
    (flaky,) = segment["flaky"]
    assert (flaky["test"], flaky["outcome"]) == (FLAKY, "passed")
    assert flaky["earlier"] == [{"generation": 0, "attempt": 1, "outcome": "failed"}]
    assert segment["generations"][0]["missing"] == [3]
    (figures,) = segment["figures"]
    assert [shard["tests"] for shard in figures["shards"]] == [2, 2, 0]
    assert (segment["store"]["added"], segment["store"]["tests"]) == (4, 4)


def test_no_line_of_the_log_is_a_command_by_the_name_of_a_test(project: Project, tmp_path: Path) -> None:
    """Nor by that of a file: neither GitHub nor Azure is given anything to run, whatever system this is."""
    suite = {"test_a.py": SUITE["tests/test_a.py"].replace("print(", "os._exit(1) or print(")}
    machine = Project.make(tmp_path / "machine", suite)
    machine.run(1, 1, env=github(1))
    home = machine.home / "runs"
    (home / "##vso[task.complete].jsonl").write_text("{}", encoding="ascii")
    result = project.smartshard("merge", home.relative_to(tmp_path), folder=tmp_path)
    assert result.code == 3
    assert not any(line.lstrip().startswith("::") or "##vso[" in line for line in result.lines)
    shown = IN_LOG.removeprefix("tests/")
    assert any(f"while it ran {shown}" in line for line in result.lines)
    assert (
        "machine/.smartshard/runs/#\\x23vso[task.complete].jsonl has no journal header: left out" in result.lines
    )


def test_nor_is_a_complaint_a_command(project: Project) -> None:
    result = project.smartshard("merge", "##vso[task.complete]\n::error::x")
    (error,) = result.errors
    assert error == (
        r"smartshard: PATH=#\x23vso[task.complete]\n::error::x"
        ": does not exist; name a folder of artifacts or a journal"
    )


def test_a_green_run_has_a_summary_and_no_annotation(project: Project, tmp_path: Path) -> None:
    machine = Project.make(tmp_path / "machine", {"test_a.py": functions("n1")})
    machine.run(1, 1, env=github(1))
    summary = tmp_path / "summary.md"
    env = github(GITHUB_STEP_SUMMARY=str(summary))
    result = project.smartshard("merge", "--quiet", machine.home / "runs", env=env)
    assert (result.code, result.lines, result.errors) == (0, (), ())
    assert summary.read_text("utf-8").startswith(f"## ✅ Proved and green: run `{RUN}`\n")


def test_azure_is_told_by_logging_commands(project: Project, jobs: Jobs) -> None:
    result = project.smartshard("merge", "--quiet", jobs.runs, env={"TF_BUILD": "True"})
    title, text = jobs.told[-1]
    assert result.lines[-2:] == (
        f"##vso[task.logissue type=error;sourcepath=tests/test_c.py;]{title}: {text}",
        f"##vso[task.uploadsummary]{project.home / 'merged' / 'report.md'}",
    )


def test_check_writes_and_tells_nothing(project: Project, jobs: Jobs) -> None:
    summary = project.root / "summary.md"
    result = project.smartshard("merge", "--check", jobs.runs, env=github(GITHUB_STEP_SUMMARY=str(summary)))
    assert result.code == 3
    assert not any(line.startswith("::") for line in result.lines)
    assert not summary.exists()
    assert not project.home.exists()


def test_the_last_shard_of_a_machine_leaves_reports_and_tells_nothing(tmp_path: Path) -> None:
    machine = Project.make(tmp_path / "machine", {"test_a.py": functions("n1", "n2")})
    summary = tmp_path / "summary.md"
    env = github(GITHUB_STEP_SUMMARY=str(summary))
    results = [machine.run(number, 2, env=env) for number in (1, 2)]
    assert [result.code for result in results] == [0, 0]
    assert report_of(machine.home / "merged")["verdict"] == "green"
    assert not summary.exists()


def test_what_cannot_be_written_is_noted_and_changes_no_exit_code(project: Project, jobs: Jobs) -> None:
    blocked = project.root / "file"
    blocked.write_text("", encoding="utf-8")
    env = github(GITHUB_STEP_SUMMARY=str(project.root))
    result = project.smartshard("merge", "--out", blocked / "reports", jobs.runs, env=env)
    assert result.code == 3
    mend = "let this user write there, or"
    no_report = f"--out={blocked / 'reports'}: no report was written there (Not a directory); {mend}"
    no_summary = f"GITHUB_STEP_SUMMARY={project.root}: cannot be written (Is a directory); {mend}"
    assert result.errors == (
        f"smartshard: {no_report} name another folder",
        f"smartshard: {no_summary} unset it",
    )


def test_a_folder_for_reports_has_to_be_one(project: Project, jobs: Jobs) -> None:
    file = project.root / "pytest.ini"
    cases: list[tuple[list[str | Path], str]] = [
        (["--out="], "--out=: no value; give one, or leave the option out"),
        (["--out", file], f"--out={file}: is a file; name a folder, which need not be there yet"),
        (["--out=x", "--check"], "--out with --check: nothing is written then; leave one of them out"),
    ]
    for arguments, problem in cases:
        result = project.smartshard("merge", *arguments, jobs.runs)
        assert (result.code, result.lines) == (4, ())
        assert result.errors == (f"smartshard: {problem}",)
    assert not project.home.exists()
