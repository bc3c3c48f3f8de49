"""Judging the journals of a run: which run it is, and what each segment proves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from pytest_smartshard.errors import NewerFormat, UnusableFile, UsageError
from pytest_smartshard.journal.inventory_file import parse_inventory
from pytest_smartshard.journal.reading import parse_journal
from pytest_smartshard.journal.run_folder import inventory_name
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.proof import SegmentProof
from pytest_smartshard.model.record import Journal
from pytest_smartshard.model.segment import Segment, safe_name
from pytest_smartshard.operations.artifacts import ArtifactFile, Artifacts
from pytest_smartshard.proving.proof import prove
from pytest_smartshard.wording import listed

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is: 0 where that is not told."""

READING = "reading journals"

MOST_BYTES = 256 * 1024**2
"""A journal or list of tests that is larger is not read. 100,000 tests leave 30 MB in all their shards' journals,
and each failure up to 16 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The journals of one run with the files they came in, by label, and the inventories that lay beside them.

    ``others`` are runs of which journals lay there too.
    """

    run: str
    journals: tuple[Journal, ...]
    files: Mapping[str, ArtifactFile]
    inventories: Mapping[str, Inventory]
    others: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def by_segment(self) -> Mapping[Segment, list[Journal]]:
        found: dict[Segment, list[Journal]] = defaultdict(list)
        for journal in self.journals:
            found[journal.header.segment].append(journal)
        return {segment: found[segment] for segment in sorted(found)}


def gather_evidence(
    artifacts: Artifacts,
    *,
    wanted: str | None,
    likely: str | None,
    wanted_by: str = "",
    where: str = "",
    progress: Progress = lambda *_: None,
) -> Evidence:
    """All that *artifacts* hold of one run: of *wanted*, else of *likely* if it is there, else of the newest.

    *where* and *wanted_by* are for messages the options, with their values, that say where they were looked for
    and which run is wanted. Runs are named as users do; journals have safe names.

    Raises UsageError where there is nothing of it, NewerFormat for a journal that a later version wrote.
    """
    notes = list(artifacts.notes)
    journals = []
    files = {}
    candidates = artifacts.journals
    for number, file in enumerate(candidates):
        progress(READING, number, len(candidates))
        try:
            journal = parse_journal(_content(file), file.label)
        except UnusableFile as problem:
            notes.append(f"{problem.path} {problem.reason}: left out")
            continue
        journals.append(journal)
        files[file.label] = file
        notes.extend(f"{journal.path}: {flaw}" for flaw in journal.flaws)
    progress(READING, len(candidates), len(candidates))
    if not journals:
        raise UsageError([*notes, f"{where}: no journal of a shard is there; name the folder of a run"])
    run = _chosen(journals, wanted, likely, wanted_by)
    chosen = tuple(journal for journal in journals if journal.header.identity.run == run)
    return Evidence(
        run=run,
        journals=chosen,
        files=files,
        inventories=_inventories(artifacts, chosen, notes),
        others=tuple(sorted({journal.header.identity.run for journal in journals} - {run})),
        notes=tuple(notes),
    )


def _content(file: ArtifactFile) -> bytes:
    """Raises UnusableFile, also for what would take up the memory."""
    if file.size > MOST_BYTES:
        raise UnusableFile(file.label, f"is larger than {MOST_BYTES // 1024**2} MiB")
    return file.read()


def _chosen(journals: Sequence[Journal], wanted: str | None, likely: str | None, wanted_by: str) -> str:
    newest: dict[str, float] = defaultdict(float)
    for journal in journals:
        run = journal.header.identity.run
        newest[run] = max(newest[run], journal.header.started)
    if wanted is not None:
        if safe_name(wanted) not in newest:
            there = listed(sorted(newest))
            raise UsageError([f"{wanted_by}: no journal of that run is there; there are {there}"])
        return safe_name(wanted)
    if likely is not None and safe_name(likely) in newest:
        return safe_name(likely)
    return max(newest, key=lambda run: (newest[run], run))


def _inventories(artifacts: Artifacts, journals: Sequence[Journal], notes: list[str]) -> Mapping[str, Inventory]:
    """By digest, one good copy of each: every shard left one, which may be the same as the others'."""
    found = {}
    for digest in sorted({journal.header.listed_in for journal in journals} - {""}):
        for file in artifacts.named(inventory_name(digest)):
            try:
                inventory = parse_inventory(_content(file), file.label)
            except UnusableFile as problem:
                notes.append(f"{problem.path} {problem.reason}: left out")
                continue
            except NewerFormat as newer:
                notes.append(
                    f"{newer.path} has format {newer.found}, newest known here is {newer.known}: left out"
                )
                continue
            if inventory.digest == digest:
                found[digest] = inventory
                break
            notes.append(f"{file.label} holds other tests than its name says: left out")
    return found


def judge(evidence: Evidence) -> list[SegmentProof]:
    """A proof for each segment, sorted."""
    return [prove(journals, evidence.inventories) for journals in evidence.by_segment.values()]
