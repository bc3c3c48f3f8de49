"""Summing up a run from its journals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from making import FILE, SEGMENT, finished, header_of, journal_of, write_journal

from pytest_smartshard.model.record import FinishedTest, Journal, OwnedFile
from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.model.summary import Alternative, RunSummary, ShardSummary, TimedItem
from pytest_smartshard.operations.summarising import WORST, busy_time, last_run, load_of, summarise

MS = 1_000


def timed(tail: str, call: int, predicted: int = 0, lane: str = "", outcome: str = "passed") -> FinishedTest:
    return finished(tail, call, outcome=outcome)._replace(predicted=predicted, lane=lane)


def shard(number: int, *tests: FinishedTest, of: int = 2, done: bool = True, **rest: Any) -> Journal:
    header = replace(header_of(f"{number}/{of}", selected=len(tests)), **rest)
    return journal_of(header, tests, done=done)


def only(*journals: Journal) -> RunSummary:
    (found,) = summarise(journals)
    return found


def test_a_run_is_summed_up() -> None:
    found = only(
        shard(2, timed("c", 30 * MS, 50 * MS), predicted=50 * MS, known=50 * MS),
        shard(
            1,
            timed("a", 60 * MS, 20 * MS),
            timed("b", 10 * MS, 10 * MS, outcome="failed"),
            predicted=30 * MS,
            known=20 * MS,
        ),
    )
    assert found == RunSummary(
        segment=SEGMENT,
        run="r1",
        generation=0,
        digests=("d1",),
        shards=(
            ShardSummary(
                shard=ShardIndex(1, 2),
                tests=2,
                failed=1,
                predicted=30 * MS,
                busy=70 * MS,
                wall=1.0,
                finished=True,
            ),
            ShardSummary(
                shard=ShardIndex(2, 2),
                tests=1,
                failed=0,
                predicted=50 * MS,
                busy=30 * MS,
                wall=1.0,
                finished=True,
            ),
        ),
        missing=(),
        makespan=70 * MS,
        bound=60 * MS,
        total=100 * MS,
        binding=TimedItem(name=f"{FILE}::a", shard=1, predicted=20 * MS, actual=60 * MS),
        mispredicted=(
            TimedItem(name=f"{FILE}::a", shard=1, predicted=20 * MS, actual=60 * MS),
            TimedItem(name=f"{FILE}::c", shard=2, predicted=50 * MS, actual=30 * MS),
            TimedItem(name=f"{FILE}::b", shard=1, predicted=10 * MS, actual=10 * MS),
        ),
        alternatives=(Alternative(shards=1, makespan=100 * MS), Alternative(shards=3, makespan=60 * MS)),
        known=70 * MS,
        predicted_total=80 * MS,
    )


def test_missing_and_unfinished_shards_are_told_and_no_advice_given() -> None:
    """Advice from half a run would be wrong."""
    found = only(shard(1, timed("a", 10), of=3), shard(2, timed("b", 5), of=3, done=False))
    assert found.missing == (2, 3)
    assert found.alternatives == ()
    assert [(each.busy, each.wall, each.finished) for each in found.shards] == [
        (10, 1.0, True),
        (5, None, False),
        (None, None, False),
    ]


def test_the_last_attempt_at_a_shard_counts() -> None:
    first = shard(1, timed("a", 10), timed("b", 10), of=1)
    second = replace(first, tests=(timed("a", 70),))
    second = replace(second, header=replace(first.header, identity=replace(first.header.identity, attempt=2)))
    assert only(second, first) == only(first, second)
    assert only(second, first).total == 70


def test_lanes_work_at_the_same_time() -> None:
    tests = [timed("a", 30, lane="gw0"), timed("b", 30, lane="gw1"), timed("c", 20, lane="gw0")]
    assert busy_time(tests) == 50
    assert busy_time([]) == 0
    found = only(shard(1, *tests, of=1, lanes=2))
    assert (found.makespan, found.bound, found.total) == (50, 50, 80)
    assert found.alternatives == (Alternative(shards=2, makespan=30),)


def collected(file: str, collecting: int | None) -> OwnedFile:
    return OwnedFile(
        file=file,
        collected=1,
        collected_digest="",
        remaining=1,
        remaining_digest="",
        selected=("a",),
        collecting=collecting,
    )


def test_a_shard_is_busy_with_more_than_tests() -> None:
    """What a plan predicts of it, so that both can be compared."""
    journal = replace(
        shard(
            1, timed("a", 30, lane="gw0"), timed("b", 40, lane="gw1"), timed("c", 20, lane="gw0"), start_up=500
        ),
        files=(collected("test_a.py", 200), collected("test_b.py", None), collected("test_c.py", 7)),
    )
    assert load_of(journal) == 500 + 207 + 50
    assert journal.footer is not None
    assert load_of(replace(journal, footer=replace(journal.footer, each_test=3))) == 500 + 207 + 56
    assert load_of(replace(journal, footer=None)) == 500 + 207 + 50


def test_the_bound_has_start_up_and_collection_too() -> None:
    one = replace(shard(1, timed("a", 60), start_up=500), files=(collected(FILE, 90), collected("b.py", 10)))
    two = replace(shard(2, timed("b", 20), timed("c", 40), start_up=510), files=(collected(FILE, 100),))
    found = only(one, two)
    assert [each.busy for each in found.shards] == [660, 670]
    assert (found.makespan, found.total) == (670, 120)
    # FILE is collected once, where that took least, the other file too; a shard with a alone takes as long.
    assert found.bound == max(500 + (120 + 90 + 10) // 2, 500 + 60 + 90)
    assert found.binding == TimedItem(name=f"{FILE}::a", shard=1, predicted=0, actual=60)
    assert [other.makespan for other in found.alternatives] == [500 + 100 + 120, 500 + 34 + 60]


def test_every_lane_of_a_shard_collects_its_files() -> None:
    tests = [timed(name, 10, lane=f"gw{number}") for number, name in enumerate("abcd")]
    found = only(replace(shard(1, *tests, of=1, lanes=2), files=(collected("other.py", 100),)))
    assert found.bound == 100 + 20
    assert found.binding is None


def test_an_empty_shard_is_predicted_to_start() -> None:
    found = only(shard(1, timed("a", 10), predicted=500), shard(2, predicted=490, start_up=480))
    assert [(each.predicted, each.busy) for each in found.shards] == [(500, 10), (490, 480)]


def test_what_tests_share_was_predicted_of_none_of_them() -> None:
    paid = timed("a", 10, 10)._replace(setup=1_000, shared=(SharedTime(FILE, "module db", 1_000, 0),))
    (item,) = [item for item in only(shard(1, paid, of=1)).mispredicted if item.actual == 10]
    assert item.predicted == 10


def test_a_test_binds_only_where_it_is_as_long_as_the_bound() -> None:
    assert only(shard(1, timed("a", 10)), shard(2, timed("b", 9))).binding is not None
    assert only(shard(1, timed("a", 10)), shard(2, timed("b", 10), timed("c", 9))).binding is None
    assert only(shard(1), shard(2)).binding is None
    assert only(shard(1, timed("a", 0)), shard(2)).binding is None


def test_what_was_not_predicted_is_not_mispredicted() -> None:
    tests = [timed(f"t{number}", 100 * number, 1) for number in range(WORST + 3)]
    found = only(shard(1, *tests, timed("new", 10**9), of=1))
    assert [item.actual for item in found.mispredicted] == [700, 600, 500, 400, 300]


def test_equally_wrong_predictions_go_by_name() -> None:
    tests = [timed("b", 10, 20), timed("a", 30, 20), timed("c", 20, 10)]
    assert [item.name[-1] for item in only(shard(1, *tests, of=1)).mispredicted] == ["a", "b", "c"]


def test_without_history_nothing_was_predicted() -> None:
    found = only(shard(1, timed("a", 10), predicted=0), shard(2, predicted=0))
    assert [each.predicted for each in found.shards] == [None, 0], "an empty shard is known to take nothing"


def test_one_shard_has_no_fewer() -> None:
    assert only(shard(1, timed("a", 10), of=1)).alternatives == (Alternative(shards=2, makespan=10),)


def test_an_empty_run_is_no_mistake() -> None:
    found = only(shard(1), shard(2))
    assert (found.makespan, found.bound, found.total, found.binding, found.mispredicted) == (0, 0, 0, None, ())
    assert summarise([]) == []


def test_segments_and_generations_are_summed_up_apart() -> None:
    journals = [
        journal_of(header_of("1/1", segment=Segment("b", "x"))),
        journal_of(header_of("1/1", segment=Segment("a", "x"), generation=1)),
        journal_of(header_of("1/1", segment=Segment("a", "x"))),
    ]
    assert [(found.segment.suite, found.generation) for found in summarise(journals)] == [
        ("a", 0),
        ("a", 1),
        ("b", 0),
    ]


def test_shards_that_planned_differently_show() -> None:
    other = replace(shard(2), header=header_of("2/2", digest="d0"))
    assert only(shard(1), other).digests == ("d0", "d1")


def test_the_last_run_is_that_which_started_last(tmp_path: Path) -> None:
    write_journal(tmp_path, header_of("1/2", run="b", started=10.0))
    write_journal(tmp_path, header_of("1/2", run="a", started=20.0))
    write_journal(tmp_path, header_of("2/2", run="a", started=5.0))
    write_journal(tmp_path, header_of("1/2", run="a", started=1.0, segment=Segment("app", "other")))
    (tmp_path / "runs" / "a" / "torn.jsonl").write_text("torn")
    (tmp_path / "runs" / "a" / "newer.jsonl").write_text('{"kind":"header","format":9}\n')
    found = last_run(tmp_path)
    assert {journal.header.identity.run for journal in found} == {"a"}
    assert len(found) == 3


def test_where_nothing_ran_there_is_no_last_run(tmp_path: Path) -> None:
    assert last_run(tmp_path) == []
