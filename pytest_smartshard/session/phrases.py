"""The lines that a sharded run prints."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_smartshard.model.part import ShardPart
from pytest_smartshard.model.record import FinishedTest
from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.wording import percent, plural, ratio, seconds

MOST_BEYOND = 20
"""Tests beyond their limits that are named."""


def collected_line(shard: ShardIndex, segment: Segment, part: ShardPart) -> str:
    """What this shard is going to run: the one line that every sharded run prints."""
    forecast = part.plan.forecast
    if part.pruned:
        files = f"{len(part.files):,} of {plural(part.suite_files, 'file')}"
        tests = f"{plural(len(part.selected), 'test')} in {files}"
    else:
        tests = f"{len(part.selected):,} of {plural(part.collected, 'test')}"
    if forecast.known:
        expected = (
            f"{seconds(forecast.loads[shard.number - 1])} predicted, "
            f"imbalance {ratio(forecast.makespan, forecast.bound)}, "
            f"{percent(forecast.known, forecast.total)} of the time from history"
        )
    else:
        expected = "no history yet"
    return f"shard {shard} of {segment.slug}: {tests}, {expected}, plan {part.plan.digest}"


def unfamiliar_line(part: ShardPart, origin: str) -> str:
    """Said loudly where a store knows under half of the suite; ``""`` otherwise."""
    forecast = part.plan.forecast
    if 2 * part.in_history >= part.left or not origin:
        return ""
    if part.pruned and 2 * forecast.known >= forecast.total:
        return ""  # What is new is in this shard, and the store knows the suite.
    return (
        f"smartshard: WARNING: {origin} knows only {part.in_history:,} of {plural(part.left, 'test')} "
        f"({percent(part.in_history, part.left)}), so the plan is mostly a guess; check that it is this "
        "suite's store and that the root folder has not moved"
    )


def empty_line(shard: ShardIndex, part: ShardPart, *, is_rest: bool = False) -> str:
    """Said where this shard has nothing to run although the suite does; ``""`` otherwise.

    *is_rest*: only what was left was to be run.
    """
    if not part.is_empty_part_of_more:
        return ""
    if is_rest:
        return f"shard {shard} is empty: nothing is left for it to run"
    if part.pruned and part.files:
        files = plural(len(part.files), "file")
        return f"shard {shard} is empty: nothing is selected in its {files} of {part.suite_files:,}"
    if part.pruned:
        return f"shard {shard} is empty: other shards have the {plural(part.suite_files, 'file')} of this suite"
    return f"shard {shard} is empty: other shards have the {plural(part.collected, 'test')} of this suite"


def beyond_lines(beyond: Sequence[FinishedTest]) -> list[str]:
    """Which tests took longer than their limit and were not stopped, and by how much; the worst first."""
    if not beyond:
        return []
    worst = sorted(beyond, key=lambda test: (test.limit - test.duration, test.key))
    lines = [
        f"  {test.key}: {seconds(test.duration)}, limit {seconds(test.limit)} "
        f"(+{seconds(test.duration - test.limit)})"
        for test in worst[:MOST_BEYOND]
    ]
    if len(worst) > MOST_BEYOND:
        lines.append(f"  and {len(worst) - MOST_BEYOND:,} more")
    limits = "its limit" if len(worst) == 1 else "their limits"
    return [f"{plural(len(worst), 'test')} took longer than {limits}:", *lines]


def outcome_line(shard: ShardIndex, predicted: int, actual: int, what: str) -> str:
    """Predicted against actual time of the slowest lane; both in microseconds, and *what* the actual one is."""
    if not predicted:
        return f"shard {shard}: {seconds(actual)} {what}, nothing predicted"
    change = round(100 * (actual - predicted) / predicted)
    return f"shard {shard}: {seconds(predicted)} predicted, {seconds(actual)} {what} ({change:+d} %)"
