"""Taking what shards measured into the stores of their segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_smartshard.errors import UsageError
from pytest_smartshard.model.history import History
from pytest_smartshard.model.merged import StoreChange
from pytest_smartshard.model.record import Journal
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.changing import change_store
from pytest_smartshard.proving.joining import join
from pytest_smartshard.store.place import StorePlace

MANY_TIMES = 2
"""A test whose cost changed by more than this factor is told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """What came of one segment; ``notes`` are for the user."""

    segment: Segment
    change: StoreChange
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


def _take_in_segment(segment: Segment, journals: Sequence[Journal], place: StorePlace) -> TakenIn:
    change = change_store(place, segment, lambda history: join(history, journals))
    before, after = _costs(change.before), _costs(change.after)
    changed = [
        (key, before[key], cost)
        for key, cost in after.items()
        if key in before and (cost > MANY_TIMES * before[key] or before[key] > MANY_TIMES * cost)
    ]
    return TakenIn(
        segment=segment,
        change=StoreChange(
            path=str(change.path),
            journals=len(journals),
            tests=change.tests,
            written=change.written,
            added=len(after.keys() - before.keys()),
            dropped=len(before.keys() - after.keys()),
            changed=tuple(sorted(changed, key=lambda found: (-abs(found[2] - found[1]), found[0]))),
        ),
        notes=change.notes,
    )


def _costs(history: History) -> dict[ItemKey, int]:
    return {
        ItemKey(file, tail): cost
        for file, known in history.files.items()
        for tail, cost in zip(known.tails, known.costs, strict=True)
    }
