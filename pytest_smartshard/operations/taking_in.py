"""Taking what shards measured into the stores of their segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from pytest_smartshard.errors import UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
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
    added, dropped, changed = _differences(change.before, change.after)
    return TakenIn(
        segment=segment,
        change=StoreChange(
            path=str(change.path),
            journals=len(journals),
            tests=change.tests,
            written=change.written,
            added=added,
            dropped=dropped,
            changed=tuple(sorted(changed, key=lambda found: (-abs(found[2] - found[1]), found[0]))),
        ),
        notes=change.notes,
    )


def _differences(before: History, after: History) -> tuple[int, int, list[tuple[ItemKey, int, int]]]:
    """How many tests are new and gone, and which cost something else, with their costs before and after."""
    added = dropped = 0
    changed = []
    for file in {**before.files, **after.files}:
        old, new = _costs(before, file), _costs(after, file)
        added += len(new.keys() - old.keys())
        dropped += len(old.keys() - new.keys())
        changed += [
            (ItemKey(file, tail), old[tail], cost)
            for tail, cost in new.items()
            if tail in old and (cost > MANY_TIMES * old[tail] or old[tail] > MANY_TIMES * cost)
        ]
    return added, dropped, changed


def _costs(history: History, file: str) -> dict[str, int]:
    known = history.files.get(file)
    return {} if known is None else dict(zip(known.tails, known.costs, strict=True))
