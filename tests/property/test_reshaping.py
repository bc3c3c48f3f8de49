"""Uniting histories forms a semilattice and loses no test; taking tests out leaves the others as they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SEGMENT, journal_sets

from pytest_smartshard.model.history import History
from pytest_smartshard.model.record import Journal
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving import joining
from pytest_smartshard.proving.joining import join, newest_complete
from pytest_smartshard.proving.reshaping import reshaped, united
from pytest_smartshard.store.format import history_text, parse_history

kept_runs = st.sampled_from([1, 2, joining.KEPT_RUNS])
"""With few runs kept, few journals show what dropping does."""


@st.composite
def several(draw: st.DrawFn) -> list[list[Journal]]:
    """Three groups of journals. The same run may be in several of them, in parts or whole."""
    journals = draw(journal_sets())
    return [draw(st.lists(st.sampled_from(journals), max_size=len(journals))) for _ in range(3)]


def histories_of(groups: Sequence[Sequence[Journal]]) -> list[History]:
    return [join(History(), group) for group in groups]


def text(history: History) -> str:
    return history_text(history, SEGMENT)


def known_in(*histories: History) -> set[ItemKey]:
    return {
        ItemKey(key, tail) for history in histories for key, file in history.files.items() for tail in file.tails
    }


@given(several(), kept_runs)
def test_uniting_is_commutative_associative_and_idempotent(groups: list[list[Journal]], kept: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "KEPT_RUNS", kept)
        a, b, c = histories_of(groups)
        whole = text(united([a, b, c]))
        assert text(united([c, a, b])) == whole
        assert text(united([united([a, b]), c])) == whole
        assert text(united([a, united([b, c])])) == whole
        assert text(united([a, b, c, b, united([a, b, c])])) == whole
        assert text(united([a])) == text(united([a, a])) == text(united([History(), a])) == text(a)


@given(several(), kept_runs)
def test_uniting_loses_no_test_now_or_at_the_next_merge(groups: list[list[Journal]], kept: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "KEPT_RUNS", kept)
        histories = histories_of(groups)
        whole = united(histories)
        assert known_in(whole) == known_in(*histories)
        assert known_in(join(whole, ())) == known_in(*histories)


@given(several(), kept_runs)
def test_what_was_united_is_a_store_that_can_be_read(groups: list[list[Journal]], kept: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "KEPT_RUNS", kept)
        whole = united(histories_of(groups))
    raw = text(whole).encode("ascii")
    again = parse_history(raw, "store")
    assert text(again) == raw.decode("ascii")


@given(journal_sets(), kept_runs)
def test_leaving_every_test_where_it_is_changes_nothing(journals: list[Journal], kept: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "KEPT_RUNS", kept)
        history = join(History(), journals)
        assert reshaped(history, lambda key: key.file) == history


@given(journal_sets(), st.sets(st.sampled_from("abcxy")), kept_runs)
def test_what_is_split_and_united_again_has_all_tests_samples_and_costs(
    journals: list[Journal], chosen: set[str], kept: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "KEPT_RUNS", kept)
        history = join(History(), journals)
        one = reshaped(history, lambda key: key.file if key.tail in chosen else None)
        other = reshaped(history, lambda key: None if key.tail in chosen else key.file)
        assert {key.tail for key in known_in(one)} <= chosen
        assert known_in(one).isdisjoint(known_in(other))
        again = united([one, other])
        assert again.files == history.files
        assert again.shared == history.shared
        assert again.runs == history.runs
        both = [newest_complete([*part.runs, *part.other_runs]) for part in (one, other, history)]
        assert len(set(both)) == 1


def test_nothing_united_is_nothing() -> None:
    assert united([]) == replace(History(), files={})
