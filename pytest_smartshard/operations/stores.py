"""The files of a store: which there are, what is in them, and changing them so that nothing is lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pytest_smartshard.errors import NewerFormat, UnusableFile, UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import History
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.proving.samples import decode_column
from pytest_smartshard.store.format import fingerprint, history_text, parse_history
from pytest_smartshard.store.place import FILE_SUFFIX, StorePlace
from pytest_smartshard.store.replacing import locked, replace
from pytest_smartshard.wording import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSegment:
    """The history of one segment and the file that it is in."""

    segment: Segment
    path: Path
    history: History


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusableStore:
    """A file that lies in a store and cannot be used; ``reason`` ends in what to do."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What was found, sorted by the names of segments and files."""

    segments: tuple[StoredSegment, ...]
    unusable: tuple[UnusableStore, ...] = ()


def store_files(place: StorePlace, names: Sequence[str]) -> list[Path]:
    """The files of the segments *names*, of all where there are none, sorted.

    Raises UsageError where a name is none of a segment, or there is no such file.
    """
    there = files_in(place.path) if not place.is_file else [place.path] if place.path.is_file() else []
    if not there:
        problem = (
            f"--store={place.path}: no store is there; name the one to use, or make it with pytest --shard=1/1 "
            "or smartshard merge"
        )
        raise UsageError([problem])
    problems: list[str] = []
    chosen = sorted({place.file_of(segment) for segment in segments_named(names, problems)})
    known = listed([path.name.removesuffix(FILE_SUFFIX) for path in there])
    problems.extend(
        f"SEGMENT={path.name.removesuffix(FILE_SUFFIX)}: not in {place.path}; there are {known}"
        for path in chosen
        if path not in there
    )
    if problems:
        raise UsageError(problems)
    return chosen if names else there


def files_in(folder: Path) -> list[Path]:
    """The files of a store that is a folder, sorted."""
    return sorted(path for path in folder.glob(f"*{FILE_SUFFIX}") if path.is_file())


def segments_named(names: Iterable[str], problems: list[str]) -> list[Segment]:
    """The segments of these names, each once. Mistakes go to *problems*."""
    found = []
    for name in dict.fromkeys(names):
        try:
            found.append(Segment.from_slug(name))
        except ValueError:
            problems.append(
                f"SEGMENT={name}: not the name of a segment; write suite@environment@selection, as in the file "
                "names of a store"
            )
    return found


def read_stores(place: StorePlace, files: Iterable[Path], names: Sequence[str] = ()) -> Stores:
    """What is in *files*. One that vanished meanwhile is passed over.

    Raises UsageError where a store that is one file is not that of the segments *names*, and OSError.
    """
    segments, unusable = [], []
    for path in files:
        try:
            segments.append(read_store(place, path))
        except FileNotFoundError:
            continue
        except UnusableFile as problem:
            mend = "remove it, or bring back the file that was there"
            unusable.append(UnusableStore(path=path, reason=f"{problem.reason}; {mend}"))
        except NewerFormat as newer:
            reason = f"has format {newer.found}, and this version reads up to {newer.known}"
            unusable.append(UnusableStore(path=path, reason=f"{reason}; upgrade pytest-smartshard"))
    if place.is_file and names:
        problems = [
            f"SEGMENT={name}: not in {place.path}; there is {stored.segment.slug}"
            for stored in segments
            for name in dict.fromkeys(names)
            if name != stored.segment.slug
        ]
        if problems:
            raise UsageError(problems)
    return Stores(segments=tuple(segments), unusable=tuple(unusable))


def read_store(place: StorePlace, path: Path) -> StoredSegment:
    """One file of a store, samples and all. A file in a folder is of the segment that it is named after.

    Raises UnusableFile, NewerFormat and OSError.
    """
    history = parse_history(path.read_bytes(), str(path))
    try:
        for known in (*history.files.values(), *history.shared.values()):
            for column in known.columns:
                decode_column(column, len(known.tails))
    except ValueError as error:
        raise UnusableFile(str(path), f"holds a value that no store has ({error})") from error
    slug = history.segment if place.is_file else path.name.removesuffix(FILE_SUFFIX)
    try:
        segment = Segment.from_slug(slug)
    except ValueError as error:
        raise UnusableFile(str(path), f"is of {slug!a}, which is not the name of a segment") from error
    return StoredSegment(segment=segment, path=path, history=history)


def read_usable(place: StorePlace, files: Sequence[Path]) -> tuple[StoredSegment, ...]:
    """What is in *files*, all of it. Raises UsageError where a file cannot be used or is gone, and OSError."""
    stores = read_stores(place, files)
    problems = [f"{found.path} {found.reason}" for found in stores.unusable]
    read = {*(stored.path for stored in stores.segments), *(found.path for found in stores.unusable)}
    problems.extend(f"{path}: was removed meanwhile; start it again" for path in files if path not in read)
    if problems:
        raise UsageError(problems)
    return stores.segments


@contextlib.contextmanager
def all_locked(paths: Iterable[Path]) -> Iterator[None]:
    """Hold the locks of all *paths*. Always taken in one order, so that two who want the same ones do not wait
    for each other for ever. Raises OSError."""
    with contextlib.ExitStack() as stack:
        for path in sorted(set(paths)):
            stack.enter_context(locked(path))
        yield


def write_store(path: Path, history: History, segment: Segment, before: str = "") -> bool:
    """Write *history*, unless the file has that content: *before* is its fingerprint. Whether it was written."""
    data = history_text(history, segment).encode("ascii")
    if fingerprint(data) == before:
        return False
    replace(path, data)
    return True
