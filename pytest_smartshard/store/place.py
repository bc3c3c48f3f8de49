"""Where the history of a segment is: its own file, a relative's, or one that another tool left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import History
from pytest_smartshard.model.segment import WHOLE_SUITE, Segment
from pytest_smartshard.store.format import parse_history
from pytest_smartshard.store.skimming import skim_history

FILE_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A folder with a file for each segment, or (``is_file``) one file for the segment at hand."""

    path: Path
    is_file: bool = False

    @classmethod
    def at(cls, path: Path) -> StorePlace:
        """A name that ends in ``.json`` is a file, any other a folder."""
        return cls(path, path.suffix == FILE_SUFFIX)

    def file_of(self, segment: Segment) -> Path:
        return self.path if self.is_file else self.path / f"{segment.slug}{FILE_SUFFIX}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHistory:
    """What planning is to use. ``notes`` are for the user: what was borrowed, what was set aside and why."""

    history: History
    notes: tuple[str, ...] = ()


def find_history(
    place: StorePlace, segment: Segment, rootdir: Path, *, with_samples: bool = False
) -> FoundHistory:
    """The history of *segment*: its own, else its nearest relative's, else pytest-split's at *rootdir*.

    Planning does without the samples that costs were made from, and saves the time to read them.

    Raises NewerFormat, and OSError where a store is there but cannot be read.
    """
    notes: list[str] = []
    own = _read(place.file_of(segment), notes, with_samples)
    if own is not None:
        if own.segment != segment.slug:
            notes.append(f"{place.path} is of {own.segment!a}: borrowed for {segment.slug}")
        return FoundHistory(history=own, notes=tuple(notes))
    for relative in _relatives(place, segment):
        history = _read(place.file_of(relative), notes, with_samples)
        if history is not None:
            notes.append(f"no history of {segment.slug} yet: borrowed from {relative.slug}")
            return FoundHistory(
                history=replace(history, origin=f"borrowed from {relative.slug}"), notes=tuple(notes)
            )
    return _found_from_pytest_split(rootdir, notes)


def _read(path: Path, notes: list[str], with_samples: bool) -> History | None:
    """The history at *path*, or None (with a note where something unusable is there)."""
    try:
        with open(path, "rb") as lines:
            history = None if with_samples else skim_history(lines, str(path))
        if history is None:
            history = parse_history(path.read_bytes(), str(path))
    except FileNotFoundError:
        return None
    except UnusableFile as problem:
        notes.append(f"{problem.path} {problem.reason}: set aside, planned without it")
        return None
    return replace(history, origin=path.name)


def _relatives(place: StorePlace, segment: Segment) -> list[Segment]:
    """Segments of the same suite that have a store, nearest first: same environment, then whole suites."""
    if place.is_file or not place.path.is_dir():
        return []
    found = []
    for path in place.path.glob(f"*{FILE_SUFFIX}"):
        try:
            relative = Segment.from_slug(path.name.removesuffix(FILE_SUFFIX))
        except ValueError:
            continue
        if relative.suite == segment.suite and relative != segment:
            found.append(relative)

    def distance(other: Segment) -> tuple[bool, bool, bool, Segment]:
        same_system = other.environment.partition("-")[0] == segment.environment.partition("-")[0]
        elsewhere = other.environment != segment.environment
        return (elsewhere, not same_system, other.selection not in (segment.selection, WHOLE_SUITE), other)

    return sorted(found, key=distance)


def _found_from_pytest_split(rootdir: Path, notes: list[str]) -> FoundHistory:
    # Of the first run alone.
    from pytest_smartshard.store.foreign.pytest_split import DURATIONS_FILE, parse_durations

    path = rootdir / DURATIONS_FILE
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return FoundHistory(history=History(), notes=tuple(notes))
    try:
        history = parse_durations(raw, str(path), path.parent)
    except UnusableFile as problem:
        notes.append(f"{problem.path} {problem.reason}: set aside, planned without it")
        return FoundHistory(history=History(), notes=tuple(notes))
    notes.append(f"no store yet: durations taken from {path}")
    return FoundHistory(history=replace(history, origin=path.name), notes=tuple(notes))
