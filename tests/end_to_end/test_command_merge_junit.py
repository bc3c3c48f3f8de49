"""``smartshard merge --junit``: one file as an unsharded run would have left it, whatever became of shards."""

from __future__ import annotations

from pathlib import Path

import pytest
from junit_files import outcomes_in, suite_in
from junit_schema import schema
from lxml import etree
from sharded import ENVIRONMENT, SEGMENT, Project

SUITE = {
    "test_a.py": """
        import os

        import pytest


        @pytest.mark.parametrize("number", range(8))
        def test_p(number):
            if number == 5 and "DIE" in os.environ:
                os.kill(os.getpid(), 9)
            assert number != 2


        @pytest.mark.skip(reason="not today")
        def test_skipped():
            pass


        def test_weak():
            assert "FAIL" not in os.environ
        """,
    "test_b.py": """
        import unittest


        class TestUnit(unittest.TestCase):
            def test_method(self):
                pass
        """,
}
RUN = "--shard-run=nightly"


def plain_outcomes(project: Project) -> object:
    """Cases and outcomes of a run without shards."""
    path = project.root.parent / "plain.xml"
    project.pytest(f"--junitxml={path}")
    return outcomes_in(path.read_bytes())


def merged(project: Project, *arguments: str) -> bytes:
    project.smartshard("merge", "--junit", *arguments, project.home / "runs")
    return (project.home / "merged" / "junit.xml").read_bytes()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path / "project", SUITE)


def test_the_shards_files_make_that_of_one_run(project: Project) -> None:
    for shard in (1, 2, 3):
        project.run(shard, 3, RUN, *(("-n", "2") if shard == 2 else ()))
    document = merged(project)
    assert outcomes_in(document) == plain_outcomes(project)
    assert {name: suite_in(document)[name] for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "11",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }


@pytest.mark.skipif(ENVIRONMENT.startswith("windows"), reason="Windows has no SIGKILL")
def test_a_killed_shards_tests_come_from_its_journal(project: Project) -> None:
    codes = [project.run(shard, 2, RUN, env={"DIE": "yes"}).code for shard in (1, 2)]
    assert -9 in codes
    project.pytest(f"--shard-rerun={project.home / 'runs'}")
    result = project.smartshard("merge", "--junit", project.home / "runs")
    assert result.code == 1
    assert any(
        line.startswith("junit.xml: ")
        and line.endswith(" had no case in any JUnit file and got one made from the journal")
        for line in result.lines
    )
    document = (project.home / "merged" / "junit.xml").read_bytes()
    assert outcomes_in(document) == plain_outcomes(project)
    schema().assertValid(etree.fromstring(document))


def test_of_two_attempts_the_last_one_is_in_it(project: Project) -> None:
    for shard in (1, 2):
        project.run(shard, 2, RUN, env={"FAIL": "yes"})
    assert suite_in(merged(project))["failures"] == "2"
    for shard in (1, 2):
        project.run(shard, 2, RUN)
    document = merged(project)
    assert outcomes_in(document) == plain_outcomes(project)


def test_each_segment_has_a_file_of_its_own_and_old_ones_go(project: Project) -> None:
    project.run(1, 1, RUN)
    merged(project)
    project.run(1, 1, RUN, "--shard-env=other")
    project.smartshard("merge", "--junit", project.home / "runs")
    found = sorted(path.name for path in (project.home / "merged").glob("junit*.xml"))
    assert found == sorted([f"junit-{SEGMENT}.xml", "junit-root@other@all.xml"])


def test_entities_are_refused_and_the_journal_serves(project: Project) -> None:
    shard = project.run(1, 1, RUN).recorded.path
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><testsuites><testsuite>&a;</testsuite></testsuites>'
    shard.with_suffix(".xml").write_bytes(bomb)
    result = project.smartshard("merge", "--junit", project.home / "runs")
    assert (
        f"{shard.with_suffix('.xml')} has a document type, which is not read: its test cases are made from the "
        "journal"
    ) in result.lines
    assert outcomes_in((project.home / "merged" / "junit.xml").read_bytes()) == plain_outcomes(project)


def test_nothing_is_combined_where_nothing_is_to_be_written(project: Project) -> None:
    project.run(1, 1, RUN)
    result = project.smartshard("merge", "--check", "--junit", "--cov", "--out=x", project.home / "runs")
    assert (result.code, result.lines) == (4, ())
    assert result.errors == tuple(
        f"smartshard: {flag} with --check: nothing is written then; leave one of them out"
        for flag in ("--cov", "--junit", "--out")
    )
