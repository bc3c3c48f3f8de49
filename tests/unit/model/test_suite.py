"""Keys of tests, and what is in a tail."""

from __future__ import annotations

import pytest

from pytest_smartshard.model.suite import CollectedTest, ItemKey, Suite, SuiteFile, class_of, function_of


@pytest.mark.parametrize(
    ("tail", "function", "owner"),
    [
        ("test_a", "test_a", "test_a"),
        ("test_a[1]", "test_a", "test_a"),
        ("TestA::test_b", "TestA::test_b", "TestA"),
        ("TestA::TestB::test_c[x::y]", "TestA::TestB::test_c", "TestA::TestB"),
        ("test_a[a[b]::c]", "test_a", "test_a"),
        ("test_a[]", "test_a", "test_a"),
        ("README.md", "README.md", "README.md"),
        ("[x]", "", ""),
        ("", "", ""),
    ],
)
def test_parameters_may_hold_any_text(tail: str, function: str, owner: str) -> None:
    assert function_of(tail) == function
    assert class_of(tail) == owner


def test_a_key_reads_as_a_node_id() -> None:
    assert str(ItemKey("tests/test_a.py", "TestA::test_b[1]")) == "tests/test_a.py::TestA::test_b[1]"


def test_durations_of_unstable_ids_are_kept_under_the_function() -> None:
    assert CollectedTest("TestA::test_b[<0x7f>]", unstable=True).stored_tail == "TestA::test_b"
    assert CollectedTest("test_b[obj0]", positional=True).stored_tail == "test_b[obj0]"


@pytest.mark.parametrize("keys", [["b.py", "a.py"], ["a.py", "a.py"]])
def test_files_of_a_suite_are_sorted_and_each_there_once(keys: list[str]) -> None:
    with pytest.raises(ValueError, match=r"^files of a suite must be sorted by key, each key once$"):
        Suite(files=tuple(SuiteFile(key=key) for key in keys))
