"""Merged runs for tests of what is written of them: one in which everything is wrong, with any name wherever a
name may stand.
"""

from __future__ import annotations

from pytest_smartshard.model.merged import CoverageTotal, MergedRun, MergedSegment, StoreChange
from pytest_smartshard.model.proof import (
    CountedTest,
    DoubledTest,
    EarlierOutcome,
    GenerationProof,
    Loss,
    LostTest,
    SegmentProof,
    ShardEnd,
    UncollectedFile,
)
from pytest_smartshard.model.record import CollectionError, FinishedTest
from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.model.summary import RunSummary, ShardSummary, TimedItem

SEGMENT = Segment("root", "linux-3.12")
FILE = "tests/test_a.py"
DETAILS = "def test_x():\n>   assert 1 == 2\nE   assert 1 == 2\n\ntests/test_a.py:2: AssertionError"


def counted(
    tail: str,
    outcome: str = "passed",
    *,
    details: str = "",
    attempt: int = 1,
    reruns: int = 0,
    earlier: tuple[EarlierOutcome, ...] = (),
) -> CountedTest:
    """A test of :data:`FILE` that shard 1 of 3 ran in a second."""
    test = FinishedTest(
        key=ItemKey(FILE, tail),
        stored_tail=tail,
        outcome=outcome,
        call=1_000_000,
        details=details,
        reruns=reruns,
    )
    return CountedTest(
        test=test, journal="j1", shard=ShardIndex(1, 3), generation=0, attempt=attempt, earlier=earlier
    )


def whole_generation() -> GenerationProof:
    """Three shards that agree and came to their end."""
    ends = tuple(
        ShardEnd(shard=ShardIndex(number, 3), attempt=1, journals=(f"j{number}",), exit_code=0)
        for number in (1, 2, 3)
    )
    return GenerationProof(generation=0, counts=(3,), ends=ends, digests=("d1",), collections=("c1",))


def green_segment(*tests: CountedTest, segment: Segment = SEGMENT) -> MergedSegment:
    """Every one of *tests* ran exactly once."""
    proof = SegmentProof(
        segment=segment, run="r1", generations=(whole_generation(),), expected=len(tests), counted=tests
    )
    return MergedSegment(proof=proof)


def bad_run(name: str = "test_x", details: str = DETAILS) -> MergedRun:
    """One in which everything is wrong that can be. *name* is a test's, and whatever else comes from outside."""
    key = ItemKey(FILE, name)
    failed = EarlierOutcome(generation=0, attempt=1, outcome="failed")
    generation = GenerationProof(
        generation=0,
        counts=(3,),
        ends=(
            ShardEnd(shard=ShardIndex(1, 3), attempt=2, journals=(name, "twin"), exit_code=1, unexplained=True),
            ShardEnd(shard=ShardIndex(2, 3), attempt=1, journals=("j2",), died=True, running=(key,)),
        ),
        missing=(3,),
        pruned=(1, 2),
        uncollected=(UncollectedFile(name, 2),),
        digests=("d1", "d2"),
        collections=("c1",),
        disagreeing=(name,),
        causes=(f"the option {name} differs: {name} in 1",),
    )
    proof = SegmentProof(
        segment=SEGMENT,
        run="r1",
        generations=(generation,),
        expected=7,
        counted=(
            counted(name, "failed", details=details, attempt=2, earlier=(failed,)),
            counted(f"{name}b", "crashed", details="worker 'gw0' crashed"),
            counted(f"{name}c", attempt=2, earlier=(failed,)),
            counted(f"{name}d", reruns=2),
        ),
        lost=(
            LostTest(key=key, loss=Loss.CUT_OFF, generation=0, shard=ShardIndex(2, 3)),
            LostTest(key=ItemKey(name, name), loss=Loss.UNASSIGNED, generation=0),
            LostTest(key=ItemKey(name, ""), loss=Loss.UNASSIGNED, generation=0, is_file=True),
        ),
        doubled=(DoubledTest(key=key, generation=0, shards=(ShardIndex(1, 3), ShardIndex(2, 3))),),
        gone=(key,),
        errors=(CollectionError(node=f"{FILE}::{name}", details=details),),
        only_pruned=(name,),
    )
    summary = RunSummary(
        segment=SEGMENT,
        run="r1",
        generation=0,
        digests=("d1", "d2"),
        shards=(
            ShardSummary(
                shard=ShardIndex(1, 3),
                tests=4,
                failed=2,
                predicted=None,
                busy=4_000_000,
                wall=5.0,
                finished=True,
            ),
        ),
        missing=(2, 3),
        makespan=4_000_000,
        bound=2_000_000,
        total=4_000_000,
        binding=TimedItem(name=name, shard=1, predicted=0, actual=1_000_000),
        mispredicted=(TimedItem(name=name, shard=1, predicted=1, actual=1_000_000),),
        alternatives=(),
        known=0,
        predicted_total=0,
    )
    store = StoreChange(
        path=name,
        journals=2,
        tests=4,
        written=True,
        added=1,
        dropped=2,
        changed=((key, 1_000_000, 4_000_000),),
    )
    segment = MergedSegment(
        proof=proof,
        summaries=(summary,),
        slowest=(TimedItem(name=name, shard=1, predicted=500_000, actual=1_000_000),),
        store=store,
    )
    return MergedRun(
        run="r1",
        segments=(segment,),
        absent=(Segment("root", "linux-3.13"),),
        others=("r0",),
        cause="the index counts every cell",
        notes=(f"{name} has no journal header: left out",),
        refusals=(f"coverage of {name} was not judged",),
        rest=name,
        coverage=CoverageTotal(percent=71.25, fail_under=80, is_met=False, precision=1, files=("coverage.xml",)),
        written={"coverage": "coverage.xml"},
    )
