"""Finishing a run: prove it, join its durations into the stores, and bring together what else its shards left."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_smartshard.combine.coverage import require_coverage
from pytest_smartshard.combine.junit import require_junitparser
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.merged import MergedRun, MergedSegment
from pytest_smartshard.model.proof import SegmentProof
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.summary import TimedItem
from pytest_smartshard.operations.artifacts import Artifacts, find_artifacts
from pytest_smartshard.operations.expecting import absent_segments, expected_segments
from pytest_smartshard.operations.judging import (
    Evidence,
    Progress,
    gather_evidence,
    judge,
)
from pytest_smartshard.operations.merging_coverage import MergedCoverage, measured_coverage, merge_coverage
from pytest_smartshard.operations.merging_junit import MergedJunit, merge_junit
from pytest_smartshard.operations.summarising import summarise
from pytest_smartshard.operations.taking_in import TakenIn, take_in
from pytest_smartshard.proving.causes import matrix_cause
from pytest_smartshard.store.place import StorePlace

SLOWEST = 10
"""Tests that a report names as the slowest."""


TOGETHER = "FOLDER, where FOLDER holds all that was given here"
"""Stands for the path in a mend where several were merged: ``--shard-rerun`` takes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRequest:
    """What to merge, and how.

    ``run`` is the one to judge, ``likely`` the CI's own, which is judged if it is there. ``expect`` are segments
    that must be there, None for those of the last complete run. ``check``: judge only, and write nothing.
    ``cov`` and ``junit``: combine what the shards left of coverage, and their JUnit files. ``out`` is the folder
    for what is made of the run, ``project`` that of the suite. ``is_last_shard``: nobody asked, the shards of one
    machine have ended.
    """

    paths: Sequence[Path]
    place: StorePlace
    run: str | None = None
    likely: str | None = None
    expect: Sequence[Segment] | None = None
    check: bool = False
    cov: bool = False
    junit: bool = False
    out: Path
    project: Path
    is_last_shard: bool = False


def merge(request: MergeRequest, progress: Progress = lambda *_: None) -> MergedRun:
    """Raises UsageError where nothing could be done, NewerFormat, and OSError where a store cannot be written."""
    _require_extras(request)
    artifacts = find_artifacts(request.paths)
    where = f"PATH={', '.join(map(str, request.paths))}"
    evidence = gather_evidence(
        artifacts,
        wanted=request.run,
        likely=request.likely,
        wanted_by=f"--run={request.run}",
        where=where,
        progress=progress,
    )
    expected = expected_segments(request.place, evidence.run) if request.expect is None else request.expect
    progress("proving that every test ran once", 0, 0)
    proofs = judge(evidence)
    if not request.check:
        progress("joining durations", 0, 0)
    taken = [] if request.check else take_in(evidence.journals, request.place)
    progress("bringing together the rest", 0, 0)
    coverage = _coverage(request, artifacts, evidence, proofs)
    junit = merge_junit(artifacts, evidence, proofs, request.out) if request.junit else MergedJunit()
    return MergedRun(
        run=evidence.run,
        segments=tuple(_segments(evidence, proofs, taken)),
        absent=absent_segments(expected, proofs),
        others=evidence.others,
        cause=matrix_cause(proofs),
        notes=(
            *evidence.notes,
            *(note for segment in taken for note in segment.notes),
            *coverage.notes,
            *junit.notes,
        ),
        refusals=coverage.refusals,
        coverage=coverage.total,
        written={"junit": ", ".join(junit.files)} if junit.files else {},
        rest=str(request.paths[0]) if len(request.paths) == 1 else TOGETHER,
    )


def _require_extras(request: MergeRequest) -> None:
    """Before anything is done. Raises UsageError where a package is not installed that was asked for."""
    if request.cov:
        require_coverage()
    if request.junit:
        require_junitparser()


def _coverage(
    request: MergeRequest, artifacts: Artifacts, evidence: Evidence, proofs: Sequence[SegmentProof]
) -> MergedCoverage:
    """What the shards measured, or why that was not combined; a gate that they deferred must not be forgotten."""
    measured = measured_coverage(evidence)
    if request.cov and not measured:
        return MergedCoverage(
            refusals=("--cov: no shard measured coverage; run the shards with --cov, or leave it out here",)
        )
    if request.cov:
        return merge_coverage(artifacts, evidence, proofs, request.project, request.out)
    if not measured or request.check:
        return MergedCoverage()
    if request.is_last_shard:
        if all(journal.header.shard.count == 1 for journal in evidence.journals):
            return MergedCoverage()  # It was judged where it ran.
        paths = " ".join(map(str, request.paths))
        return MergedCoverage(notes=(f"coverage is combined and judged by: smartshard merge --cov {paths}",))
    problem = "the shards measured coverage, which nothing has combined or judged yet; add --cov"
    return MergedCoverage(refusals=(problem,))


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
    counted = heapq.nsmallest(
        SLOWEST, proof.counted, key=lambda counted: (-counted.test.duration, counted.test.key)
    )
    return tuple(
        TimedItem(
            name=str(one.test.key),
            shard=one.shard.number,
            predicted=one.test.predicted,
            actual=one.test.duration,
        )
        for one in counted
    )
