"""Data files of shards, combined and reported as those of one run."""

from __future__ import annotations

import os
import sqlite3
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

import pytest
from coverage import CoverageData
from coverage_data import ARC, LINE, Fact, facts_of

from pytest_smartshard.combine.beside import coverage_beside
from pytest_smartshard.combine.coverage import CoverageMissing, NotCombined, combine

SOURCE = "def f(x):\n    if x:\n        return 1\n    return 0\n"
RELATIVE = "[run]\nrelative_files = true\nbranch = true\n"
LINES_TO_ONE = [(-1, 1), (1, 2), (2, 3), (3, -1)]
LINES_TO_ZERO = [(-1, 1), (1, 2), (2, 4), (4, -1)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with one module, whose coverage names files relative to it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "m.py").write_text(SOURCE, encoding="utf-8")
    (folder / ".coveragerc").write_text(RELATIVE, encoding="utf-8")
    return folder


def arcs(path: Path, found: Mapping[str, list[tuple[int, int]]], context: str = "") -> Path:
    data = CoverageData(str(path))
    data.set_context(context)
    data.add_arcs(found)
    return path


def lines(path: Path, found: Mapping[str, list[int]]) -> Path:
    CoverageData(str(path)).add_lines(found)
    return path


def problems(files: list[Path], project: Path) -> tuple[str, ...]:
    before = Path.cwd()
    with pytest.raises(NotCombined) as caught:
        combine(files, project, project.parent / "out")
    assert Path.cwd() == before
    assert list((project.parent / "out").iterdir()) == []
    return caught.value.problems


def test_the_name_is_the_journals() -> None:
    journal = Path("folder", "0-2-of-6-1.jsonl")
    assert coverage_beside(journal) == Path("folder", "0-2-of-6-1.coverage")


def test_lines_branches_and_contexts_of_all_are_there(project: Path, tmp_path: Path) -> None:
    one = arcs(tmp_path / "0-1-of-2-1.coverage", {"m.py": LINES_TO_ONE}, "test_one")
    two = arcs(tmp_path / "0-2-of-2-1.coverage", {"m.py": LINES_TO_ZERO}, "test_zero")
    before = {path: path.read_bytes() for path in (one, two)}

    found = combine([one, two], project, tmp_path / "out")

    assert facts_of(found.data) == facts_of(one) | facts_of(two)
    assert Fact(ARC, "m.py", 2, 4, "test_zero") in facts_of(found.data)
    assert Fact(LINE, "m.py", 0, 3, "test_one") in facts_of(found.data)
    assert {path: path.read_bytes() for path in (one, two)} == before
    assert (found.percent, found.shown, found.notes, found.foreign) == (100.0, "100", (), ())
    assert (found.fail_under, found.is_met) == (0.0, True)
    assert found.text.splitlines()[-1].split() == ["TOTAL", "4", "0", "2", "0", "100%"]
    assert ET.parse(found.xml).getroot().attrib["line-rate"] == "1"
    assert (found.html / "index.html").is_file()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"coverage.data", "coverage.xml", "htmlcov"}


def test_what_was_combined_before_is_replaced(project: Path, tmp_path: Path) -> None:
    one = arcs(tmp_path / "one", {"m.py": LINES_TO_ONE})
    two = arcs(tmp_path / "two", {"m.py": LINES_TO_ZERO})
    combine([one, two], project, tmp_path / "out")

    found = combine([one], project, tmp_path / "out")

    assert facts_of(found.data) == facts_of(one)
    assert found.percent == pytest.approx(100 * 4 / 6)


