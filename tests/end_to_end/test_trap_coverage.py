"""Shards that pytest-cov measures: each keeps data of its own, and together it is that of one run."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from coverage_data import ARC, Fact, facts_of
from sharded import Project, Result

from pytest_smartshard.combine.beside import coverage_beside
from pytest_smartshard.combine.coverage import combine

MEASURED = ("--cov=lib", "--cov-context=test", "--cov-report=")

COVERAGERC = """
    [run]
    branch = true
    relative_files = true
    data_file = data/of_the_project
    [report]
    fail_under = 90
"""

LIB = """
    def sign(number):
        if number > 0:
            return 1
        elif number < 0:
            return -1
        return 0


    def total(numbers):
        result = 0
        for number in numbers:
            if number is None:
                continue
            result += number
        return result


    def never():
        return 1
"""

SUITE = {
    ".coveragerc": COVERAGERC,
    "lib/__init__.py": LIB,
    "lib/other.py": "def kind(x):\n    return 'text' if isinstance(x, str) else 'else'\n",
    "test_sign.py": """
        import pytest
        from lib import sign


        @pytest.mark.parametrize("number", [3, -3, 0])
        def test_sign(number):
            assert sign(number) == (number > 0) - (number < 0)
    """,
    "test_total.py": """
        from lib import total


        class TestTotal:
            def test_some(self):
                assert total([1, 2]) == 3

            def test_none(self):
                assert total([]) == 0

            def test_holes(self):
                assert total([1, None]) == 1
    """,
    "test_other.py": """
        from lib.other import kind


        def test_text():
            assert kind("") == "text"


        def test_else():
            assert kind(1) == "else"
    """,
}

DEFERRED = (
    "is not judged here, because shard {} measures only its part; smartshard merge --cov judges it for all "
    "shards together"
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.make(tmp_path / "project", SUITE, "pythonpath = .")
    return dataclasses.replace(made, options=("-p", "no:randomly", "-p", "no:hypothesispytest"))


def data_of(result: Result) -> Path:
    path = coverage_beside(result.recorded.path)
    assert path.is_file(), result
    return path


def left_behind(project: Project) -> list[str]:
    """Data files anywhere but beside journals, and places that were meant to be gone."""
    journals = {path.with_suffix("") for path in project.journals()}
    suspects = [*project.root.rglob("*coverage*"), *project.root.glob("data/*")]
    return sorted(
        path.relative_to(project.root).as_posix()
        for path in suspects
        if path.name != ".coveragerc" and path.with_suffix("") not in journals
    )


def about_coverage(result: Result) -> list[str]:
    return [line for line in result.section() if line.startswith("coverage: ")]


def saves_stopped_runs() -> bool:
    return int(importlib.metadata.version("pytest-cov").split(".")[0]) < 7


def test_four_shards_measure_what_one_run_does(project: Project, tmp_path: Path) -> None:
    plain = project.pytest("-p", "no:smartshard", *MEASURED, "--cov-fail-under=0")
    assert plain.code == 0
    shutil.move(project.root / "data" / "of_the_project", tmp_path / "plain")

    shards = [project.run(shard, 4, *MEASURED, *(["-n2"] if shard == 2 else [])) for shard in range(1, 5)]

    assert [result.code for result in shards] == [0, 0, 0, 0]
    assert left_behind(project) == []
    files = [data_of(result) for result in shards]
    combined = combine(files, project.root, tmp_path / "out")
    expected = facts_of(tmp_path / "plain")
    assert facts_of(combined.data) == expected
    assert len({fact.context for fact in expected}) > 8
    assert Fact(ARC, "lib/__init__.py", 4, 5, "test_sign.py::test_sign[-3]|run") in expected
    assert all(facts_of(path) < expected for path in files)
    assert combined.notes == ()


def test_a_limit_is_judged_once_and_by_the_whole(project: Project, tmp_path: Path) -> None:
    shards = project.run_all(2, *MEASURED)

    assert [result.code for result in shards] == [0, 0]
    for number, result in enumerate(shards, start=1):
        assert about_coverage(result) == [f"coverage: fail_under = 90 {DEFERRED.format(f'{number}/2')}"]
        assert not any("Required test coverage" in line for line in result.lines)
    combined = combine([data_of(result) for result in shards], project.root, tmp_path / "out")
    assert (combined.fail_under, combined.is_met, combined.shown) == (90.0, True, "96")

    assert combine([data_of(shards[0])], project.root, tmp_path / "part").is_met is False


@pytest.mark.parametrize("option", ["--shard=1/1", "--shard-record"])
def test_a_run_of_everything_keeps_its_limit(project: Project, option: str) -> None:
    assert project.pytest(option, *MEASURED).code == 0
    result = project.pytest(option, *MEASURED, "--cov-fail-under=99.5")
    assert result.code == 1
    assert about_coverage(result) == []
    assert any("Required test coverage of 99.5% not reached" in line for line in result.lines)


def test_the_limit_of_the_command_line_is_deferred_with_workers_too(project: Project) -> None:
    result = project.run(1, 2, *MEASURED, "--cov-fail-under=99.5", "-n2")
    assert result.code == 0
    assert about_coverage(result) == [f"coverage: --cov-fail-under=99.5 {DEFERRED.format('1/2')}"]


def test_a_shards_own_report_is_still_written(project: Project) -> None:
    result = project.run(1, 2, "--cov=lib", "--cov-report=term", "--cov-report=json:shard.json")
    assert result.code == 0
    assert any(line.startswith("TOTAL ") for line in result.lines)
    document = json.loads((project.root / "shard.json").read_text("utf-8"))
    assert "lib/__init__.py" in {name.replace("\\", "/") for name in document["files"]}


def test_shards_at_one_time_in_one_folder_do_not_mix(project: Project, tmp_path: Path) -> None:
    with project.start("--shard=1/2", *MEASURED) as one, project.start("--shard=2/2", *MEASURED) as two:
        assert [one.result().code, two.result().code] == [0, 0]
    files = [coverage_beside(path) for path in project.journals()]
    first, second = map(facts_of, files)
    tests = [{fact.context for fact in facts if fact.context} for facts in (first, second)]
    assert all(tests)
    assert tests[0].isdisjoint(tests[1])
    assert left_behind(project) == []


def test_a_data_file_of_the_users_is_written_and_copied(project: Project) -> None:
    result = project.run(1, 2, *MEASURED, env={"COVERAGE_FILE": "mine"})
    assert data_of(result).read_bytes() == (project.root / "mine").read_bytes()
    assert left_behind(project) == []


def test_a_recorded_run_without_a_shard_writes_where_it_always_does(project: Project) -> None:
    result = project.pytest("--shard-record", *MEASURED)
    assert data_of(result).read_bytes() == (project.root / "data" / "of_the_project").read_bytes()


@pytest.mark.parametrize("option", ["--shard=auto", "--shard=off"])
def test_where_nothing_is_sharded_nothing_is_different(project: Project, option: str) -> None:
    result = project.pytest(option, *MEASURED, "--cov-fail-under=99.5")
    assert result.code == 1
    assert (project.root / "data" / "of_the_project").is_file()
    assert not project.home.exists()


@pytest.mark.parametrize(
    "arguments", [("--no-cov", *MEASURED), ("-p", "no:cov"), ("-p", "no:cov", "-n2")], ids=" ".join
)
def test_without_coverage_nothing_is_said_or_left(project: Project, arguments: Sequence[str]) -> None:
    result = project.run(1, 2, *arguments)
    assert result.code == 0
    assert about_coverage(result) == []
    assert left_behind(project) == []
    assert not coverage_beside(result.recorded.path).exists()


def test_nothing_is_appended_to_a_shard(project: Project) -> None:
    result = project.run(1, 2, *MEASURED, "--cov-append", "--cov-fail-under=0")
    (line,) = about_coverage(result)
    assert line == (
        "coverage: --cov-append has nothing to append to, because each shard writes a data file of its own; "
        "smartshard merge --cov adds them up"
    )
    data_of(result)


def test_collecting_alone_leaves_nothing(project: Project) -> None:
    assert project.pytest("--collect-only", "--shard=1/2", *MEASURED).code == 0
    assert left_behind(project) == []


def test_a_run_under_a_debugger_says_that_its_data_is_gone(project: Project) -> None:
    result = project.run(1, 2, *MEASURED, "--pdb", "--cov-fail-under=0")
    (line,) = about_coverage(result)
    assert line == (
        "coverage: this run keeps no journal to put its data beside, so that is gone; set COVERAGE_FILE to a "
        "file of yours to keep it"
    )
    assert left_behind(project) == []


@pytest.mark.skipif(saves_stopped_runs(), reason="pytest-cov before 7 saves what a stopped run measured")
def test_a_run_that_was_stopped_says_that_there_is_no_data(project: Project) -> None:
    project.write({"test_sign.py": "def test_fails():\n    assert 0\n"})
    result = project.run(1, 1, *MEASURED, "-x")
    assert result.code == 1
    (line,) = about_coverage(result)
    assert line == (
        "coverage: pytest-cov has saved nothing, as where a run is stopped early, so this shard is missing in "
        "smartshard merge --cov; run it again, to its end"
    )
    assert left_behind(project) == []


def test_data_that_cannot_be_put_beside_the_journal_fails_nothing(project: Project) -> None:
    project.write(
        {
            "conftest.py": """
                def pytest_runtest_teardown(item):
                    for journal in item.config.rootpath.rglob("*.jsonl"):
                        (journal.with_suffix(".coverage") / "in the way").mkdir(parents=True, exist_ok=True)
            """
        }
    )
    result = project.run(1, 2, *MEASURED, "--cov-fail-under=0")
    assert result.code == 0
    (line,) = about_coverage(result)
    assert line.startswith(f"coverage: {coverage_beside(result.recorded.path)} cannot be written (")
    assert line.endswith(
        "), so this shard is missing in smartshard merge --cov; let this user write there, and run it again"
    )


def test_no_journal_can_be_kept_and_coverage_writes_where_it_always_does(project: Project) -> None:
    project.write({".smartshard/runs": "in the way"})
    result = project.run(1, 2, *MEASURED, "--cov-fail-under=0")
    assert result.code == 0
    assert (project.root / "data" / "of_the_project").is_file()


@pytest.mark.parametrize("arguments", [(), ("-n2",)], ids=["alone", "workers"])
def test_what_the_suite_starts_does_not_write_into_the_shards_data(
    project: Project, arguments: Sequence[str]
) -> None:
    project.write(
        {
            "test_sign.py": """
                import os


                def test_environment():
                    assert "COVERAGE_FILE" not in os.environ
            """
        }
    )
    assert project.run(1, 1, *MEASURED, "--cov-fail-under=0", *arguments).code == 0


def test_warnings_as_errors_do_not_turn_a_measured_shard_red(project: Project) -> None:
    assert project.run(1, 2, *MEASURED, "-W", "error").code == 0
    assert project.run(2, 2, *MEASURED, "-W", "error", "-n2").code == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--shard=1/2", *MEASURED), (True, 90.0)),
        (("--shard=1/2", *MEASURED, "--cov-fail-under=99.5", "-n2"), (True, 99.5)),
        (("--shard=1/1", *MEASURED), (True, 0.0)),
        (("--shard=1/2", "--no-cov", *MEASURED), (False, 0.0)),
        (("--shard=1/2", "-p", "no:cov"), (False, 0.0)),
    ],
)
def test_the_header_says_whether_coverage_is_measured(
    project: Project, arguments: Sequence[str], expected: tuple[bool, float]
) -> None:
    header = project.pytest(*arguments).recorded.header
    assert (header["coverage"], header["fail_under"]) == expected
