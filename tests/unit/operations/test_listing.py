"""Suites from lists of ids and from histories."""

from __future__ import annotations

from pathlib import Path

from making import history_of, suite_of

from pytest_smartshard.model.suite import CollectedTest, Suite, SuiteFile
from pytest_smartshard.operations.listing import suite_of_history, suite_of_ids


def test_ids_become_the_suite_that_they_name_in_any_order(tmp_path: Path) -> None:
    ids = ["b.py::t[x::y]", "a.py::A::t", "a.py::t[<object at 0x7f0000001234>]", "b.py::s", "a.py::A::t"]
    expected = suite_of(
        {
            "a.py": [CollectedTest("A::t"), CollectedTest("t[<object at 0x7f0000001234>]", unstable=True)],
            "b.py": ["s", "t[x::y]"],
        }
    )
    assert suite_of_ids(ids, tmp_path) == suite_of_ids(reversed(ids), tmp_path) == expected


def test_what_a_history_knows_is_a_suite(tmp_path: Path) -> None:
    history = history_of({"b.py": {"t": 1}, "a.py": {"t[1]": 2, "s": 3}})
    assert suite_of_history(history, tmp_path) == suite_of({"a.py": ["s", "t[1]"], "b.py": ["t"]})


def test_files_that_are_there_have_their_size(tmp_path: Path) -> None:
    """Without any history the biggest file is dealt first."""
    (tmp_path / "a.py").write_text("12345", encoding="ascii")
    (tmp_path / "b.py").mkdir()
    found = suite_of_ids(["a.py::t", "b.py::t", "nul\0.py::t", "gone.py::t"], tmp_path)
    assert [file.size for file in found.files] == [5, 0, 0, 0]


def test_nothing_is_an_empty_suite(tmp_path: Path) -> None:
    assert suite_of_ids([], tmp_path) == Suite(files=())
    assert SuiteFile(key="a.py") not in suite_of_history(history_of({}), tmp_path).files
