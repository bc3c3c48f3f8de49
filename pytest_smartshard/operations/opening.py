"""Opening a journal: which run a shard belongs to, and which attempt at it this is."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from pytest_smartshard.errors import NewerFormat, UnusableFile
from pytest_smartshard.journal.inventory_file import inventory_text
from pytest_smartshard.journal.plan_file import plan_text
from pytest_smartshard.journal.reading import read_footer, read_header
from pytest_smartshard.journal.run_folder import (
    RUNS,
    attempts_of,
    inventory_name,
    journal_name,
    journals_in,
    plan_name,
    segment_folder,
)
from pytest_smartshard.journal.writing import JournalWriter
from pytest_smartshard.model.part import ShardPart
from pytest_smartshard.model.record import CollectionError, JournalHeader, is_finished
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex, safe_name
from pytest_smartshard.store.replacing import locked, replace

LOCAL_PREFIX = "local-"
"""Begins the id of a run that no CI named."""

KEPT_LOCAL_RUNS = 20
"""When a local run is opened, older ones beyond this many are removed."""

_IGNORE_ALL = "# Written by pytest-smartshard: history and journals of test runs.\n*\n"


def prepare_home(home: Path) -> None:
    """Make the ``.smartshard`` folder, kept out of version control. Raises OSError."""
    home.mkdir(parents=True, exist_ok=True)
    ignore = home / ".gitignore"
    if not ignore.exists():
        ignore.write_text(_IGNORE_ALL, encoding="utf-8")


def open_journal(
    home: Path,
    header: JournalHeader,
    part: ShardPart,
    errors: Iterable[CollectionError] = (),
    *,
    run: str | None,
    attempt: int | None,
) -> tuple[JournalWriter, JournalHeader]:
    """Create this shard's journal, with plan and inventory beside it; returns it and the header as written.

    *run* and *attempt* are what the CI says, None where it says nothing. Without a run, the open local run with
    the same segment, count and digest is joined, else a new one is opened. Journals that this shard has already
    in that run make this a later attempt. Raises OSError.
    """
    prepare_home(home)
    if run:
        # Nothing is decided that others decide too, and a shard that takes no lock need not import what locks.
        return _journal_in(safe_name(run), home, header, part, errors, attempt)
    with locked(home / RUNS):
        name = _open_local_run(home, header) or _new_local_run(home)
        return _journal_in(name, home, header, part, errors, attempt)


def _journal_in(
    run: str,
    home: Path,
    header: JournalHeader,
    part: ShardPart,
    errors: Iterable[CollectionError],
    attempt: int | None,
) -> tuple[JournalWriter, JournalHeader]:
    folder = segment_folder(home, run, header.segment)
    generation = header.identity.generation
    plan_path = folder / plan_name(generation, part.plan.digest)
    if not plan_path.exists():
        replace(plan_path, plan_text(part.plan).encode("ascii"))
    inventory = part.inventory.digest
    inventory_path = folder / inventory_name(inventory)
    if not inventory_path.exists():
        replace(inventory_path, inventory_text(part.inventory).encode("ascii"))
    earlier = [number for number, _ in attempts_of(folder, generation, header.shard)]
    number = max(attempt or 1, 1 + max(earlier, default=0))
    while True:
        identity = RunIdentity(run=run, generation=generation, attempt=number)
        written = dataclasses.replace(header, identity=identity, plan=plan_path.name, inventory=inventory)
        path = folder / journal_name(identity, header.shard)
        try:
            # Last, so that nothing can fail while the journal is open and nobody has it yet.
            return JournalWriter(path, written, part.files, errors), written
        except FileExistsError:
            number += 1  # The same shard was started twice, and the other one has that attempt by now.


def finished_shards(folder: Path, header: JournalHeader) -> set[int]:
    """Shards (1-based) that have finished in *folder* by the same plan as *header*'s, over the same tests."""
    return _finished_by_agreement(folder, header).get(header.agreement, set())


