"""Combining the coverage of a run: from every shard of which a test counts, or not at all."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_smartshard.combine.beside import coverage_beside
from pytest_smartshard.combine.coverage import CombinedCoverage, NotCombined, combine
from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.merged import CoverageTotal
from pytest_smartshard.model.proof import SegmentProof
from pytest_smartshard.model.record import Journal
from pytest_smartshard.operations.artifacts import Artifacts
from pytest_smartshard.operations.judging import Evidence
from pytest_smartshard.wording import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedCoverage:
    """``total`` is None where nothing was combined or nothing can be said of it; ``refusals`` then say why."""

    total: CoverageTotal | None = None
    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def measured_coverage(evidence: Evidence) -> bool:
    """Whether a shard of the run measured coverage."""
    return any(journal.header.coverage for journal in evidence.journals)


def merge_coverage(
    artifacts: Artifacts, evidence: Evidence, proofs: Sequence[SegmentProof], project: Path, out: Path
) -> MergedCoverage:
    """Combine and report into the folder *out*, with coverage's configuration in *project*.

    Raises combine.CoverageMissing, and OSError where *out* cannot be written.
    """
    refusals = [_not_whole(proof) for proof in proofs if not proof.is_complete]
    counting = list(_counting(evidence, proofs))
    refusals += [_not_measured(journal, tests) for journal, tests in counting if not journal.header.coverage]
    with tempfile.TemporaryDirectory(prefix="smartshard-") as folder:
        files = []
        for number, (journal, tests) in enumerate(counting):
            if not journal.header.coverage:
                continue
            path = Path(folder, f"{number}.coverage")
            problem = _fetched(artifacts, evidence, journal, tests, path)
            if problem:
                refusals.append(problem)
            files.append(path)
        if refusals:
            return MergedCoverage(refusals=tuple(refusals))
        deferred = max((journal.header.fail_under for journal, _ in counting), default=0.0)
        try:
            found = combine(files, project, out, fail_under=deferred or None)
        except NotCombined as error:
            return MergedCoverage(refusals=error.problems)
    if found.foreign and found.fail_under:
        refusal = f"coverage: fail_under={found.fail_under:g} is not judged, for the files above are in no report"
        return MergedCoverage(refusals=(refusal,), notes=found.notes)
    return MergedCoverage(total=_total(found), notes=found.notes)


def _counting(evidence: Evidence, proofs: Iterable[SegmentProof]) -> Iterable[tuple[Journal, int]]:
    """The journals of which tests count, and how many."""
    counted = Counter(test.journal for proof in proofs for test in proof.counted)
    for journal in evidence.journals:
        if counted[journal.path]:
            yield journal, counted[journal.path]


def _not_whole(proof: SegmentProof) -> str:
    return f"coverage: {proof.segment.slug} is not proved, so nothing is combined; run what is missing first"


def _not_measured(journal: Journal, tests: int) -> str:
    return f"coverage: {_attempt(journal)} did not measure its {plural(tests, 'test')}; run all shards with --cov"


def _fetched(artifacts: Artifacts, evidence: Evidence, journal: Journal, tests: int, path: Path) -> str:
    """Put the data of *journal* at *path*; what is wrong if that cannot be."""
    file = evidence.files[journal.path]
    data = artifacts.beside(file, coverage_beside(Path(file.name)).name)
    if data is None:
        return (
            f"coverage: {_attempt(journal)} left no data of its {plural(tests, 'test')}, as one that was killed; "
            f"run that shard again, or see that {coverage_beside(Path(file.name)).name} is kept with its journal"
        )
    try:
        path.write_bytes(data.read())
    except UnusableFile as problem:
        return f"coverage: {problem.path} {problem.reason}; run that shard again"
    return ""


def _attempt(journal: Journal) -> str:
    identity = journal.header.identity
    generation = f" of generation {identity.generation}" if identity.generation else ""
    return f"shard {journal.header.shard}{generation} in attempt {identity.attempt}"


def _total(found: CombinedCoverage) -> CoverageTotal:
    return CoverageTotal(
        percent=found.percent,
        fail_under=found.fail_under,
        is_met=found.is_met,
        precision=len(found.shown.partition(".")[2]),
        text=found.text,
        files=tuple(map(str, (found.data, found.xml, found.html))),
    )
