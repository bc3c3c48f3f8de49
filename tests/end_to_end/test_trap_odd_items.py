"""Items that are no functions of a test file, and ids that look like anything, are sharded like all others."""

from __future__ import annotations

from pathlib import Path

from sharded import Project

SUITE = {
    "conftest.py": """
        import pytest

        class Spec(pytest.File):
            def collect(self):
                for name in ("one", "two"):
                    yield Line.from_parent(self, name=name)

        class Line(pytest.Item):
            def runtest(self): pass

        def pytest_collect_file(file_path, parent):
            if file_path.suffix == ".spec":
                return Spec.from_parent(parent, path=file_path)

        def pytest_collection_modifyitems(session, items):
            items.append(Line.from_parent(session, name="added by hand"))
        """,
    "lines.spec": "",
    "notes.txt": ">>> 1 + 1\n2\n",
    "module.py": '''
        """
        >>> 1 + 1
        2
        """

        def function():
            """
            >>> 1 + 1
            3
            """
        ''',
    "test_ids.py": """
        import pytest

        ODD = ["a::b", "c[d", "e]f", "\\ud800", "new\\nline", "ünï", "", " ", "a/b", "-", "<b>&amp;", "x" * 300]

        @pytest.mark.parametrize("text", ODD)
        def test_ids(text): pass

        @pytest.mark.parametrize("number", [1, 2])
        class TestA:
            class TestB:
                @pytest.mark.parametrize("text", ODD[:3])
                def test_ids(self, text, number): pass
        """,
    "földer with spaces/test_it.py": "def test_a(): pass\n\n\ndef test_b(): pass\n",
}


def test_each_item_runs_once_without_a_store_and_with_one(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "pröject", SUITE, "addopts = --doctest-modules --doctest-glob=*.txt")
    plain = project.pytest()
    assert len(plain.ran) == 12 + 6 + 2 + 2 + 1 + 1 + 2
    for arguments, expected in (((), "no history yet"), (("-n", "1"), "100 % of the time from history")):
        results = project.run_all(2, *arguments)
        assert sorted(test for result in results for test in result.ran) == sorted(plain.ran)
        assert sum(len(result.recorded.tests) for result in results) == len(plain.ran)
        assert expected in results[0].collected_line
