"""Subtests: the test around them is one test with one time, failed where one of them failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import Project, samples_in

SUITE = {
    "test_it.py": """
        import unittest

        def test_good(subtests):
            for number in range(3):
                with subtests.test("part", number=number):
                    assert True

        def test_bad(subtests):
            for number in range(3):
                with subtests.test("part", number=number):
                    assert number != 1

        class TestCase(unittest.TestCase):
            def test_good(self):
                for number in range(3):
                    with self.subTest(number=number):
                        pass

            def test_bad(self):
                for number in range(3):
                    with self.subTest(number=number):
                        self.assertNotEqual(number, 1)

        def test_plain(): pass
        """,
}


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_test_with_subtests_counts_once(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project = Project.make(tmp_path / "project", SUITE)

    result = project.run(1, 1, *arguments)

    assert result.code == 1
    assert len(result.recorded.tests) == 5
    assert result.recorded.outcomes == {
        "test_good": "passed",
        "test_bad": "failed",
        "TestCase::test_good": "passed",
        "TestCase::test_bad": "failed",
        "test_plain": "passed",
    }
    assert sorted(project.stored()) == [
        "test_it.py::TestCase::test_bad",
        "test_it.py::TestCase::test_good",
        "test_it.py::test_bad",
        "test_it.py::test_good",
        "test_it.py::test_plain",
    ]
    assert {name for name, (sample,) in samples_in(project.store()).items() if sample[0] == "f"} == {
        "test_bad",
        "TestCase::test_bad",
    }
