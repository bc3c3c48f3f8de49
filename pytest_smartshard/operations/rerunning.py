"""Running what a run left: which run and generation that is, and what is settled already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_smartshard.errors import NewerFormat, UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.record import Journal
from pytest_smartshard.model.rest import Rest
from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.operations.artifacts import find_artifacts
from pytest_smartshard.operations.judging import Evidence, gather_evidence
from pytest_smartshard.proving.proof import prove
from pytest_smartshard.proving.rest import rest_of
from pytest_smartshard.wording import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """The next generation of a run. ``path`` is where its journals lie, ``notes`` are for the user."""

    run: str
    generation: int
    rest: Rest
    path: Path
    notes: tuple[str, ...] = ()


def find_rerun(
    path: Path,
    origin: str,
    segment: Segment,
    shard: ShardIndex,
    mode: str,
    *,
    wanted: str | None,
    likely: str | None,
    wanted_by: str = "",
) -> Rerun:
    """The generation that *shard* of *segment* belongs to, after what lies at *path*.

    *origin* is the option with its value, for messages; *wanted* the run that was named by the option
    *wanted_by*, *likely* the CI's own, which is taken if it is there, else the newest. Raises UsageError.
    """
    try:
        evidence = gather_evidence(
            find_artifacts([path]), wanted=wanted, likely=likely, wanted_by=wanted_by, where=origin
        )
    except NewerFormat as newer:
        problem = (
            f"{origin}: {newer.path} has format {newer.found}, and this version reads up to {newer.known}; "
            "upgrade pytest-smartshard"
        )
        raise UsageError([problem]) from newer
    journals = evidence.by_segment.get(segment, [])
    if not journals:
        there = listed([found.slug for found in evidence.by_segment])
        problem = (
            f"{origin}: run {evidence.run} has nothing of {segment.slug}; there is {there}: run it with the same "
            "arguments, or name the environment with --shard-env"
        )
        raise UsageError([problem])
    generation, rest = _next(journals, evidence, shard, mode)
    return Rerun(run=evidence.run, generation=generation, rest=rest, path=path, notes=evidence.notes)


def _next(journals: Sequence[Journal], evidence: Evidence, shard: ShardIndex, mode: str) -> tuple[int, Rest]:
    """The number of the generation, and what it has to run.

    One that other shards of as many have begun from the same state is joined, if this shard is not in it: on one
    machine they write to where the next one looks.
    """
    newest = max(journal.header.identity.generation for journal in journals)
    others = [journal.header for journal in journals if journal.header.identity.generation == newest]
    before = [journal for journal in journals if journal.header.identity.generation < newest]
    if before and all(h.shard.count == shard.count and h.shard != shard for h in others):
        rest = rest_of(prove(before, evidence.inventories), mode)
        if {header.basis for header in others} == {rest.digest}:
            return newest, rest
    return newest + 1, rest_of(prove(journals, evidence.inventories), mode)
