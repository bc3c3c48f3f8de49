"""Making one JUnit file of those that the shards of a segment left, and of their journals."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_smartshard.combine.beside import junit_beside
from pytest_smartshard.combine.junit import JunitPart, JunitStyle, JunitTest, combine
from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.proof import SegmentProof
from pytest_smartshard.model.record import Journal
from pytest_smartshard.operations.artifacts import Artifacts
from pytest_smartshard.operations.judging import Evidence
from pytest_smartshard.store.replacing import replace
from pytest_smartshard.wording import plural

MOST_BYTES = 256 * 1024**2
"""Of one JUnit file. 100,000 tests make 30 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedJunit:
    """The files that were written, a segment each; ``notes`` are for the user."""

    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def merge_junit(
    artifacts: Artifacts, evidence: Evidence, proofs: Sequence[SegmentProof], out: Path
) -> MergedJunit:
    """Write ``junit.xml`` into the folder *out*, for several segments ``junit-<segment>.xml`` each.

    What did not run is in none of them. Raises UsageError without junitparser, and OSError.
    """
    _clear(out)
    files: list[str] = []
    notes: list[str] = []
    for proof in proofs:
        name = "junit.xml" if len(proofs) == 1 else f"junit-{proof.segment.slug}.xml"
        parts = list(_parts(artifacts, evidence, proof, notes))
        combined = combine(parts, _style(evidence.by_segment[proof.segment]))
        if combined.made:
            made = plural(combined.made, "test")
            notes.append(f"{name}: {made} had no case in any JUnit file and got one made from the journal")
        notes.extend(combined.notes)
        replace(out / name, combined.document)
        files.append(str(out / name))
    return MergedJunit(files=tuple(files), notes=tuple(notes))


def _clear(out: Path) -> None:
    """Files of an earlier merge must not pass for ones of this."""
    with contextlib.suppress(FileNotFoundError):
        for stale in (out / "junit.xml", *out.glob("junit-*@*@*.xml")):
            stale.unlink(missing_ok=True)


def _parts(
    artifacts: Artifacts, evidence: Evidence, proof: SegmentProof, notes: list[str]
) -> Iterable[JunitPart]:
    """The journals of which a test counts, and those that tell what could not be collected."""
    counted = {id(one.test) for one in proof.counted}
    counting = {one.journal for one in proof.counted}
    counting.update(path for end in proof.last.ends for path in end.journals)
    for journal in evidence.by_segment[proof.segment]:
        if journal.path in counting:
            name, document = _document(artifacts, evidence, journal, notes)
            yield JunitPart(
                name=name,
                document=document,
                tests=[JunitTest(test=test, counts=id(test) in counted) for test in journal.tests],
                started=journal.header.started,
            )


def _document(
    artifacts: Artifacts, evidence: Evidence, journal: Journal, notes: list[str]
) -> tuple[str, bytes | None]:
    """The name and content of the file beside a journal; None where there is none that can be used."""
    file = evidence.files[journal.path]
    found = artifacts.beside(file, junit_beside(Path(file.name)).name)
    if found is None:
        return journal.path, None
    try:
        document = found.read()
    except UnusableFile as problem:
        notes.append(f"{problem.path} {problem.reason}: its test cases are made from the journal")
        return found.label, None
    if len(document) > MOST_BYTES:
        notes.append(
            f"{found.label} is over {MOST_BYTES // 1024**2} MiB: its test cases are made from the journal"
        )
        return found.label, None
    return found.label, document


def _style(journals: Iterable[Journal]) -> JunitStyle:
    """As the first shard that wrote a JUnit file says; all are started alike."""
    told = (journal.header.junit for journal in journals if journal.header.junit)
    return JunitStyle.from_facts(next(told, {}))
