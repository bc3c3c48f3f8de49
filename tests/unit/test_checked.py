"""Untrusted JSON: a line is taken or refused just as any other JSON is, however it is laid out."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_smartshard.checked import Table, parse_line, parse_table

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
spaces = st.text(" \t\r\n\x0b", max_size=2)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """JSON in some layout and encoding, perhaps cut off."""
    layout = json.dumps(draw(values), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1])))
    text = draw(spaces) + layout + draw(spaces) + draw(st.sampled_from(["", "", "", layout]))
    raw = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"])), "surrogatepass")
    return raw[: draw(st.integers(0, len(raw)))] if draw(st.booleans()) else raw


def taken(raw: bytes) -> Table | None:
    with contextlib.suppress(ValueError):
        return parse_table(raw)
    return None


@given(lines() | st.binary(max_size=20))
def test_a_line_is_taken_where_the_same_bytes_are_a_table(raw: bytes) -> None:
    expected = taken(raw)
    if expected is None:
        with pytest.raises(ValueError):
            parse_line(raw)
    else:
        assert parse_line(raw) == expected


def test_a_line_that_is_nested_too_deeply_is_refused_and_no_more() -> None:
    with pytest.raises(ValueError) as refused:
        parse_line(b'{"a":' + b"[" * 200_000)
    assert str(refused.value) == "nested too deeply"
