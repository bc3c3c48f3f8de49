"""Samples as one line of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_smartshard.proving.samples import CLASSES, Sample, decode_column, duration_of, encode_column

samples: st.SearchStrategy[Sample] = st.one_of(
    st.none(),
    st.integers(0, 10**15),
    st.builds("{}{}".format, st.sampled_from(sorted(CLASSES)), st.integers(0, 10**15)),
)


@given(st.lists(samples))
def test_a_column_is_read_as_it_was_written(column: list[Sample]) -> None:
    assert decode_column(encode_column(column), len(column)) == column


def test_columns_look_like_this_for_ever() -> None:
    assert encode_column([1200, "s40", None]) == "1200 s40 -"
    assert encode_column([None, None]) == ""
    assert decode_column("", 2) == [None, None]
    assert duration_of("f1200") == 1200


@pytest.mark.parametrize(
    ("column", "wrong"),
    [
        ("1200 x40", "'x40' is no sample"),
        ("1200 s", "'s' is no sample"),
        ("1200 -5", "'-5' is no sample"),
        ("1200 1.5", "'1.5' is no sample"),
        ("1200 s-4", "'s-4' is no sample"),
        ("1200  7", "'' is no sample"),
        ("1200 ٣", "'٣' is no sample"),
        ("1200 s²", "'s²' is no sample"),
        ("1200 nan", "'nan' is no sample"),
        ("1200 1000000000000001", "'1000000000000001' is no sample"),
        ("1200 f1000000000000001", "'f1000000000000001' is no sample"),
        ("1200", "1 samples of 2 tests"),
        ("1 2 3", "3 samples of 2 tests"),
    ],
)
def test_other_text_is_refused(column: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        decode_column(column, 2)
    assert str(refused.value) == wrong
