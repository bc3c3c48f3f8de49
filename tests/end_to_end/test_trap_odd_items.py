"""Items that are no functions of a test file, and ids that look like anything, are sharded like all others."""

from __future__ import annotations

from pathlib import Path

from sharded import Project, exactly_once

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


DOCUMENTS = {
    "conftest.py": """
        import pytest

        class Document(pytest.File):
            def collect(self):
                self.done = []
                for number in range(4):
                    yield Example.from_parent(self, name=f"line {number}")

        class Example(pytest.Item):
            def runtest(self):
                assert self.parent.done == [f"line {number}" for number in range(int(self.name[-1]))]
                self.parent.done.append(self.name)

        def pytest_collect_file(file_path, parent):
            if file_path.suffix in (".md", ".py"):
                return Document.from_parent(parent, path=file_path)
        """,
    "one.md": "",
    "two.md": "",
    "test_own.py": "def test_a(): pass\n\n\ndef test_b(): pass\n",
}


def test_examples_of_a_document_may_need_those_before_them(tmp_path: Path) -> None:
    """As those of sybil and the cells of a notebook do; beside them the file's own tests go where they like."""
    project = Project.make(tmp_path / "project", DOCUMENTS)
    plain = project.pytest()
    assert [ran.outcome for ran in plain.ran] == ["passed"] * (4 * len(DOCUMENTS) + 2)
    for _ in ("without a store", "with one"):
        exactly_once(project.run_all(3), plain)
