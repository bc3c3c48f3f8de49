"""Joining histories is commutative and idempotent, and what it drops stays dropped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import SEGMENT, finished_tests, journal_headers, journal_sets

from pytest_smartshard.model.history import IMPORTED, History
from pytest_smartshard.model.record import FinishedTest, Journal, JournalFooter, JournalHeader
from pytest_smartshard.model.segment import RunIdentity, ShardIndex
from pytest_smartshard.proving import joining
from pytest_smartshard.proving.estimate import SMALLEST_COST
from pytest_smartshard.proving.joining import is_complete, join, journal_identity
from pytest_smartshard.proving.samples import decode_column
from pytest_smartshard.store.format import history_text, parse_history

kept_runs = st.sampled_from([1, 2, joining.KEPT_RUNS])
"""With few runs kept, few journals show what dropping does."""


def joined(groups: Sequence[Sequence[Journal]], kept: int) -> History:
    """All *groups* joined one after another, each by way of the store's text."""
    history = History()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "KEPT_RUNS", kept)
        for group in groups:
            raw = history_text(join(history, group), SEGMENT).encode("ascii")
            history = parse_history(raw, "store")
    return replace(history, digest="", origin="")


@st.composite
def imports(draw: st.DrawFn) -> list[Journal]:
    """What other tools measured of the same tests, and of others; their clocks say that it was at any time."""
    journals = []
    for number, started in enumerate(draw(st.lists(st.integers(0, 2_000_000), max_size=3, unique=True))):
        (model, *_) = draw(journal_sets(max_runs=1))
        identity = RunIdentity(run=f"{IMPORTED}{number}")
        header = replace(model.header, identity=identity, shard=ShardIndex(1, 1), started=float(started), lanes=1)
        journals.append(Journal(path=f"import-{number}", header=header, tests=model.tests))
    return journals


@st.composite
def grouped(draw: st.DrawFn) -> tuple[list[Journal], list[list[Journal]]]:
    """Journals, and the same ones in other groups and order, some of them more than once."""
    journals = [*draw(journal_sets()), *draw(imports())]
    again = draw(st.lists(st.sampled_from(journals), max_size=3))
    order = draw(st.permutations([*journals, *again]))
    cuts = sorted(draw(st.sets(st.integers(0, len(order)), max_size=4)))
    return journals, [list(order[start:end]) for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]


@given(grouped(), kept_runs)
def test_order_grouping_and_repetition_change_nothing(
    inputs: tuple[list[Journal], list[list[Journal]]], kept: int
) -> None:
    journals, groups = inputs
    assert joined([*groups, [], []], kept) == joined([journals], kept)


@given(grouped())
def test_each_run_and_each_test_is_there_once_with_a_speed_and_a_cost_above_zero(
    inputs: tuple[list[Journal], list[list[Journal]]],
) -> None:
    journals, groups = inputs
    history = joined(groups, joining.KEPT_RUNS)
    identities = [run.identity for run in (*history.runs, *history.other_runs)]
    assert len(set(identities)) == len(identities)
    assert set(identities) <= set(map(journal_identity, journals))
    assert [run.age_order for run in history.runs] == sorted(run.age_order for run in history.runs)
    for file in history.files.values():
        assert list(file.tails) == sorted(set(file.tails))
        assert len(file.columns) == len(history.runs)
        assert all(cost >= SMALLEST_COST for cost in file.costs)
    assert all(run.speed >= 1 for run in history.runs)


def samples_by_run(history: History) -> dict[tuple[str, str, str, int, int], object]:
    found: dict[tuple[str, str, str, int, int], object] = {}
    for key, file in history.files.items():
        for run, column in zip(history.runs, file.columns, strict=True):
            for tail, sample in zip(file.tails, decode_column(column, len(file.tails)), strict=True):
                if sample is not None:
                    place = (key, tail, *run.identity)
                    found[place] = sample
    return found


@given(journal_sets(), imports(), kept_runs)
def test_an_import_takes_nothing_from_what_shards_measured(
    journals: list[Journal], imported: list[Journal], kept: int
) -> None:
    """It is older than all of that, so it adds to a test's past or is dropped."""
    own, both = joined([journals], kept), joined([journals, imported], kept)
    assert samples_by_run(own).items() <= samples_by_run(both).items()
    origins = [run.run.startswith(IMPORTED) for run in both.runs]
    assert origins == sorted(origins, reverse=True)


@given(journal_sets(), kept_runs)
def test_a_test_goes_only_when_a_newer_complete_run_lacks_it(journals: list[Journal], kept: int) -> None:
    """And then it goes for certain: what remains was seen by the newest complete run or after it."""
    history = joined([journals], kept)
    seen: dict[tuple[str, str], float] = {}
    attempts: dict[str, list[Journal]] = defaultdict(list)
    for journal in journals:
        attempts[journal.header.identity.run].append(journal)
        for test in journal.tests:
            key = (test.key.file, test.stored_tail)
            seen[key] = max(seen.get(key, 0.0), journal.header.started)
    complete = [
        run[0].header.started
        for run in attempts.values()
        if _some_plan_was_complete([journal for journal in run if journal.header.identity.generation == 0])
    ]
    newest = max(complete, default=0.0)
    assert {(file, tail) for file, history in history.files.items() for tail in history.tails} == {
        key for key, started in seen.items() if started >= newest
    }


