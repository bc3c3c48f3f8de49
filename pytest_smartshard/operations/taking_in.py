"""Taking what shards measured into the stores of their segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_smartshard.errors import UsageError
from pytest_smartshard.model.record import Journal, JournalHeader
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.operations.changing import change_store
from pytest_smartshard.proving.joining import join
from pytest_smartshard.store.place import StorePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Shards (1-based) of one generation of a run that left no finished journal among those given."""

    run: str
    generation: int
    count: int
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Digests of the plans that shards of one generation of a run followed; a single one if it was the tests that
    they collected in which they differ."""

    run: str
    generation: int
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What came of one segment. ``tests`` is how many the store knows now, ``changed`` whether it was written."""

    segment: Segment
    store: Path
    journals: int
    tests: int
    changed: bool
    gaps: tuple[Gap, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    notes: tuple[str, ...] = ()


def take_in(journals: Sequence[Journal], place: StorePlace) -> list[TakenIn]:
    """Join *journals* into the store of each segment; the order of segments' names.

    Raises UsageError where journals of several segments should go into one file, NewerFormat where a store
    was written by a later version, OSError where it cannot be written.
    """
    by_segment: Mapping[Segment, list[Journal]] = defaultdict(list)
    for journal in journals:
        by_segment[journal.header.segment].append(journal)
    if place.is_file and len(by_segment) > 1:
        names = ", ".join(sorted(segment.slug for segment in by_segment))
        raise UsageError([f"--store={place.path}: one file cannot hold {names}; give a folder"])
    return [_take_in_segment(segment, by_segment[segment], place) for segment in sorted(by_segment)]


def gaps_of(journals: Iterable[Journal]) -> tuple[Gap, ...]:
    """Shards that are missing, for each generation of each run that *journals* have something of."""
    seen: dict[tuple[str, int, int], set[int]] = defaultdict(set)
    for journal in journals:
        header = journal.header
        finished = seen[(header.identity.run, header.identity.generation, header.shard.count)]
        if journal.is_finished:
            finished.add(header.shard.number)
    gaps = []
    for (run, generation, count), finished in sorted(seen.items()):
        missing = tuple(number for number in range(1, count + 1) if number not in finished)
        if missing:
            gaps.append(Gap(run=run, generation=generation, count=count, missing=missing))
    return tuple(gaps)


def disagreements_of(journals: Iterable[Journal]) -> tuple[Disagreement, ...]:
    """Generations whose shards followed different plans or collected different tests.

    Some of those may have run twice or never. Of several attempts at a shard the last one counts; where that one
    left several journals, all of them do.
    """
    seen: dict[tuple[str, int], dict[int, list[Journal]]] = defaultdict(lambda: defaultdict(list))
    for journal in journals:
        identity = journal.header.identity
        seen[(identity.run, identity.generation)][journal.header.shard.number].append(journal)
    found = []
    for (run, generation), shards in sorted(seen.items()):
        headers = [header for number in sorted(shards) for header in _of_last_attempt(shards[number])]
        if len({header.agreement for header in headers}) > 1:
            digests = tuple(sorted({header.digest for header in headers}))
            found.append(Disagreement(run=run, generation=generation, digests=digests))
    return tuple(found)


def _of_last_attempt(journals: Iterable[Journal]) -> list[JournalHeader]:
    headers = [journal.header for journal in journals]
    last = max(header.identity.attempt for header in headers)
    return [header for header in headers if header.identity.attempt == last]


def _take_in_segment(segment: Segment, journals: Sequence[Journal], place: StorePlace) -> TakenIn:
    change = change_store(place, segment, lambda history: join(history, journals))
    return TakenIn(
        segment=segment,
        store=change.path,
        journals=len(journals),
        tests=change.tests,
        changed=change.written,
        gaps=gaps_of(journals),
        disagreements=disagreements_of(journals),
        notes=change.notes,
    )