def open_run_by_other_plan(home: Path, header: JournalHeader) -> str | None:
    """The local run before this one, if it is of the same segment and count, unfinished, and by another plan.

    Its shards and this one's do not add up to the suite.
    """
    for folder in _local_runs(home):
        paths = journals_in(folder / header.segment.slug)
        if folder.name == header.identity.run or not paths:
            continue
        try:
            other = read_header(paths[-1])
        except (UnusableFile, NewerFormat):
            return None
        if other.shard.count != header.shard.count:
            continue
        if other.digest == header.digest:
            return None
        return None if _is_closed(paths[-1].parent, other) else folder.name
    return None


def has_seen_other_tests(folder: Path, header: JournalHeader) -> bool:
    """Whether a shard in *folder* followed the same plan as *header*'s, but collected other tests."""
    for path in journals_in(folder):
        with contextlib.suppress(UnusableFile, NewerFormat):
            other = read_header(path)
            if other.digest == header.digest and other.collection != header.collection:
                return True
    return False


def _finished_by_agreement(folder: Path, like: JournalHeader) -> dict[str, set[int]]:
    """Finished shards of the generation and count of *like*, by what they agree upon."""
    finished: dict[str, set[int]] = defaultdict(set)
    for path in journals_in(folder):
        with contextlib.suppress(UnusableFile, NewerFormat):
            header = read_header(path)
            same = (header.identity.generation, header.shard.count) == (
                like.identity.generation,
                like.shard.count,
            )
            if same and is_finished(header, read_footer(path)):
                finished[header.agreement].add(header.shard.number)
    return finished


def _is_closed(folder: Path, like: JournalHeader) -> bool:
    """Whether all shards of one agreement have finished: the run is complete, and nothing more belongs to it."""
    found = _finished_by_agreement(folder, like)
    return any(len(finished) == like.shard.count for finished in found.values())


def _open_local_run(home: Path, header: JournalHeader) -> str | None:
    """The local run that has this plan and lacks a shard, the newest where there are several."""
    for folder in _local_runs(home):
        place = folder / header.segment.slug
        if not _has_plan(place, header):
            continue
        if not _is_closed(place, header):
            return folder.name
    return None


def _has_plan(place: Path, header: JournalHeader) -> bool:
    """Whether shards of as many have written there by this plan."""
    if not (place / plan_name(header.identity.generation, header.digest)).exists():
        return False
    suffix = f"-of-{header.shard.count}-"
    return any(suffix in path.name for path in journals_in(place))


def _new_local_run(home: Path) -> str:
    """A new id; folders of old local runs are removed."""
    for folder in _local_runs(home)[KEPT_LOCAL_RUNS - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)
    return f"{LOCAL_PREFIX}{os.urandom(4).hex()}"


def _local_runs(home: Path) -> list[Path]:
    """Folders of local runs, the newest first."""
    try:
        folders = [path for path in (home / RUNS).iterdir() if path.name.startswith(LOCAL_PREFIX)]
    except OSError:
        return []
    return sorted(folders, key=lambda path: (_last_change(path), path.name), reverse=True)


def _last_change(folder: Path) -> int:
    """When a shard last wrote below *folder*, in nanoseconds; the folder's own time stands still meanwhile."""
    changes = [0]
    for path in (folder, *folder.glob("*/*")):
        with contextlib.suppress(OSError):
            changes.append(path.stat().st_mtime_ns)
    return max(changes)


def earlier_plan(
    home: Path, run: str, segment: Segment, shard: ShardIndex, attempt: int | None
) -> tuple[Path | None, bool]:
    """The plan that shards of *run* have followed so far, and whether this is a later attempt.

    It is one where this shard has a journal there already, or where the CI counts so. The plan is this shard's
    own, else the one that all other shards of as many followed; None where there is none, or several. That of
    other shards counts on a first attempt too: on one machine the store may have changed since they planned.
    """
    folder = segment_folder(home, run, segment)
    headers = []
    for path in journals_in(folder):
        with contextlib.suppress(UnusableFile, NewerFormat):
            headers.append(read_header(path))
    matching = [h for h in headers if h.shard.count == shard.count and h.identity.generation == 0]
    newest = max((h for h in matching if h.shard == shard), key=lambda h: h.identity.attempt, default=None)
    is_later = newest is not None or (attempt or 1) > 1
    plans = {newest.plan} if newest else {h.plan for h in matching}
    if len(plans) != 1:
        return None, is_later
    (name,) = plans
    path = folder / name
    return (path if name and Path(name).name == name and path.is_file() else None), is_later
