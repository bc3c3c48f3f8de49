"""Joining journals, example by example; the laws are in tests/property/test_joining.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from making import FILE, finished, header_of, journal_of

from pytest_smartshard.model.history import FileHistory, History, MeasuredRun
from pytest_smartshard.model.record import FinishedTest, Journal
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.joining import KEPT_RUNS, REMEMBERED_RUNS, join
from pytest_smartshard.proving.samples import Sample, decode_column


def samples_of(history: History, tail: str) -> list[Sample]:
    """The samples of one test of the one file, from the oldest run to the newest."""
    file = history.files[FILE]
    place = list(file.tails).index(tail)
    return [decode_column(column, len(file.tails))[place] for column in file.columns]


def tails_of(history: History) -> list[str]:
    return [tail for file in history.files.values() for tail in file.tails]


def sample(*tests: FinishedTest) -> Sample:
    (found,) = samples_of(join(History(), [journal_of(header_of(), tests)]), "t")
    return found


def run(name: int, *tails: str, shard: str = "1/1", done: bool = True, **rest: Any) -> Journal:
    """One journal of a run that started at the time that is its name."""
    header = header_of(shard, run=f"r{name:03}", started=float(name), selected=len(tails), **rest)
    return journal_of(header, [finished(tail, 1_000 * (name + 1)) for tail in tails], done=done)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("passed", 2_000),
        ("xfailed", 2_000),
        ("xpassed", 2_000),
        ("failed", "f2000"),
        ("error", "f2000"),
        ("skipped", "s2000"),
        ("crashed", "c2000"),
    ],
)
def test_the_class_of_a_sample_follows_from_the_outcome(outcome: str, expected: Sample) -> None:
    assert sample(finished("t", 2_000, outcome=outcome)) == expected


def test_a_test_that_passed_only_when_run_again_is_kept_apart() -> None:
    assert sample(finished("t", 2_000, reruns=1)) == "r2000"
    assert sample(finished("t", 2_000, outcome="failed", reruns=2)) == "f2000"


def test_all_three_phases_count() -> None:
    assert sample(finished("t", 2_000, setup=300, teardown=40)) == 2_340


def test_tests_that_share_a_key_are_added_up_with_the_gravest_class() -> None:
    assert sample(finished("t", 2_000), finished("t", 3_000)) == 5_000
    assert sample(finished("t", 2_000), finished("t", 3_000, outcome="skipped")) == 5_000
    assert sample(finished("t", 2_000, outcome="failed"), finished("t", 3_000)) == "f5000"
    assert sample(finished("t", 1_000, outcome="skipped"), finished("t", 30, outcome="skipped")) == "s1030"


def test_sums_are_rounded_and_not_their_parts() -> None:
    assert sample(*[finished("t", 4) for _ in range(100)]) == 400


def test_the_stored_tail_is_the_key() -> None:
    test = FinishedTest(key=ItemKey(FILE, "t[<0x7f>]"), stored_tail="t", outcome="passed", call=2_000)
    other = FinishedTest(key=ItemKey(FILE, "t[<0x8f>]"), stored_tail="t", outcome="passed", call=1_000)
    assert sample(test, other) == 3_000


def test_of_two_shards_that_ran_one_test_the_graver_and_longer_counts() -> None:
    """It happens when shards planned differently; summing would depend on how often one merges."""
    first = journal_of(header_of("1/2"), [finished("t", 2_000)])
    second = journal_of(header_of("2/2"), [finished("t", 1_000, outcome="failed")])
    assert samples_of(join(History(), [first, second]), "t") == ["f1000"]
    assert samples_of(join(History(), [second, first]), "t") == ["f1000"]


def test_each_attempt_has_a_sample_of_its_own() -> None:
    first = journal_of(header_of(attempt=1, started=10.0), [finished("t", 2_000)])
    second = journal_of(header_of(attempt=2, started=20.0), [finished("t", 3_000)])
    history = join(History(), [second, first])
    assert [run.identity for run in history.runs] == [("r1", 0, 1), ("r1", 0, 2)]
    assert samples_of(history, "t") == [2_000, 3_000]


def test_what_was_given_names_the_result() -> None:
    history = join(History(digest="abc", origin="here"), [journal_of(header_of(), [finished("t")])])
    assert (history.digest, history.origin) == ("abc", "here")


def test_a_run_is_as_old_as_its_earliest_shard_and_has_all_their_facts() -> None:
    journals = [
        journal_of(header_of("2/3", started=20.12345, lanes=4, digest="d2"), [finished("b")]),
        journal_of(header_of("1/3", started=10.98765, lanes=2), [finished("a")]),
        journal_of(header_of("3/3", started=30.0), [finished("c")], done=False),
    ]
    assert join(History(), journals).runs == (
        MeasuredRun(run="r1", started=10.988, finished=("d1-c1 1/3", "d2-c1 2/3"), lanes=4, speed=1_000),
    )


def test_a_complete_run_drops_what_it_no_longer_had() -> None:
    assert tails_of(join(History(), [run(1, "gone", "t"), run(2, "t")])) == ["t"]


@pytest.mark.parametrize(
    "newer",
    [
        [run(2, "t", done=False)],
        [run(2, "t", shard="1/2")],
        [run(2, "t", shard="1/2"), run(2, shard="2/2", done=False)],
        [run(2, "t", shard="1/2"), run(2, shard="2/2", digest="d2")],
        [run(2, "t", shard="1/2"), run(2, shard="2/2", collection="c2")],
        [run(2, "t", shard="1/2"), run(2, shard="2/3")],
    ],
    ids=[
        "killed",
        "a shard missing",
        "a shard killed",
        "planned differently",
        "collected differently",
        "counted differently",
    ],
)
def test_a_run_that_is_not_complete_drops_nothing(newer: Sequence[Journal]) -> None:
    assert tails_of(join(History(), [run(1, "gone", "t"), *newer])) == ["gone", "t"]


def test_a_complete_generation_of_what_was_left_drops_nothing() -> None:
    rest = journal_of(header_of(run="r002", generation=1, started=2.0), [finished("t")])
    assert tails_of(join(History(), [run(1, "gone", "t"), rest])) == ["gone", "t"]


def test_shards_may_finish_in_different_attempts() -> None:
    journals = [
        journal_of(header_of("1/2", run="r2", started=2.0), [finished("t")]),
        journal_of(header_of("2/2", run="r2", started=2.0, selected=1), [], done=False),
        journal_of(header_of("2/2", run="r2", started=3.0, attempt=2), [finished("u")]),
    ]
    assert tails_of(join(History(), [run(1, "gone"), *journals])) == ["t", "u"]


@pytest.mark.parametrize("shard", ["1/1", "1/3"])
def test_a_plan_that_was_complete_stays_so_when_a_job_planned_anew(shard: str) -> None:
    """Else it would depend on the order of journals what is dropped."""
    ghost, complete = run(1, "ghost"), run(2, "t")
    anew = journal_of(header_of(shard, run="r002", started=2.0, attempt=2, digest="d2"), [finished("t")])
    at_once = join(History(), [ghost, complete, anew])
    assert tails_of(at_once) == ["t"]
    assert join(join(join(History(), [anew]), [ghost]), [complete]) == at_once
    assert join(join(join(History(), [ghost]), [complete]), [anew]) == at_once


def test_a_test_that_only_a_newer_partial_run_saw_stays() -> None:
    assert tails_of(join(History(), [run(2, "t"), run(3, "new", shard="1/2")])) == ["new", "t"]


@pytest.mark.parametrize("newest_shard", ["1/2", "1/1"])
def test_a_test_that_went_and_came_back_starts_anew(newest_shard: str) -> None:
    """Whether the run that lacked it was taken in before it came back, or together with that."""
    journals = [run(1, "a", "t"), run(2, "t"), run(3, "a", "t", shard=newest_shard)]
    at_once = join(History(), journals)
    assert samples_of(at_once, "a") == [None, None, 4_000]
    assert samples_of(at_once, "t") == [2_000, 3_000, 4_000]
    assert join(join(History(), journals[:2]), journals[2:]) == at_once
    assert join(join(History(), journals[::2]), journals[1:2]) == at_once


def test_an_older_complete_run_drops_nothing_newer() -> None:
    assert tails_of(join(join(History(), [run(2, "new", shard="1/2")]), [run(1, "t")])) == ["new", "t"]


def test_the_newest_runs_samples_are_kept_and_each_tests_newest() -> None:
    old = run(0, "rare", "t", shard="1/2")
    newer = [run(name, "t", shard="1/2") for name in range(1, KEPT_RUNS + 1)]
    history = join(History(), [old, *newer])
    assert samples_of(history, "rare") == [1_000] + [None] * KEPT_RUNS
    assert samples_of(history, "t") == [None] + [1_000 * (name + 1) for name in range(1, KEPT_RUNS + 1)]


def test_a_run_that_no_sample_is_kept_of_still_completes_later() -> None:
    """Its second shard arrives when eight newer runs have pushed its first one out."""
    ghost = run(0, "ghost")
    first, second = run(1, "t", shard="1/2"), run(1, "u", shard="2/2")
    newer = [run(name, "t", shard="1/2") for name in range(2, 2 + KEPT_RUNS)]
    at_once = join(History(), [ghost, first, second, *newer])
    later = join(join(History(), [ghost, first, *newer]), [second])
    assert tails_of(at_once) == ["t", "u"]
    assert later == at_once


def test_what_a_complete_run_dropped_does_not_come_back_with_an_old_journal() -> None:
    ghost, complete = run(0, "ghost", shard="1/2"), run(1, "t")
    newer = [run(name, "t", shard="1/2") for name in range(2, 2 + KEPT_RUNS)]
    history = join(History(), [ghost, complete, *newer])
    assert tails_of(join(history, [ghost])) == ["t"]


def test_a_run_without_samples_still_counts_among_the_newest() -> None:
    old, newest = run(0, "t"), run(KEPT_RUNS, "t")
    empty = [run(name, shard="1/2") for name in range(1, KEPT_RUNS)]
    at_once = join(History(), [old, *empty, newest])
    assert samples_of(at_once, "t") == [1_000 * (KEPT_RUNS + 1)]
    assert join(join(History(), [*empty, newest]), [old]) == at_once


def test_a_store_that_is_never_completed_does_not_grow_for_ever() -> None:
    journals = [run(name, "t", shard="1/2") for name in range(REMEMBERED_RUNS + 2 * KEPT_RUNS)]
    history = join(History(), journals)
    assert len(history.runs) == KEPT_RUNS
    assert len(history.other_runs) == REMEMBERED_RUNS


def test_files_and_tests_are_in_order_whatever_came_first() -> None:
    tests = [
        FinishedTest(key=ItemKey(file, tail), stored_tail=tail, outcome="passed")
        for file in ("b.py", "a.py")
        for tail in ("z", "a[\udc80]", "a")
    ]
    history = join(History(), [journal_of(header_of(), tests)])
    assert list(history.files) == ["a.py", "b.py"]
    assert [list(file.tails) for file in history.files.values()] == [["a", "a[\udc80]", "z"]] * 2


def test_costs_follow_from_samples_and_speeds() -> None:
    tails = [f"t{place}" for place in range(10)]
    slow = journal_of(header_of(run="slow", started=1.0), [finished(tail, 1_500) for tail in tails])
    fast = journal_of(header_of(run="fast", started=2.0), [finished(tail, 1_000) for tail in tails])
    history = join(History(), [fast, slow])
    assert [run.speed for run in history.runs] == [1_500, 1_000]
    assert history.files[FILE].costs == [1_000] * 10


def test_a_history_of_one_that_knew_no_samples_is_refused_with_what_is_wrong() -> None:
    history = History(runs=(MeasuredRun(run="r1"),), files={FILE: FileHistory(["t"], [1_000], ["x1"])})
    with pytest.raises(ValueError, match=r"^'x1' is no sample$"):
        join(history, [])


def test_joining_changes_neither_history_nor_journals() -> None:
    journals = [run(1, "t"), run(2, "t", "u")]
    before = join(History(), journals)
    again = join(History(), journals)
    join(before, [run(3, "u")])
    assert before == again
