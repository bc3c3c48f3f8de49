"""What every report must do, whatever its format."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest

from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.model.summary import Alternative, RunSummary, ShardSummary, TimedItem
from pytest_smartshard.reports.protocol import Report
from pytest_smartshard.reports.table import REPORTS

TESTS = 7_000
"""Shard K has ``TESTS + K`` tests: a figure that stands nowhere else in a report."""

NASTY = (
    "two\nlines",
    "\r\x1b[2J\x1b]0;title\x07",
    "\x00\x08\x7f\x85\x9b31m",
    "\u2028\u2029\u202e\u200b\ufeff",
    "half a pair \ud800",
    "`|\\|``<b>&amp;</code>",
    '"},{"x":[',
    "試" * 20_000,
    "a|`\n" * 5_000,
    "",
)


def shard(number: int, count: int, *, busy: int | None = 1_000_000) -> ShardSummary:
    return ShardSummary(
        shard=ShardIndex(number, count),
        tests=TESTS + number,
        failed=0,
        predicted=1_000_000,
        busy=busy,
        wall=None if busy is None else 2.5,
        finished=busy is not None,
    )


def run_of(count: int) -> RunSummary:
    item = TimedItem(name="tests/test_a.py::test_b", shard=1, predicted=400_000, actual=600_000)
    return RunSummary(
        segment=Segment("app", "linux-3.12"),
        run="gh-1",
        generation=0,
        digests=("4f1d",),
        shards=tuple(shard(number, count) for number in range(1, count + 1)),
        missing=(),
        makespan=1_000_000,
        bound=1_000_000,
        total=count * 1_000_000,
        binding=item,
        mispredicted=(item, item),
        alternatives=(Alternative(shards=count + 1, makespan=900_000),),
        known=500_000,
        predicted_total=count * 1_000_000,
    )


def named(run: RunSummary, name: str) -> RunSummary:
    """*run* with *name* wherever a name may stand."""
    item = TimedItem(name=name, shard=1, predicted=400_000, actual=600_000)
    return replace(
        run,
        segment=Segment(name, name, name),
        run=name,
        digests=(name, f"{name}2"),
        binding=item,
        mispredicted=(item, item),
    )


EMPTY = replace(
    run_of(1),
    digests=(),
    shards=(),
    makespan=0,
    bound=0,
    total=0,
    binding=None,
    mispredicted=(),
    alternatives=(),
    known=0,
    predicted_total=0,
)

INSTANT = replace(
    run_of(3),
    shards=tuple(replace(shard(number, 3, busy=0), predicted=0) for number in (1, 2, 3)),
    makespan=0,
    bound=0,
    total=0,
    binding=TimedItem(name="a::b", shard=1, predicted=0, actual=0),
    alternatives=(Alternative(shards=2, makespan=0), Alternative(shards=4, makespan=0)),
    known=0,
    predicted_total=0,
)

ALL_MISSING = replace(EMPTY, missing=(1, 2, 3))

RUNS = {
    "one shard": (run_of(1),),
    "several shards": (run_of(6),),
    "300 shards": (run_of(300),),
    "no shards": (EMPTY,),
    "no summaries": (),
    "all missing": (ALL_MISSING,),
    "zero durations": (INSTANT,),
    "no history": (replace(run_of(2), known=0, predicted_total=0),),
    "all guessed": (replace(run_of(2), known=0),),
    "two segments": (run_of(2), replace(run_of(2), segment=Segment("app", "windows-3.13"))),
    "nasty names": tuple(named(run_of(2), name) for name in NASTY),
}


@pytest.fixture(params=sorted(REPORTS))
def report(request: pytest.FixtureRequest) -> Report:
    return REPORTS[request.param]


def figures(text: str) -> list[int]:
    """All whole numbers in *text*, with or without commas between thousands."""
    return [int(figure) for figure in re.findall(r"\d+", re.sub(r"(?<=\d),(?=\d{3})", "", text))]


@pytest.mark.parametrize("summaries", RUNS.values(), ids=RUNS.keys())
def test_pure_and_printable_and_ends_with_one_newline(report: Report, summaries: tuple[RunSummary, ...]) -> None:
    text = report.render(summaries)
    assert text == report.render(list(summaries))
    assert text.strip()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert text.encode("utf-8").decode("utf-8") == text
    unsafe = [character for character in text if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}]
    assert set(unsafe) == {"\n"}


@pytest.mark.parametrize("count", [1, 2, 300])
def test_every_shard_is_shown_once(report: Report, count: int) -> None:
    found = figures(report.render([run_of(count)]))
    for number in range(1, count + 1):
        assert found.count(TESTS + number) == (1 if count > 1 else 2), "one shard: its row and the sum"


def test_shards_are_shown_by_number(report: Report) -> None:
    run = run_of(9)
    assert report.render([replace(run, shards=run.shards[::-1])]) == report.render([run])


def test_missing_shards_are_named(report: Report) -> None:
    run = run_of(420)
    known = (*run.shards[:3], shard(271, 420, busy=None))
    text = report.render([replace(run, shards=known, missing=(271, 413, 417))])
    assert {271, 413, 417} <= set(figures(text))
    assert not {270, 272, 412, 414, 418} & set(figures(text))


def test_a_shard_that_left_nothing_differs_from_one_that_took_no_time(report: Report) -> None:
    run = run_of(2)
    without = replace(run, shards=(run.shards[0], shard(2, 2, busy=None)))
    instant = replace(run, shards=(run.shards[0], shard(2, 2, busy=0)))
    unfinished = replace(run, shards=(run.shards[0], replace(shard(2, 2, busy=0), finished=False)))
    assert len({report.render([run]) for run in (without, instant, unfinished)}) == 3


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_no_name_adds_a_line(report: Report, name: str) -> None:
    harmless = report.render([named(run_of(3), "x" * min(len(name), 60))])
    # Wrapping at 100 columns may differ by a line for each of the two sentences that hold names.
    added = len(report.render([named(run_of(3), name)]).split("\n")) - len(harmless.split("\n"))
    assert abs(added) <= 2


def test_both_segments_are_told_apart(report: Report) -> None:
    first, second = RUNS["two segments"]
    text = report.render([first, second])
    assert text.index("linux-3.12") < text.index("windows-3.13")
    assert text != report.render([second, first])


def test_generation_zero_and_later_ones_differ(report: Report) -> None:
    assert report.render([run_of(2)]) != report.render([replace(run_of(2), generation=3)])


def test_failures_are_counted(report: Report) -> None:
    run = run_of(2)
    failed = replace(run.shards[1], failed=8_123)
    assert 8_123 in figures(report.render([replace(run, shards=(run.shards[0], failed))]))