@given(journal_sets(), kept_runs)
def test_a_shared_cost_goes_only_when_a_newer_complete_run_lacks_it(journals: list[Journal], kept: int) -> None:
    """But for those of every process, which never go."""
    history = joined([journals], kept)
    attempts: dict[str, list[Journal]] = defaultdict(list)
    seen: dict[tuple[str, str], float] = {}
    for journal in journals:
        attempts[journal.header.identity.run].append(journal)
        for key in _shared_in(journal):
            seen[key] = max(seen.get(key, 0.0), journal.header.started)
    complete = [
        run[0].header.started
        for run in attempts.values()
        if _some_plan_was_complete([journal for journal in run if journal.header.identity.generation == 0])
    ]
    newest = max(complete, default=0.0)
    kept_names = {_as_one(place, name) for place, known in history.shared.items() for name in known.tails}
    assert kept_names == {
        key for key, started in seen.items() if started >= newest or key in (("", "start-up"), ("", "each test"))
    }


def _shared_in(journal: Journal) -> set[tuple[str, str]]:
    """Places and names that a journal tells of."""
    found = {(time.place, time.name) for test in journal.tests for time in test.shared}
    found |= {(file.file, "collect") for file in journal.files if file.collecting is not None}
    if journal.header.start_up:
        found.add(("", "start-up"))
    if journal.footer is not None:
        found |= {_as_one(file, "each test") for file in journal.footer.each_test_of}
        if journal.footer.each_test:
            found.add(("", "each test"))
    return found


def _as_one(place: str, name: str) -> tuple[str, str]:
    """What is kept or dropped together: a file's collection in both states, and what passes beside its tests."""
    return place, "collect" if place and name in ("collect cold", "each test") else name


@given(grouped())
def test_shared_costs_can_be_planned_with(inputs: tuple[list[Journal], list[list[Journal]]]) -> None:
    history = joined(inputs[1], joining.KEPT_RUNS)
    for known in history.shared.values():
        assert list(known.tails) == sorted(set(known.tails))
        assert len(known.columns) == len(history.runs)
        assert all(cost >= 1 for cost in known.costs)
        assert "collect" in known.tails or "collect cold" not in known.tails
        assert not known.needs


@given(journal_sets(), kept_runs)
def test_needs_are_those_of_the_newest_attempt_that_has_a_sample(journals: list[Journal], kept: int) -> None:
    history = joined([journals], kept)
    newest: dict[tuple[str, str], tuple[float, object]] = {}
    needs: dict[tuple[str, str, object], set[str]] = defaultdict(set)
    for journal in journals:
        age = (journal.header.started, journal_identity(journal))
        measured = {(test.key.file, test.stored_tail) for test in journal.tests}
        for key in measured:
            newest[key] = max(newest.get(key, age), age)
        for owned in journal.files:
            for tail, place in zip(owned.selected or (), owned.needing, strict=True):
                if (owned.file, tail) in measured:
                    needs[owned.file, tail, age].update(owned.needs[place])
    for file, known in history.files.items():
        for place, tail in enumerate(known.tails):
            found = known.needs[known.needing[place]] if known.needing else ()
            assert list(found) == sorted(needs[file, tail, newest[file, tail]])
        assert len(set(known.needs)) == len(known.needs)


def _some_plan_was_complete(journals: list[Journal]) -> bool:
    """Whether all shards of one plan and one collection finished. Others may be there too, of a re-run job."""
    finished: dict[tuple[str, str, int], set[int]] = defaultdict(set)
    for journal in journals:
        if journal.is_finished:
            header = journal.header
            finished[header.digest, header.collection, header.shard.count].add(header.shard.number)
    return any(numbers == set(range(1, count + 1)) for (_, _, count), numbers in finished.items())


@given(journal_sets(max_runs=12), kept_runs)
def test_only_samples_of_the_newest_runs_are_kept_and_each_tests_newest(
    journals: list[Journal], kept: int
) -> None:
    history = joined([journals], kept)
    newest = {
        (file, tail): max(
            journal.header.started
            for journal in journals
            if any((test.key.file, test.stored_tail) == (file, tail) for test in journal.tests)
        )
        for file, found in history.files.items()
        for tail in found.tails
    }
    ages = sorted({(j.header.started, *journal_identity(j)) for j in journals})
    recent = {age[1:] for age in ages[-kept:]}
    for file, found in history.files.items():
        for run, column in zip(history.runs, found.columns, strict=True):
            for tail, sample in zip(found.tails, decode_column(column, len(found.tails)), strict=True):
                if sample is not None:
                    assert run.identity in recent or run.started == newest[file, tail]


@given(journal_headers(), st.lists(finished_tests, max_size=3), st.booleans())
def test_whatever_a_journal_says_the_store_can_be_read_again(
    header: JournalHeader, tests: list[FinishedTest], done: bool
) -> None:
    """Journals come from artifacts. One that a reader takes must not spoil a store for ever."""
    footer = JournalFooter(exit_code=0, ran=header.selected, seconds=1.0) if done else None
    history = joined([[Journal(path="", header=header, tests=tuple(tests), footer=footer)], []], 8)
    assert [run.identity for run in (*history.runs, *history.other_runs)] == [
        (header.identity.run, header.identity.generation, header.identity.attempt)
    ]


def test_an_empty_set_of_attempts_is_not_complete() -> None:
    assert not is_complete([])
