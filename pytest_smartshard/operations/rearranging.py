"""Dividing the history of a segment among several suites, and making the histories of several segments one.

What is new is written first and what it came from changed last: a process that dies between leaves a test in both
places, never in none, and doing it again ends it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pytest_smartshard.errors import UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import History
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.stores import (
    StoredSegment,
    all_locked,
    read_usable,
    segments_named,
    store_files,
    write_store,
)
from pytest_smartshard.proving.reshaping import reshaped, united
from pytest_smartshard.store.keys import below, from_above
from pytest_smartshard.store.place import StorePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a segment's store holds after it: tests and files. ``is_removed``: it is gone, as none are left."""

    segment: Segment
    path: Path
    tests: int
    files: int
    is_removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A file to write, or without a history to remove. ``before``: the fingerprint of what is there."""

    segment: Segment
    path: Path
    history: History | None
    before: str = ""


def split(
    place: StorePlace, name: str, suites: Mapping[str, str], *, keep_paths: bool, dry_run: bool
) -> list[Change]:
    """Move the files below each folder of *suites* from segment *name* to that of the suite which it gives.

    The segments differ in their suite only. The folder goes from the names of the files, unless *keep_paths*.
    Where one folder lies in another, the inner one's files are its own. Raises UsageError and OSError.
    """
    _refuse_file(place, "split")
    (source,) = store_files(place, [name])
    (segment,) = segments_named([name], [])
    targets = {suite: replace(segment, suite=suite) for suite in suites.values()}
    paths = [source, *(place.file_of(target) for target in targets.values())]
    _refuse_links(paths)
    with contextlib.nullcontext() if dry_run else all_locked(paths):
        (stored,) = read_usable(place, [source])
        _refuse_empty(stored, suites)
        parts = {
            suite: reshaped(stored.history, partial(_moved, suite=suite, suites=suites, keep_paths=keep_paths))
            for suite in targets
        }
        rest = reshaped(
            stored.history, lambda key: None if _folder_of(key.file, suites) is not None else key.file
        )
        steps = [_joined_to_there(place, targets[suite], [parts[suite]]) for suite in sorted(parts)]
        steps.append(_Step(segment=segment, path=source, history=rest if rest.files else None))
        return _carried_out(steps, dry_run=dry_run)


def join_segments(
    place: StorePlace, names: Sequence[str], into: Segment, prefixes: Mapping[str, str], *, dry_run: bool
) -> list[Change]:
    """Make the histories of the segments *names* that of *into*, which keeps what it has; the others are removed.

    *prefixes* gives for a suite the folder that its files lie in, seen from the new root folder. Raises
    UsageError and OSError.
    """
    _refuse_file(place, "join")
    sources = store_files(place, names)
    target = place.file_of(into)
    _refuse_links([*sources, target])
    with contextlib.nullcontext() if dry_run else all_locked([*sources, target]):
        found = read_usable(place, [path for path in sources if path != target])
        step = _joined_to_there(
            place, into, [_below(stored.history, prefixes.get(stored.segment.suite)) for stored in found]
        )
        removals = [_Step(segment=stored.segment, path=stored.path, history=None) for stored in found]
        return _carried_out([step, *removals], dry_run=dry_run)


def _refuse_file(place: StorePlace, action: str) -> None:
    if place.is_file:
        problem = (
            f"--store={place.path}: one file holds one segment, and {action} needs several; name a folder, with "
            "this file in it under the name of its segment"
        )
        raise UsageError([problem])


def _refuse_links(paths: Iterable[Path]) -> None:
    """Two names of one file: what is written under one would be lost with the other."""
    seen: dict[tuple[int, int] | str, Path] = {}
    problems = []
    for path in sorted(set(paths)):
        try:
            found = path.stat()
            file: tuple[int, int] | str = (found.st_dev, found.st_ino)
        except FileNotFoundError:
            file = os.path.realpath(path)
        if seen.setdefault(file, path) != path:
            problems.append(f"{path}: is the same file as {seen[file].name}; put a copy in the place of the link")
    if problems:
        raise UsageError(problems)


def _refuse_empty(stored: StoredSegment, suites: Mapping[str, str]) -> None:
    used = {_folder_of(key, suites) for key in stored.history.files}
    problems = [
        f"{folder}={suite}: no file of {stored.segment.slug} is below {folder}; write the folder as it is seen "
        "from the root folder"
        for folder, suite in suites.items()
        if folder not in used
    ]
    if problems:
        raise UsageError(problems)


def _folder_of(key: str, folders: Iterable[str]) -> str | None:
    """The innermost of *folders* that the file is in."""
    return max((folder for folder in folders if below(key, folder) is not None), key=len, default=None)


def _moved(key: ItemKey, *, suite: str, suites: Mapping[str, str], keep_paths: bool) -> str | None:
    """The test's file as *suite* sees it, None where it is not the suite's."""
    folder = _folder_of(key.file, suites)
    if folder is None or suites[folder] != suite:
        return None
    return key.file if keep_paths else below(key.file, folder)


def _below(history: History, folder: str | None) -> History:
    return history if folder is None else reshaped(history, lambda key: from_above(key.file, folder))


def _joined_to_there(place: StorePlace, segment: Segment, histories: Sequence[History]) -> _Step:
    """*histories* made one, together with what *segment* has already."""
    path = place.file_of(segment)
    if not path.exists():
        return _Step(segment=segment, path=path, history=united(histories))
    (stored,) = read_usable(place, [path])
    before = stored.history
    return _Step(segment=segment, path=path, history=united([before, *histories]), before=before.digest)


def _carried_out(steps: Sequence[_Step], *, dry_run: bool) -> list[Change]:
    changes = []
    for step in steps:
        if not dry_run:
            if step.history is None:
                step.path.unlink()
            else:
                write_store(step.path, step.history, step.segment, step.before)
        files = {} if step.history is None else step.history.files
        changes.append(
            Change(
                segment=step.segment,
                path=step.path,
                tests=sum(len(file.tails) for file in files.values()),
                files=len(files),
                is_removed=step.history is None,
            )
        )
    return changes
