"""Proving that every test of a segment ran exactly once, from the journals that its shards left.

Within a generation the last attempt at a shard says what was its to run, and of each test the last attempt that
finished it counts. A later generation ran what was left, so a test counts where it was last run, and only the
last generation has to be whole. A test is identified by the name its duration is kept under, which is the same in
every process, and by how many tests have that name. Of a file that nobody collected only its own name is known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.proof import (
    CountedTest,
    DoubledTest,
    EarlierOutcome,
    GenerationProof,
    Loss,
    LostTest,
    SegmentProof,
)
from pytest_smartshard.model.record import CollectionError, Journal
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.causes import causes_of
from pytest_smartshard.proving.pruned import failed_only_pruned
from pytest_smartshard.proving.seen import disagreeing_files, last_journals, seen_in, uncollected_files
from pytest_smartshard.proving.shards import (
    Finish,
    Generations,
    ShardRecord,
    most,
    shards_of,
    stopped_on_purpose,
    together,
    without_copies,
)


def prove(journals: Iterable[Journal], inventories: Mapping[str, Inventory]) -> SegmentProof:
    """The proof for *journals*, at least one, all of one segment of one run.

    *inventories* are those that lay beside them, by digest. The order of journals and copies of them do not
    matter.
    """
    journals = without_copies(journals)
    header = journals[0].header
    by_generation: dict[int, list[Journal]] = defaultdict(list)
    for journal in journals:
        by_generation[journal.header.identity.generation].append(journal)
    records = {number: shards_of(by_generation[number]) for number in sorted(by_generation)}
    generations = tuple(_generation(number, records[number], inventories) for number in records)
    seen = seen_in(records, inventories)
    expected = seen.tests
    ran = _Ran(records, expected)
    # An earlier generation may have collected more tests of a name; no shard was given more than there were.
    given = most(record.given for shards in records.values() for record in shards)
    left = sorted(key for key, count in expected.items() if len(ran.ends.get(key, ())) < count)
    doubled = sorted(
        key
        for key, finishes in ran.ends.items()
        if len(finishes) > 1 and len(finishes) > max(expected[key], given[key])
    )
    counted = [ran.counted(finish) for key in sorted(ran.ends) for finish in ran.ends[key]]
    errors = _errors(records)
    return SegmentProof(
        segment=header.segment,
        run=header.identity.run,
        generations=generations,
        expected=expected.total(),
        counted=counted,
        lost=(
            *(_lost(key, records, generations[-1]) for key in left),
            *(_lost_file(file, generations[-1]) for file in seen.files),
        ),
        doubled=tuple(_doubled(key, ran.ends[key]) for key in doubled),
        gone=_gone(records, expected, ran),
        is_listed=seen.is_listed,
        errors=errors,
        only_pruned=failed_only_pruned(journals, counted, errors),
    )


class _Ran:
    """Which ends of each test count, over all generations."""

    def __init__(self, records: Generations, expected: Counter[ItemKey]) -> None:
        every = [record for shards in records.values() for record in shards]
        self._all = together(record.finishes for record in every)
        self.ends: dict[ItemKey, Sequence[Finish]] = {}
        for shards in records.values():
            for key, finishes in together(record.current for record in shards).items():
                # Where several tests share a name, a generation that ran only some of them is no step forward.
                known = self.ends.get(key)
                if known is None or len(finishes) >= min(len(known), max(1, expected[key])):
                    self.ends[key] = finishes
        for key, finishes in together(record.outdated for record in every).items():
            self.ends.setdefault(key, finishes[-1:])

    def counted(self, finish: Finish) -> CountedTest:
        header = finish.journal.header
        return CountedTest(
            test=finish.test,
            journal=finish.journal.path,
            shard=header.shard,
            generation=header.identity.generation,
            attempt=header.identity.attempt,
            earlier=self._earlier(finish),
        )

    def _earlier(self, finish: Finish) -> tuple[EarlierOutcome, ...]:
        same_name = self._all[finish.test.stored_key]
        if len(same_name) == 1:
            return ()
        identity = finish.journal.header.identity
        now = (identity.generation, identity.attempt)
        outcomes = (_outcome(other) for other in same_name if other.test.key == finish.test.key)
        return tuple(before for before in outcomes if (before.generation, before.attempt) < now)


def _doubled(key: ItemKey, finishes: Sequence[Finish]) -> DoubledTest:
    return DoubledTest(
        key=key,
        generation=finishes[0].journal.header.identity.generation,
        shards=tuple(sorted(finish.shard for finish in finishes)),
    )


def _outcome(finish: Finish) -> EarlierOutcome:
    identity = finish.journal.header.identity
    return EarlierOutcome(generation=identity.generation, attempt=identity.attempt, outcome=finish.test.outcome)


def _generation(
    number: int, shards: Sequence[ShardRecord], inventories: Mapping[str, Inventory]
) -> GenerationProof:
    headers = [journal.header for journal in last_journals(shards)]
    counts = tuple(sorted({header.shard.count for header in headers}))
    there = {header.shard.number for header in headers}
    return GenerationProof(
        generation=number,
        counts=counts,
        ends=tuple(record.end for record in shards),
        missing=tuple(k for k in range(1, max(counts) + 1) if k not in there),
        digests=tuple(sorted({header.digest for header in headers})),
        collections=tuple(sorted({header.collection for header in headers})),
        pruned=tuple(sorted({header.shard.number for header in headers if header.pruned})),
        uncollected=uncollected_files(shards),
        disagreeing=disagreeing_files(shards, inventories),
        outdated=any(file.selected is None for journal in last_journals(shards) for file in journal.files),
        causes=causes_of(shards, inventories),
    )


def _lost(key: ItemKey, records: Generations, last: GenerationProof) -> LostTest:
    """How far the test got where it was last to be run."""
    for generation in sorted(records, reverse=True):
        for record in records[generation]:
            if record.assigned[key]:
                return LostTest(
                    key=key,
                    loss=Loss.CUT_OFF if _has_begun(key, record) else Loss.NOT_RUN,
                    generation=generation,
                    shard=record.shard,
                    stopped=all(map(stopped_on_purpose, record.last)),
                )
    return _never_given(key, last)


def _never_given(key: ItemKey, last: GenerationProof, *, is_file: bool = False) -> LostTest:
    """What no journal says that its shard was to run."""
    shard = None
    if len(last.missing) == len(last.digests) == len(last.collections) == len(last.counts) == 1:
        # All others planned alike and had it not, so it was for the one that left nothing.
        shard = ShardIndex(last.missing[0], last.count)
    loss = Loss.NOT_RUN if shard else Loss.UNASSIGNED
    return LostTest(key=key, loss=loss, generation=last.generation, shard=shard, is_file=is_file)


def _lost_file(file: str, last: GenerationProof) -> LostTest:
    """One that nobody collected: its owners left nothing."""
    return _never_given(ItemKey(file, ""), last, is_file=True)


def _has_begun(key: ItemKey, record: ShardRecord) -> bool:
    """By its own name, or as one of those whose parameters no two processes name alike."""
    return key in record.begun or any(
        begun.file == key.file and begun.tail.startswith(f"{key.tail}[") for begun in record.begun
    )


def _gone(records: Generations, expected: Counter[ItemKey], ran: _Ran) -> tuple[ItemKey, ...]:
    """Tests that an earlier generation was to run, did not, and that the last one did not collect."""
    gone = {
        key
        for shards in records.values()
        for record in shards
        for key in record.assigned
        if key not in expected and key not in ran.ends
    }
    return tuple(sorted(gone))


def _errors(records: Generations) -> tuple[CollectionError, ...]:
    """What the last generation could not collect, each once: all shards that tried tell of it."""
    found: dict[str, CollectionError] = {}
    for record in records[max(records)]:
        for journal in record.last:
            for error in journal.errors:
                found.setdefault(error.node, error)
    return tuple(found[node] for node in sorted(found))
