"""Which segments a run should have: those of the last one that was complete."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable

from pytest_smartshard.errors import NewerFormat, UnusableFile
from pytest_smartshard.model.proof import SegmentProof
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.operations.opening import LOCAL_PREFIX
from pytest_smartshard.operations.stores import files_in
from pytest_smartshard.proving.joining import by_run, is_complete
from pytest_smartshard.store.format import parse_history
from pytest_smartshard.store.place import FILE_SUFFIX, StorePlace


def expected_segments(place: StorePlace, run: str) -> list[Segment]:
    """The segments of the last run before *run* that is complete in each store that knows of it.

    Only runs that were named in the same way count: what somebody ran by hand is no measure for a CI's run, nor
    the other way round. Stores that cannot be read say nothing. Raises OSError.
    """
    if place.is_file or run.startswith(LOCAL_PREFIX):
        return []
    ran: dict[str, list[Segment]] = defaultdict(list)
    incomplete: set[str] = set()
    started: dict[str, float] = {}
    for path in files_in(place.path):
        with contextlib.suppress(UnusableFile, NewerFormat, ValueError):
            segment = Segment.from_slug(path.name.removesuffix(FILE_SUFFIX))
            history = parse_history(path.read_bytes(), str(path))
            for name, attempts in by_run([*history.runs, *history.other_runs]).items():
                ran[name].append(segment)
                started[name] = max(started.get(name, 0.0), *(attempt.started for attempt in attempts))
                if not is_complete(attempt for attempt in attempts if attempt.generation == 0):
                    incomplete.add(name)
    kind = run.partition("-")[0]
    whole = [name for name in ran if name not in incomplete and name != run and name.partition("-")[0] == kind]
    return sorted(ran[max(whole, key=lambda name: (started[name], name))]) if whole else []


def absent_segments(expected: Iterable[Segment], proofs: Iterable[SegmentProof]) -> tuple[Segment, ...]:
    """Those of *expected* of which the run left nothing."""
    there = {proof.segment for proof in proofs}
    return tuple(sorted(set(expected) - there))
