"""Finishing a run: prove it, join its durations into the stores, and bring together what else its shards left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_smartshard.model.merged import MergedRun, MergedSegment
from pytest_smartshard.model.proof import SegmentProof
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.summary import TimedItem
from pytest_smartshard.operations.artifacts import find_artifacts
from pytest_smartshard.operations.expecting import absent_segments, expected_segments
from pytest_smartshard.operations.judging import (
    Evidence,
    Progress,
    gather_evidence,
    judge,
)
from pytest_smartshard.operations.summarising import summarise
from pytest_smartshard.operations.taking_in import TakenIn, take_in
from pytest_smartshard.proving.causes import matrix_cause
from pytest_smartshard.store.place import StorePlace

SLOWEST = 10
"""Tests that a report names as the slowest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequest:
    """What to merge, and how.

    ``run`` is the one to judge, ``likely`` the CI's own, which is judged if it is there. ``expect`` are segments
    that must be there, None for those of the last complete run. ``check``: judge only, and write nothing.
    """

    paths: Sequence[Path]
    place: StorePlace
    run: str | None = None
    likely: str | None = None
    expect: Sequence[Segment] | None = None
    check: bool = False


def merge(request: MergeRequest, progress: Progress = lambda *_: None) -> MergedRun:
    """Raises UsageError where nothing could be done, NewerFormat, and OSError where a store cannot be written."""
    artifacts = find_artifacts(request.paths)
    where = f"PATH={', '.join(map(str, request.paths))}"
    evidence = gather_evidence(
        artifacts, wanted=request.run, likely=request.likely, where=where, progress=progress
    )
    expected = expected_segments(request.place, evidence.run) if request.expect is None else request.expect
    proofs = judge(evidence)
    taken = [] if request.check else take_in(evidence.journals, request.place)
    return MergedRun(
        run=evidence.run,
        segments=tuple(_segments(evidence, proofs, taken)),
        absent=absent_segments(expected, proofs),
        others=evidence.others,
        cause=matrix_cause(proofs),
        notes=(*evidence.notes, *(note for segment in taken for note in segment.notes)),
        rest=str(request.paths[0]),
    )


def _segments(
    evidence: Evidence, proofs: Iterable[SegmentProof], taken: Sequence[TakenIn]
) -> Iterable[MergedSegment]:
    changes = {found.segment: found.change for found in taken}
    for proof in proofs:
        yield MergedSegment(
            proof=proof,
            summaries=tuple(summarise(evidence.by_segment[proof.segment])),
            slowest=_slowest(proof),
            store=changes.get(proof.segment),
        )


def _slowest(proof: SegmentProof) -> tuple[TimedItem, ...]:
    counted = sorted(proof.counted, key=lambda counted: (-counted.test.duration, counted.test.key))[:SLOWEST]
    return tuple(
        TimedItem(
            name=str(one.test.key),
            shard=one.shard.number,
            predicted=one.test.predicted,
            actual=one.test.duration,
        )
        for one in counted
    )
