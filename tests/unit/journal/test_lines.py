"""Lines of a journal, there and back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis.strategies import none
from making import finished, header_of
from strategies import any_text, finished_tests, footers, journal_headers, limits, owned_files

from pytest_smartshard.checked import parse_table
from pytest_smartshard.journal import lines
from pytest_smartshard.model.limit import Limit
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


@given(any_text, any_text, none() | limits)
def test_errors_and_starts(one: str, other: str, limit: Limit | None) -> None:
    error = CollectionError(node=one, details=other)
    assert lines.parse_error(there_and_back(lines.error_line(error))) == error
    key = ItemKey(one, other)
    assert lines.parse_start(there_and_back(lines.encode_start(key, limit))) == (key, limit)


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


def test_what_is_not_known_of_a_file_is_left_out() -> None:
    owned = OwnedFile(
        file="a", collected=1, collected_digest="d", remaining=1, remaining_digest="d", selected=("t",)
    )
    assert set(lines.file_line(owned)) == {"kind", "file", "collected", "remaining", "selected"}
    measured = lines.file_line(replace(owned, collecting=0))
    assert measured["collecting"] == 0, "zero is a measurement, None is not"


def test_a_shard_that_says_nothing_of_its_inventory_saw_the_whole_suite() -> None:
    header = header_of(collection="c1")
    for inventory in ("", "c1"):
        line = lines.header_line(replace(header, inventory=inventory))
        assert {"inventory", "pruned", "start_up"}.isdisjoint(line)
        assert lines.parse_header(line).inventory == "c1"
    assert lines.parse_header(lines.header_line(replace(header, inventory="i1"))).inventory == "i1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"needing": [0, 0]},
        {"needs": [["a"]], "needing": [0]},
        {"needs": [["a"]], "needing": [0, 1]},
        {"needs": [["a"]], "needing": [0, -1]},
        {"needs": [["a"]], "needing": [0, True]},
        {"needs": [["a", 1]], "needing": [0, 0]},
        {"needs": ["a"], "needing": [0, 0]},
        {"owners": [0]},
        {"owners": [2, 1]},
        {"owners": [1, 1]},
        {"owners": [100_000]},
        {"collecting": -1},
        {"collecting": 10**16},
        {"collecting": None},
        {"cold": 1},
        {"first": "yes"},
    ],
    ids=str,
)
def test_what_no_file_can_be(wrong: dict[str, object]) -> None:
    owned = OwnedFile(
        file="a", collected=2, collected_digest="d", remaining=2, remaining_digest="d", selected=("t", "u")
    )
    with pytest.raises(ValueError, match=r"needs|needing|owners|collecting|cold|first"):
        lines.parse_file({**lines.file_line(owned), **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        [5],
        [["", "a", 1]],
        [["", "a", 1, 1, 1]],
        [["", 5, 1, 1]],
        [[5, "a", 1, 1]],
        [["", "a", -1, 1]],
        [["", "a", 1, 10**16]],
        [["", "a", 1, 1.0]],
    ],
    ids=str,
)
def test_what_no_test_can_have_paid(wrong: object) -> None:
    line = parse_table(lines.encode_test(finished("t")))
    with pytest.raises(ValueError, match="shared"):
        lines.parse_test({**line, "shared": wrong})


def test_a_header_says_its_format_first() -> None:
    """So that a reader that knows no more of it can still say that it is too new."""
    assert list(json.loads(lines.encode(lines.header_line(header_of()))))[:2] == ["kind", "format"]
