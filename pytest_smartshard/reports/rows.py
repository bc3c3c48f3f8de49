"""The table of shards, the same for every report that people read."""

from __future__ import annotations

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.summary import RunSummary, ShardSummary
from pytest_smartshard.wording import seconds

UNKNOWN = "-"
"""Stands for a figure that nobody wrote down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One shard. ``cells`` stand under :func:`headings`; ``busy`` in microseconds, None where unknown.

    ``note`` says what is wrong with the shard and is empty where nothing is.
    """

    cells: tuple[str, ...]
    busy: int | None
    note: str = ""


def shard_count(summary: RunSummary) -> int:
    """N of the run, also where only some of its shards are known."""
    counts = (shard.shard.count for shard in summary.shards)
    return max([*counts, *summary.missing], default=0)


def failed_tests(summary: RunSummary) -> int:
    """How many tests failed in all shards together."""
    return sum(shard.failed for shard in summary.shards)


def headings(summary: RunSummary) -> tuple[str, ...]:
    """Names of the columns; ``Failed`` only where a test failed."""
    failed = ("Failed",) if failed_tests(summary) else ()
    return ("Shard", "Tests", *failed, "Predicted", "Actual")


def rows(summary: RunSummary) -> tuple[Row, ...]:
    """One row for each shard by number (1-based), also for one that left no trace."""
    count = shard_count(summary)
    found = {shard.shard.number: _row(shard, summary) for shard in summary.shards}
    for number in summary.missing:
        found.setdefault(number, _absent(number, count, len(headings(summary))))
    return tuple(found[number] for number in sorted(found))


def _row(shard: ShardSummary, summary: RunSummary) -> Row:
    failed = (f"{shard.failed:,}",) if failed_tests(summary) else ()
    actual = UNKNOWN if shard.busy is None else seconds(shard.busy)
    predicted = UNKNOWN if shard.predicted is None else seconds(shard.predicted)
    figures = (f"{shard.tests:,}", *failed, predicted, actual)
    return Row(cells=(str(shard.shard), *figures), busy=shard.busy, note=_note(shard, summary.missing))


def _note(shard: ShardSummary, missing: tuple[int, ...]) -> str:
    if shard.busy is None:
        return "no journal"
    if not shard.finished or shard.shard.number in missing:
        return "unfinished"
    return ""


def _absent(number: int, count: int, columns: int) -> Row:
    unknown = (UNKNOWN,) * (columns - 1)
    return Row(cells=(f"{number}/{count}", *unknown), busy=None, note="no journal")
