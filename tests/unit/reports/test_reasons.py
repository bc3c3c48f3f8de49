"""The one line that says why a test failed."""

from __future__ import annotations

import pytest

from pytest_smartshard.reports.reasons import LONGEST_REASON, reason_of, without_colours


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        (
            "def test():\n>   assert 1 == 2\nE   assert 1 == 2\nE    +  where\n\na.py:2: AssertionError",
            "assert 1 == 2",
        ),
        ("E   \nE   ValueError: no", "ValueError: no"),
        ("worker 'gw0' crashed while running 'a.py::b'", "worker 'gw0' crashed while running 'a.py::b'"),
        ("a.py:1: in <module>\nImportError: no module\n--- Captured stdout ---\nlast", "ImportError: no module"),
        ("\x1b[31mE   assert 0\x1b[0m", "assert 0"),
        ("E   a\x00b\u2028c", r"a\x00b\u2028c"),
        ("", ""),
        (" \n\n", ""),
    ],
)
def test_the_line_that_pytest_marks_or_the_last_one(details: str, reason: str) -> None:
    assert reason_of(details) == reason


def test_a_long_reason_is_cut_in_its_middle() -> None:
    reason = reason_of(f"E   begin {'x' * 1_000} end")
    assert len(reason) == LONGEST_REASON
    assert reason.startswith("begin x")
    assert reason.endswith("x end")


@pytest.mark.parametrize(
    "sequence", ["\x1b[1;31m", "\x1b[0K", "\x1b]0;title\x07", "\x1b]8;;https://example.com\x1b\\", "\x1bM"]
)
def test_sequences_for_a_terminal_are_taken_out(sequence: str) -> None:
    assert without_colours(f"a{sequence}b") == "ab"
