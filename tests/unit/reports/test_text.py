"""The text report, word for word, and that it fits a terminal whatever it is given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.model.summary import Alternative, RunSummary, ShardSummary, TimedItem
from pytest_smartshard.reports.display import cells
from pytest_smartshard.reports.text import WIDTH, TextReport


def shard(number: int, busy: int | None, *, failed: int = 0, finished: bool = True) -> ShardSummary:
    return ShardSummary(
        shard=ShardIndex(number, 4),
        tests=100 + number,
        failed=failed,
        predicted=11_800_000,
        busy=busy,
        wall=None,
        finished=finished,
    )


WHOLE = RunSummary(
    segment=Segment("app", "linux-3.12"),
    run="gh-8123",
    generation=0,
    digests=("4f1d",),
    shards=(
        shard(1, 12_300_000, failed=2),
        shard(2, 14_160_000),
        shard(3, 9_000_000),
        shard(4, 11_740_000, failed=1),
    ),
    missing=(),
    makespan=14_160_000,
    bound=11_800_000,
    total=47_200_000,
    binding=None,
    mispredicted=(
        TimedItem(name="tests/test_io.py::test_upload[big]", shard=2, predicted=1_000_000, actual=3_400_000),
        TimedItem(name="tests/test_io.py::test_fresh", shard=3, predicted=120_000, actual=10_000),
    ),
    alternatives=(Alternative(shards=3, makespan=15_740_000), Alternative(shards=5, makespan=9_440_000)),
    known=40_000_000,
    predicted_total=47_200_000,
)

BROKEN = replace(
    WHOLE,
    generation=2,
    digests=("4f1d", "77aa"),
    shards=(shard(1, 12_300_000), shard(2, None, finished=False), shard(3, 9_000_000, finished=False)),
    missing=(2, 3, 4),
    makespan=12_300_000,
    bound=12_000_000,
    total=21_300_000,
    binding=TimedItem(name="tests/test_big.py::test_all", shard=1, predicted=9_000_000, actual=12_000_000),
    mispredicted=(),
    alternatives=(),
    known=0,
    predicted_total=0,
)


def test_a_whole_run() -> None:
    assert TextReport().render([WHOLE]) == (
        """\
Run gh-8123, segment app@linux-3.12@all
410 tests in 4 shards, 3 failed; 47.2 s of tests in all.

Shard  Tests  Failed  Predicted  Actual
  1/4    101       2     11.8 s  12.3 s  █████████████████████████████████│█▌
  2/4    102       0     11.8 s  14.2 s  █████████████████████████████████│██████▋
  3/4    103       0     11.8 s  9.00 s  █████████████████████████▏       │
  4/4    104       1     11.8 s  11.7 s  ████████████████████████████████▊│
Bars: actual time. │ marks the lower bound.

Makespan 14.2 s (predicted 11.8 s), lower bound 11.8 s, imbalance 1.20 (1.00 is perfect).
85 % of the predicted time rested on history (40.0 s of 47.2 s).

Worst mispredictions:
  Shard  Predicted  Actual  Test
      2     1.00 s  3.40 s  tests/test_io.py::test_upload[big]
      3     0.12 s  0.01 s  tests/test_io.py::test_fresh

With another number of shards, packed by this run's own durations:
  3 shards: 15.7 s (11 % longer)
  5 shards: 9.44 s (33 % shorter)
"""
    )


def test_a_run_with_everything_wrong_in_ascii() -> None:
    assert TextReport(ascii_only=True).render([BROKEN]) == (
        """\
Run gh-8123, segment app@linux-3.12@all, generation 2
306 tests in 4 shards; 21.3 s of tests in all.
The shards planned differently (digests 4f1d, 77aa), so tests may have run twice or never: give all
  shards the same store, options and environment.
Missing: 2-4 (3 of 4 shards without a finished journal). The figures count only what was recorded.

Shard  Tests  Predicted  Actual
  1/4    101     11.8 s  12.3 s  #######################################|#
  2/4    102     11.8 s       -  no journal
  3/4    103     11.8 s  9.00 s  #############################          |  unfinished
  4/4      -          -       -  no journal
Bars: actual time. | marks the lower bound.

Makespan 12.3 s (predicted 11.8 s), lower bound 12.0 s, imbalance 1.02 (1.00 is perfect).
No time was predicted, so nothing rested on history.

One test alone sets the lower bound: 12.0 s in shard 1 (predicted 9.00 s). More shards do not help;
  only splitting it or speeding it up does:
  tests/test_big.py::test_all
"""
    )


def test_segments_are_parted_by_a_blank_line() -> None:
    one = TextReport().render([WHOLE])
    assert TextReport().render([WHOLE, WHOLE]) == f"{one}\n{one}"


def test_no_run_at_all() -> None:
    assert TextReport().render([]) == "Nothing to report: no run was found.\n"


@pytest.mark.parametrize(
    "name",
    ["x" * 20_000, "\x1b[31m" * 4_000, "試" * 20_000, "a\nb " * 5_000, "\ud800" * 20_000],
    ids=["long", "escapes", "wide", "lines", "surrogates"],
)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_fits_a_hundred_columns_whatever_the_names(name: str, ascii_only: bool) -> None:
    item = TimedItem(name=name, shard=1, predicted=10**13, actual=10**13)
    shards = tuple(
        replace(shard(number, 10**13), shard=ShardIndex(number, 300), tests=10**6, finished=False)
        for number in range(1, 301)
    )
    summary = replace(
        BROKEN,
        segment=Segment(name, name, name),
        run=name,
        digests=(name, name[1:], name[2:], name[3:]),
        shards=shards,
        missing=tuple(range(1, 300, 2)),
        binding=item,
        mispredicted=(item, item),
    )
    text = TextReport(ascii_only=ascii_only).render([summary])
    assert max(cells(line) for line in text.splitlines()) <= WIDTH
    assert text.isascii() or not ascii_only
