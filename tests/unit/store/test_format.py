"""The text of a store; what it must bear is in tests/contracts/test_stored_formats.py."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from making import SEGMENT, finished, header_of, history_of, journal_of, lists_of
from strategies import any_text, costs

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.proving.joining import join
from pytest_smartshard.store.format import fingerprint, history_text, parse_history


@given(st.dictionaries(any_text, st.dictionaries(any_text, costs, min_size=1, max_size=5), max_size=5))
def test_any_name_of_a_file_or_test_survives(files: dict[str, dict[str, int]]) -> None:
    history = history_of(files)
    raw = history_text(history, SEGMENT).encode("ascii")
    assert lists_of(parse_history(raw, "x")) == lists_of(history)


def test_equal_histories_give_equal_text_whatever_their_order() -> None:
    one, other = FileHistory(["t"], [1], []), FileHistory(["u"], [2], [])
    assert history_text(History(files={"b": one, "a": other}), SEGMENT) == history_text(
        History(files={"a": other, "b": one}), SEGMENT
    )


def test_an_empty_history_is_a_store() -> None:
    text = history_text(History(), SEGMENT)
    assert json.loads(text) == {
        "kind": "smartshard-durations",
        "format": 1,
        "segment": "app@linux-3.12@all",
        "runs": [],
        "other_runs": [],
        "files": {},
    }
    assert parse_history(text.encode(), "x").is_empty


def test_a_changed_test_changes_the_two_lines_of_its_file() -> None:
    """Committed stores must not make large diffs."""
    tests = [finished(f"t{place}", 1_000)._replace(key=finished("t").key) for place in range(20)]
    tests = [test._replace(key=test.key._replace(file=f"test_{place}.py")) for place, test in enumerate(tests)]
    history = join(History(), [journal_of(header_of(), tests)])
    changed = replace(history, files={**history.files, "test_3.py": FileHistory(["t3"], [7], ["7"])})
    lines, others = (history_text(each, SEGMENT).splitlines() for each in (history, changed))
    assert len(lines) == len(others)
    assert sum(line != other for line, other in zip(lines, others, strict=True)) == 2


def test_a_fingerprint_is_of_the_bytes() -> None:
    assert fingerprint(b"") == "e3b0c44298fc"
    assert fingerprint(b"\n") == "01ba4719c80b"