def test_a_data_file_of_the_project_is_neither_read_nor_written(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = arcs(project / ".coverage", {"m.py": LINES_TO_ZERO})
    before = own.read_bytes()
    monkeypatch.setenv("COVERAGE_FILE", str(own))
    one = arcs(tmp_path / "one", {"m.py": LINES_TO_ONE})

    found = combine([one], project, tmp_path / "out")

    assert facts_of(found.data) == facts_of(one)
    assert own.read_bytes() == before


def test_another_machines_folder_is_mapped_by_paths(project: Path, tmp_path: Path) -> None:
    (project / ".coveragerc").write_text("[paths]\nsource =\n    .\n    /builds/*/project\n", encoding="utf-8")
    one = arcs(tmp_path / "one", {"/builds/7/project/m.py": LINES_TO_ONE})
    two = arcs(tmp_path / "two", {"/builds/8/project/m.py": LINES_TO_ZERO})

    found = combine([one, two], project, tmp_path / "out")

    assert {Path(fact.file) for fact in facts_of(found.data)} == {project / "m.py"}
    assert (found.percent, found.foreign, found.notes) == (100.0, (), ())


def test_a_folder_that_nothing_maps_is_named(project: Path, tmp_path: Path) -> None:
    (project / ".coveragerc").unlink()
    here = arcs(tmp_path / "here", {str(project / "m.py"): LINES_TO_ONE})
    unix, windows = "/builds/7/project/m.py", "C:/builds/project/m.py"
    there = arcs(tmp_path / "there", {unix: LINES_TO_ZERO, windows.replace("/", "\\"): LINES_TO_ZERO})

    found = combine([here, there], project, tmp_path / "out")

    # Releases of coverage differ in how they write the other system's path.
    assert tuple(path.replace("\\", "/") for path in found.foreign) == (unix, windows)
    (note,) = found.notes
    assert note.replace("\\", "/") == (
        f"coverage: not in this folder, so in no report: {unix}, {windows}; set relative_files = true in "
        "coverage's [run] section, or map the other machine's folder in [paths]"
    )
    assert found.percent == pytest.approx(100 * 4 / 6)


def test_a_file_that_has_gone_is_named(project: Path, tmp_path: Path) -> None:
    one = arcs(tmp_path / "one", {"m.py": LINES_TO_ONE, "made_by_a_test.py": LINES_TO_ONE})
    found = combine([one], project, tmp_path / "out")
    assert found.foreign == ()
    assert found.notes == ("coverage: measured, but not there any more, so in no report: made_by_a_test.py",)


def test_no_source_is_here_at_all(project: Path, tmp_path: Path) -> None:
    one = arcs(tmp_path / "one", {"/builds/m.py": LINES_TO_ONE})
    (problem,) = problems([one], project)
    assert problem == (
        "coverage: no report of /builds/m.py (No data to report.); combine in the folder that the tests ran in, "
        "with the sources, and with relative_files = true in coverage's [run] section"
    )


def test_all_files_that_are_no_data_are_told_together(project: Path, tmp_path: Path) -> None:
    empty, text, gone = (tmp_path / name for name in ("empty", "text", "gone"))
    empty.write_bytes(b"")
    text.write_bytes(b"<html>")
    schema = tmp_path / "schema"
    with sqlite3.connect(arcs(schema, {"m.py": LINES_TO_ONE})) as database:
        database.execute("UPDATE coverage_schema SET version = 99")
    database.close()

    found = problems([empty, text, gone, schema], project)

    assert found[:3] == (
        f"coverage: {empty}: is not a data file of coverage; leave it out, or run that shard again",
        f"coverage: {text}: is not a data file of coverage; leave it out, or run that shard again",
        f"coverage: {gone}: cannot be read (No such file or directory); leave it out, or run that shard again",
    )
    (wrong,) = found[3:]
    assert wrong.startswith(
        f"coverage: {schema}: cannot be used (Couldn't use data file 'schema': wrong schema: 99 "
    )
    assert wrong.endswith("); leave it out, or run that shard again")


@pytest.mark.parametrize(
    "damage",
    ["DROP TABLE arc", "DROP TABLE meta", "UPDATE file SET path = x'00ff'", "UPDATE meta SET value = 'z'"],
)
def test_damaged_data_is_told_by_its_name(project: Path, tmp_path: Path, damage: str) -> None:
    whole = arcs(tmp_path / "whole", {"m.py": LINES_TO_ONE})
    torn = arcs(tmp_path / "torn", {"m.py": LINES_TO_ONE})
    with sqlite3.connect(torn) as database:
        database.execute(damage)
    database.close()
    (problem,) = problems([whole, torn], project)
    assert problem.startswith(f"coverage: {torn}: cannot be used (")
    assert problem.endswith("); leave it out, or run that shard again")


def test_a_file_that_ends_in_its_middle_is_told(project: Path, tmp_path: Path) -> None:
    torn = arcs(tmp_path / "torn", {"m.py": LINES_TO_ONE})
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    (problem,) = problems([torn], project)
    assert problem.startswith(f"coverage: {torn}: cannot be used (")


def test_branches_and_lines_do_not_go_together(project: Path, tmp_path: Path) -> None:
    with_branches = arcs(tmp_path / "one", {"m.py": LINES_TO_ONE})
    without = lines(tmp_path / "two", {"m.py": [1, 2]})
    (problem,) = problems([without, with_branches], project)
    assert problem == (
        f"coverage: {with_branches} holds branches and {without} lines only, which cannot be combined; give all "
        "shards the same branch setting ([run] branch, --cov-branch)"
    )


def test_an_empty_shard_does_not_keep_the_others_from_being_combined(project: Path, tmp_path: Path) -> None:
    empty, one = lines(tmp_path / "empty", {}), arcs(tmp_path / "one", {"m.py": LINES_TO_ONE})
    found = combine([empty, one], project, tmp_path / "out")
    assert facts_of(found.data) == facts_of(one)
    assert found.notes == (f"coverage: {empty} holds no data: nothing of what is measured ran in that shard",)


def test_no_shard_has_data(project: Path, tmp_path: Path) -> None:
    (problem,) = problems([lines(tmp_path / "empty", {})], project)
    assert problem == (
        "coverage: there is no data in 1 file; run the shards with --cov, and see that what it names is what the "
        "tests import"
    )


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        (".coveragerc", ""),
        ("setup.cfg", "coverage:"),
        ("tox.ini", "coverage:"),
        ("pyproject.toml", "tool.coverage."),
    ],
)
def test_the_limit_and_its_precision_are_those_of_the_project(
    project: Path, tmp_path: Path, name: str, prefix: str
) -> None:
    (project / ".coveragerc").unlink()
    text = f"[{prefix}run]\nrelative_files = true\n[{prefix}report]\nfail_under = 66.7\nprecision = 2\n"
    (project / name).write_text(text, encoding="utf-8")
    one = arcs(tmp_path / "one", {"m.py": LINES_TO_ONE})

    found = combine([one], project, tmp_path / "out")

    assert (found.shown, found.fail_under, found.is_met) == ("66.67", 66.7, False)
    assert combine([one], project, tmp_path / "out", fail_under=66.67).is_met
    assert not combine([one], project, tmp_path / "out", fail_under=66.68).is_met
    assert combine([one], project, tmp_path / "out", fail_under=0.0).is_met


