"""What a merge leaves in its folder, and where in the repository a test is said to be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from merged_runs import bad_run, counted, green_segment

from pytest_smartshard.model.merged import MergedRun
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.reporting import Left, Root, leave_reports, tell_ci

GITHUB = {"GITHUB_ACTIONS": "true"}


def failed_in(file: str, suite: str = "root") -> MergedRun:
    """A run of which one test failed, in the file with that key."""
    found = counted("test_b", "failed")
    moved = replace(found, test=found.test._replace(key=ItemKey(file, "test_b")))
    return MergedRun(run="r1", segments=(green_segment(moved, segment=Segment(suite, "linux-3.12")),))


def place_of(merged: MergedRun, root: Root) -> str:
    (line,) = tell_ci(Left(merged=merged, summary=""), root, GITHUB).lines
    found, _, _ = line.removeprefix("::error ").partition("title=")
    return found.removeprefix("file=").removesuffix(",")


def test_both_reports_replace_what_lies_there_and_are_named_in_the_one_for_machines(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("report.json", "report.md", "other"):
        (folder / name).write_text("stale", encoding="utf-8")

    left = leave_reports(bad_run(), folder, home=tmp_path / ".smartshard")

    assert left.notes == ()
    assert left.path == str(folder / "report.md")
    assert (folder / "report.md").read_text("utf-8") == left.summary
    document = json.loads((folder / "report.json").read_text("ascii"))
    assert document["written"] == dict(left.merged.written)
    assert document["written"] == {
        "coverage": "coverage.xml",
        "report_json": str(folder / "report.json"),
        "report_markdown": str(folder / "report.md"),
    }
    assert sorted(path.name for path in folder.iterdir()) == ["other", "report.json", "report.md"]
    assert not (tmp_path / ".smartshard").exists()


def test_the_home_folder_is_kept_out_of_version_control(tmp_path: Path) -> None:
    home = tmp_path / ".smartshard"
    leave_reports(bad_run(), home / "merged", home=home)
    assert (home / ".gitignore").is_file()


def test_a_folder_that_cannot_be_made_is_noted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    merged = bad_run()
    folder = tmp_path / "file" / "out"
    left = leave_reports(merged, folder, home=tmp_path / ".smartshard")
    assert (left.merged, left.path) == (merged, "")
    (note,) = left.notes
    assert note == (
        f"--out={folder}: no report was written there (Not a directory); let this user write there, or name "
        "another folder"
    )


@pytest.mark.parametrize(
    ("file", "root", "place"),
    [
        ("tests/test_a.py", Root(suite="root"), "tests/test_a.py"),
        ("test_a.py", Root(suite="root", folder="libs/app"), "libs/app/test_a.py"),
        ("../lib/test_a.py", Root(suite="root", folder="libs/app"), "libs/lib/test_a.py"),
        ("../test_a.py", Root(suite="root"), ""),
        ("/elsewhere/test_a.py", Root(suite="root"), ""),
        ("package.tests.test_a", Root(suite="root"), ""),
        ("README.md", Root(suite="root"), "README.md"),
        ("test,a.py", Root(suite="root"), "test%2Ca.py"),
    ],
)
def test_the_file_is_told_by_its_path_in_the_repository(file: str, root: Root, place: str) -> None:
    assert place_of(failed_in(file), root) == place


def test_where_another_suite_lies_is_not_known_but_for_that_of_the_whole_repository() -> None:
    here = Root(suite="libs-app-1a2b3c4d", folder="libs/app")
    assert place_of(failed_in("test_a.py", suite="libs-app-1a2b3c4d"), here) == "libs/app/test_a.py"
    assert place_of(failed_in("test_a.py", suite="libs-other-1a2b3c4d"), here) == ""
    assert place_of(failed_in("test_a.py", suite="root"), here) == "test_a.py"


def test_the_results_are_the_verdict_and_the_exit_code(tmp_path: Path) -> None:
    environ = {**GITHUB, "GITHUB_OUTPUT": str(tmp_path / "outputs")}
    for merged in (failed_in("a.py"), bad_run()):
        tell_ci(Left(merged=merged, summary=""), Root(suite="root"), environ)
    assert (tmp_path / "outputs").read_text("utf-8") == (
        "verdict=red\nexit-code=1\nverdict=unproved\nexit-code=3\n"
    )
