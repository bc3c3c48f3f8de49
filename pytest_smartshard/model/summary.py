"""One run, summed up for people: what every report is made from. Times are whole microseconds."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_smartshard.model.segment import Segment, ShardIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardSummary:
    """One shard: what it was to take (None where nothing could be predicted), what it took (None where its
    journal is missing).

    ``busy`` is the time of its slowest lane, judged by the tests' own durations; ``wall`` is the whole
    session in seconds, None where it did not end by itself.
    """

    shard: ShardIndex
    tests: int
    failed: int
    predicted: int | None
    busy: int | None
    wall: float | None
    finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedItem:
    """A test with what was predicted for it and what it took."""

    name: str
    shard: int
    predicted: int
    actual: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What another number of shards would give, packed with this run's own durations."""

    shards: int
    makespan: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One segment of one run.

    ``bound`` is the lower bound for this run's own durations, ``imbalance`` its makespan over that bound.
    ``binding`` is the test that alone sets the bound, None where the total does.
    ``known`` of ``predicted_total`` rested on history. ``missing`` are the shards without a finished journal.
    """

    segment: Segment
    run: str
    generation: int
    digests: tuple[str, ...]
    shards: tuple[ShardSummary, ...]
    missing: tuple[int, ...]
    makespan: int
    bound: int
    total: int
    binding: TimedItem | None
    mispredicted: tuple[TimedItem, ...]
    alternatives: tuple[Alternative, ...]
    known: int
    predicted_total: int
