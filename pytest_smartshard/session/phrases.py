"""The lines that a sharded run prints."""

from __future__ import annotations

from pytest_smartshard.model.part import ShardPart
from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.wording import percent, plural, ratio, seconds


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
    if 2 * part.in_history >= part.left or not origin:
        return ""
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
    if part.pruned:
        return f"shard {shard} is empty: other shards have the {plural(part.suite_files, 'file')} of this suite"
    return f"shard {shard} is empty: other shards have the {plural(part.collected, 'test')} of this suite"


def outcome_line(shard: ShardIndex, predicted: int, actual: int, what: str) -> str:
    """Predicted against actual time of the slowest lane; both in microseconds, and *what* the actual one is."""
    if not predicted:
        return f"shard {shard}: {seconds(actual)} {what}, nothing predicted"
    change = round(100 * (actual - predicted) / predicted)
    return f"shard {shard}: {seconds(predicted)} predicted, {seconds(actual)} {what} ({change:+d} %)"
