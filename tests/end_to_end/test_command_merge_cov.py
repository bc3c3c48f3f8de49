"""``smartshard merge --cov``: coverage of all shards or of none, and ``fail_under`` judged once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from coverage import CoverageData
from sharded import SEGMENT, Project

PACKAGE = """
    def size(number):
        if number > 100:
            return "large"
        if number < 0:
            return "negative"
        return "small"


    def unused():
        return 1
    """
TESTS = """
    import pytest
    from app import size


    @pytest.mark.parametrize("number", [-1, 0, 1, 100, 101, 102, 103, 104])
    def test_size(number):
        assert size(number) in ("large", "small", "negative")
    """
CONFIG = """
    [run]
    branch = true
    relative_files = true

    [report]
    fail_under = {gate}
    """
MEASURE = ("--cov=app", "--cov-context=test", "--cov-report=")
RUN = "nightly"


def project_of(root: Path, gate: int = 80) -> Project:
    files = {"app.py": PACKAGE, "test_app.py": TESTS, ".coveragerc": CONFIG.format(gate=gate)}
    project = Project.make(root, files)
    # The bench leaves pytest-cov out; here it is what is tested.
    assert project.options[-2:] == ("-p", "no:pytest_cov")
    return Project(project.root, project.options[:-2])


def run_all(project: Project, *extra: str) -> None:
    for shard in (1, 2, 3, 4):
        lanes = ("-n", "2") if shard == 3 else ()
        result = project.run(shard, 4, f"--shard-run={RUN}", *MEASURE, *lanes, *extra)
        assert result.code == 0, result.lines


def folder_of(project: Project) -> Path:
    return project.home / "runs" / RUN / SEGMENT


def measured(path: Path) -> dict[str, dict[int, list[str]]]:
    """Contexts of each line of each file, without anything of ours."""
    data = CoverageData(str(path))
    data.read()
    found = {Path(file).name: data.contexts_by_lineno(file) for file in data.measured_files()}
    # Newer releases have it, and leave the file open without it.
    getattr(data, "close", lambda **_: None)(force=True)
    return {
        file: {line: sorted(set(names) - {""}) for line, names in lines.items()} for file, lines in found.items()
    }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return project_of(tmp_path / "project")


def test_four_shards_one_of_them_with_workers_measure_what_one_run_does(project: Project) -> None:
    plain = project.pytest(*MEASURE)
    assert plain.code == 0
    alone = measured(project.root / ".coverage")
    (project.root / ".coverage").unlink()
    run_all(project)
    assert not (project.root / ".coverage").exists()

    result = project.smartshard("merge", "--cov", project.home / "runs")

    assert (result.code, result.errors) == (0, ())
    assert result.lines[1:3] == (
        f"{SEGMENT}: proved: 8 tests ran exactly once in 4 shards",
        "coverage of all shards: 92 % reaches fail_under=80",
    )
    merged = project.home / "merged"
    assert measured(merged / "coverage.data") == alone
    assert (merged / "coverage.xml").is_file()
    assert (merged / "htmlcov" / "index.html").is_file()
    assert result.lines[-1].startswith("TOTAL")


def test_a_gate_that_no_shard_was_held_to_makes_the_merge_red(tmp_path: Path) -> None:
    project = project_of(tmp_path / "project", gate=95)
    run_all(project)
    result = project.smartshard("merge", "--cov", "--quiet", project.home / "runs")
    assert (result.code, result.lines) == (1, ("coverage of all shards: 92 % is below fail_under=95",))


def test_what_was_measured_must_be_judged(project: Project) -> None:
    run_all(project)
    result = project.smartshard("merge", project.home / "runs")
    assert result.code == 3
    assert result.lines[1:] == (
        f"{SEGMENT}: proved: 8 tests ran exactly once in 4 shards",
        "the shards measured coverage, which nothing has combined or judged yet; add --cov",
    )
    assert not (project.home / "merged" / "coverage.data").exists()


def test_data_of_all_shards_or_none(project: Project) -> None:
    run_all(project)
    data = folder_of(project) / "0-2-of-4-1.coverage"
    data.unlink()
    result = project.smartshard("merge", "--cov", project.home / "runs")
    assert result.code == 3
    assert result.lines[-1] == (
        "coverage: shard 2/4 in attempt 1 left no data of its 2 tests, as one that was killed; run that shard "
        "again, or see that 0-2-of-4-1.coverage is kept with its journal"
    )
    assert not (project.home / "merged" / "coverage.data").exists()

    data.write_bytes(b"something else")
    result = project.smartshard("merge", "--cov", project.home / "runs")
    assert result.code == 3
    assert result.lines[-1].startswith("coverage: ")
    assert result.lines[-1].endswith("is not a data file of coverage; leave it out, or run that shard again")


def test_a_shard_that_did_not_measure_is_named(project: Project) -> None:
    run_all(project)
    project.run(2, 4, f"--shard-run={RUN}")
    result = project.smartshard("merge", "--cov", project.home / "runs")
    assert result.code == 3
    assert result.lines[-1] == (
        "coverage: shard 2/4 in attempt 2 did not measure its 2 tests; run all shards with --cov"
    )


def test_where_nothing_was_measured_it_is_said(project: Project) -> None:
    project.run(1, 1)
    result = project.smartshard("merge", "--cov", project.home / "runs")
    assert result.code == 3
    assert result.lines[-1] == (
        "--cov: no shard measured coverage; run the shards with --cov, or leave it out here"
    )


def test_a_run_that_is_not_whole_is_not_measured(project: Project) -> None:
    for shard in (1, 2, 3):
        project.run(shard, 4, f"--shard-run={RUN}", *MEASURE)
    result = project.smartshard("merge", "--cov", project.home / "runs")
    assert result.code == 3
    assert (
        f"coverage: {SEGMENT} is not proved, so nothing is combined; run what is missing first"
    ) in result.lines
    assert not (project.home / "merged" / "coverage.data").exists()


def test_what_was_left_adds_its_coverage_to_the_rest(project: Project) -> None:
    alone = project.pytest(*MEASURE)
    assert alone.code == 0
    expected = measured(project.root / ".coverage")
    for shard in (1, 2, 3):
        project.run(shard, 4, f"--shard-run={RUN}", *MEASURE)
    project.pytest(f"--shard-rerun={project.home / 'runs'}", *MEASURE)
    result = project.smartshard("merge", "--cov", project.home / "runs")
    assert result.code == 0
    assert measured(project.home / "merged" / "coverage.data") == expected


def test_the_data_holds_branches(project: Project) -> None:
    run_all(project)
    assert project.smartshard("merge", "--cov", "--out", project.root / "out", project.home / "runs").code == 0
    with sqlite3.connect(project.root / "out" / "coverage.data") as data:
        (arcs,) = data.execute("select count(*) from arc").fetchone()
    data.close()
    assert arcs > 0
