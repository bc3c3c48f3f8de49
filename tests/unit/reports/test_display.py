"""Names made safe: nothing that a terminal acts on, and what tells tests apart is kept."""

from __future__ import annotations

import pytest

from pytest_smartshard.reports.display import cells, log_line, printable, shortened, wrapped


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("tests/test_a.py::test_b[1-2]", "tests/test_a.py::test_b[1-2]"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31mred\x9b0m\x7f", "\\x1b[31mred\\x9b0m\\x7f"),
        ("flip\u202eped", "flip\\u202eped"),
        ("line\u2028end", "line\\u2028end"),
        ("half\ud800", "half\\ud800"),
        ("prüfen[試]", "prüfen[試]"),
        (r"back\slash", r"back\slash"),
    ],
)
def test_printable(name: str, shown: str) -> None:
    assert printable(name) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tests/test_a.py::test_b[::x]", "tests/test_a.py::test_b[::x]"),
        ("## a heading", "## a heading"),
        ("::error::x", r"\x3a:error::x"),
        ("  ::error::x", r"  \x3a:error::x"),
        ("\t::error::x", r"\t::error::x"),
        ("a\n::error::x", r"a\n::error::x"),
        ("a ##[error]x", r"a #\x23[error]x"),
        ("##vso[task.complete]", r"#\x23vso[task.complete]"),
        ("###teamcity[a 'b']", r"##\x23teamcity[a 'b']"),
    ],
)
def test_a_line_of_a_log_is_no_command(text: str, shown: str) -> None:
    assert log_line(text) == shown


def test_printable_in_ascii() -> None:
    assert printable("prüfen[試]", ascii_only=True) == "pr\\xfcfen[\\u8a66]"


@pytest.mark.parametrize(
    ("name", "limit", "shown"),
    [
        ("abcdefghij", 10, "abcdefghij"),
        ("abcdefghijk", 10, "abcde…hijk"),
        ("abcdefghij" * 2_000, 10, "abcde…ghij"),
        ("試" * 6, 10, "試試…試試"),
        ("", 10, ""),
    ],
)
def test_shortened_in_the_middle(name: str, limit: int, shown: str) -> None:
    assert shortened(name, limit) == shown
    assert cells(shown) <= limit


def test_shortened_in_ascii() -> None:
    assert shortened("abcdefghijk", 10, ascii_only=True) == "abcd...ijk"


def test_an_escape_is_never_cut_in_two() -> None:
    assert shortened("abc\x1bdefghij\x1bxyz", 10) == "abc…xyz"


def test_wrapped_counts_cells_and_keeps_words() -> None:
    assert wrapped("one 試試 three", 9) == ["one 試試", "  three"]
    assert wrapped("one  two", 20) == ["one  two"]
    assert wrapped("unbreakable", 5) == ["unbreakable"]
    assert wrapped("", 5) == [""]