def test_a_configuration_that_was_named_counts(project: Path, tmp_path: Path) -> None:
    (tmp_path / "other.ini").write_text(f"{RELATIVE}[report]\nfail_under = 12\n", encoding="utf-8")
    one = arcs(tmp_path / "one", {"m.py": LINES_TO_ONE})
    assert combine([one], project, tmp_path / "out", config=tmp_path / "other.ini").fail_under == 12.0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[run]\nplugins = not_installed_anywhere\n", "No module named 'not_installed_anywhere'"),
        ("[run]\nbranch = perhaps\n", "perhaps"),
    ],
)
def test_a_configuration_that_cannot_be_used(project: Path, tmp_path: Path, text: str, reason: str) -> None:
    (project / ".coveragerc").write_text(text, encoding="utf-8")
    (problem,) = problems([arcs(tmp_path / "one", {"m.py": LINES_TO_ONE})], project)
    assert problem.startswith("coverage: its configuration cannot be used (")
    assert problem.endswith("); mend it, or install here what it names")
    assert reason in problem


def test_a_limit_that_is_none(project: Path, tmp_path: Path) -> None:
    one = arcs(tmp_path / "one", {"m.py": LINES_TO_ONE})
    with pytest.raises(NotCombined) as caught:
        combine([one], project, tmp_path / "out", fail_under=101)
    (problem,) = caught.value.problems
    assert problem.startswith("coverage: its configuration cannot be used (fail_under=101 is invalid.")


def test_without_coverage_the_extra_is_named(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "coverage", None)
    with pytest.raises(CoverageMissing) as caught:
        combine([], project, tmp_path / "out")
    (problem,) = caught.value.problems
    assert problem == (
        "coverage: the package is not installed, so what shards measured cannot be combined; run "
        "pip install 'pytest-smartshard[cov]'"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows reports another error")
def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(project: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        combine([], project, tmp_path / "file" / "out")
