"""One run, summed up for people: what every report is made from. Times are whole microseconds."""

from __future__ import annotations

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.segment import Segment, ShardIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardSummary:
    """One shard: what it was to take (None where nothing could be predicted), what it took (None where its
    journal is missing).

    ``busy`` is its start-up, collecting its files and the tests of its slowest lane, as far as these were
    measured: what ``predicted`` predicts; ``wall`` is the whole session in seconds, None where it did not end by
    itself.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedShard:
    """What a plan gives one shard. ``files`` are those that it runs something of."""

    shard: ShardIndex
    tests: int
    files: int
    predicted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """A plan, summed up for people. ``tests`` are all that it was made for, ``files`` those that hold them.

    ``binding`` is the unit that alone sets the lower bound, as ``file::tail``; ``""`` where the total does.
    """

    segment: Segment
    plan: Plan
    shards: tuple[PlannedShard, ...]
    tests: int
    files: int
    binding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Where one test runs and what it is expected to take, in sentences without a period.

    ``test`` is ``file::tail``, as the plan knows it; ``is_new``: it is none of those that were planned for.
    ``placed`` says by which rule, ``predicted`` what the prediction rests on, ``history`` the samples that are
    kept, from oldest to newest.
    """

    test: str
    is_new: bool
    shard: ShardIndex
    placed: str
    predicted: str
    history: tuple[str, ...]
