"""Lines of a journal, there and back."""

from __future__ import annotations

import json

from hypothesis import given
from making import finished, header_of
from strategies import any_text, finished_tests, footers, journal_headers, owned_files

from pytest_smartshard.checked import parse_table
from pytest_smartshard.journal import lines
from pytest_smartshard.model.record import CollectionError, FinishedTest, JournalFooter, JournalHeader, OwnedFile
from pytest_smartshard.model.suite import ItemKey


def there_and_back(line: lines.Line | bytes) -> lines.Line:
    encoded = line if isinstance(line, bytes) else lines.encode(line)
    assert encoded.endswith(b"\n")
    assert encoded.count(b"\n") == 1, "whatever a test is called, its line is one"
    encoded.decode("ascii")
    return dict(parse_table(encoded))


@given(journal_headers())
def test_headers(header: JournalHeader) -> None:
    assert lines.parse_header(there_and_back(lines.header_line(header))) == header


@given(owned_files)
def test_files(owned: OwnedFile) -> None:
    assert lines.parse_file(there_and_back(lines.file_line(owned))) == owned


@given(any_text, any_text)
def test_errors_and_starts(one: str, other: str) -> None:
    error = CollectionError(node=one, details=other)
    assert lines.parse_error(there_and_back(lines.error_line(error))) == error
    key = ItemKey(one, other)
    assert lines.parse_start(there_and_back(lines.encode_start(key))) == key


@given(finished_tests)
def test_tests(test: FinishedTest) -> None:
    assert lines.parse_test(there_and_back(lines.encode_test(test))) == test


@given(footers)
def test_footers(footer: JournalFooter) -> None:
    assert lines.parse_footer(there_and_back(lines.footer_line(footer))) == footer


@given(any_text)
def test_halves_of_surrogates_survive(text: str) -> None:
    test = FinishedTest(
        key=ItemKey(f"{text}\ud800", text), stored_tail="", outcome="error", details=f"\udfff{text}"
    )
    assert lines.parse_test(there_and_back(lines.encode_test(test))) == test


def test_long_ids_survive() -> None:
    tail = "test_a[" + "é\n]" * 20_000 + "]"
    assert lines.parse_test(there_and_back(lines.encode_test(finished(tail)))).key.tail == tail


def test_what_holds_its_default_is_left_out() -> None:
    assert there_and_back(lines.encode_test(finished("t", 5))) == {
        "kind": "test",
        "file": "tests/test_a.py",
        "test": "t",
        "outcome": "passed",
        "times": [0, 5, 0],
    }
    zero = FinishedTest(key=ItemKey("a", "t"), stored_tail="t", outcome="passed", cpu=0, memory=0)
    assert {"cpu", "memory"} <= set(there_and_back(lines.encode_test(zero))), "zero is a measurement, None is not"


def test_a_header_says_its_format_first() -> None:
    """So that a reader that knows no more of it can still say that it is too new."""
    assert list(json.loads(lines.encode(lines.header_line(header_of()))))[:2] == ["kind", "format"]
