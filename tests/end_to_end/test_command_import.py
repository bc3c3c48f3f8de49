"""``smartshard import``: durations of other tools count from the first sharded run on."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import SEGMENT, Project, exactly_once, samples_in

SUITE = {
    "tests/unit/test_a.py": """
        import pytest

        class Base:
            def test_inherited(self):
                pass

        class TestA(Base):
            class TestInner:
                @pytest.mark.parametrize("value", ["x::y", "a.b", "[", "]@z"])
                def test_value(self, value):
                    pass

        def test_plain():
            pass

        @pytest.mark.skip
        def test_skipped():
            pass
    """,
    "tests/v1.0/test_b.py": """
        from unittest import TestCase
        from unit.test_a import Base

        class TestB(TestCase):
            def test_case(self):
                pass

        class TestFar(Base):
            pass

        def test_failed():
            assert False
    """,
}
INI = """
    pythonpath = tests
    addopts = --import-mode=importlib
"""
SKIPPED = "tests/unit/test_a.py::test_skipped"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A suite that has run once with each kind of report: ``.test_durations``, ``xunit1.xml``, ``xunit2.xml``."""
    project = Project.make(tmp_path_factory.mktemp("measured") / "project", SUITE, INI)
    project.pytest("--store-durations", "--junitxml=xunit2.xml")
    project.pytest("-o", "junit_family=xunit1", "--junitxml=xunit1.xml")
    ids = [line for line in project.pytest("--collect-only", "-q").lines if "::" in line]
    (project.root / "ids.txt").write_text("\n".join(ids))
    assert len(ids) == 10
    return project


@pytest.mark.parametrize("report", [".test_durations", "xunit1.xml", "xunit2.xml"])
def test_every_test_that_ran_is_found_by_its_name(measured: Project, report: str) -> None:
    store = f"{report}-store"
    result = measured.smartshard("import", f"--store={store}", "--tests=ids.txt", report)
    assert (result.code, result.errors) == (0, ())
    known = 10 if report == ".test_durations" else 9
    assert f"{known} tests with a duration in 2 files, of which 2 are here (100 %)" in result.lines
    assert f"{known} of 10 tests of the suite now have a duration ({known * 10} %)" in result.lines
    lacking = [line for line in result.lines if line.startswith("tests without a duration: ")]
    assert lacking == ([] if known == 10 else [f"tests without a duration: {SKIPPED}"])


def test_the_first_sharded_run_is_planned_by_it_and_the_next_merge_keeps_it(
    tmp_path: Path, measured: Project
) -> None:
    project = Project.make(tmp_path / "project", SUITE, INI)
    plain = project.pytest("--junitxml", "plain.xml")
    assert plain.code == 1
    reports = [measured.root / name for name in ("xunit1.xml", "xunit2.xml")]
    imported = project.smartshard("import", *reports)
    assert imported.lines[0].startswith(f"{SEGMENT}: 2 files read (2 of JUnit), 2 runs; ")

    results = project.run_all(2)
    exactly_once(results, project.pytest())
    assert "no history" not in results[0].collected_line
    samples = samples_in(project.store())
    assert all(len(found) == 3 for found in samples.values())
    assert samples["test_failed"][0].startswith("f")
    assert samples["test_skipped"][:2] == ["-", "-"]
    assert samples["TestA::TestInner::test_value[]@z]"][0].isdecimal()

    before = project.store_path.read_bytes()
    assert project.smartshard("import", *reports).code == 0
    assert project.store_path.read_bytes() == before
