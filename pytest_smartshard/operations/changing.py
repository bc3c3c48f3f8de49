"""Changing the store of a segment under its lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytest_smartshard.errors import UnusableFile, UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import History
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.store.format import fingerprint, history_text, parse_history
from pytest_smartshard.store.place import StorePlace
from pytest_smartshard.store.replacing import locked, replace, set_aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of the store at ``path``, and whether it was written; ``notes`` are for the user."""

    path: Path
    before: History
    after: History
    written: bool
    notes: tuple[str, ...] = ()

    @property
    def tests(self) -> int:
        """How many tests the store knows now."""
        return sum(len(file.tails) for file in self.after.files.values())


def change_store(place: StorePlace, segment: Segment, change: Callable[[History], History]) -> Change:
    """Put what *change* makes of a segment's history in its place, unless that is how it is already.

    A store that cannot be used is moved aside and begun anew; *change* says by ValueError that it holds what no
    history does. Raises UsageError for a file that holds another segment, NewerFormat, OSError.
    """
    path = place.file_of(segment)
    notes: list[str] = []
    with locked(path):
        before, after = _changed(path, change, notes)
        if place.is_file and before.segment not in ("", segment.slug):
            foreign = ascii(before.segment)
            raise UsageError(
                [f"{path}: holds the history of {foreign}, not of {segment.slug}; name a folder or another file"]
            )
        data = history_text(after, segment).encode("ascii")
        written = fingerprint(data) != before.digest
        if written:
            replace(path, data)
    return Change(path=path, before=before, after=after, written=written, notes=tuple(notes))


def _changed(path: Path, change: Callable[[History], History], notes: list[str]) -> tuple[History, History]:
    """The history before and after."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return History(), change(History())
    try:
        before = parse_history(raw, str(path))
        return before, change(before)
    except (UnusableFile, ValueError) as problem:
        reason = (
            problem.reason
            if isinstance(problem, UnusableFile)
            else f"holds a value that no store has ({problem})"
        )
        aside = set_aside(path, fingerprint(raw))
        notes.append(f"{path} {reason}: moved to {aside.name}, a new store begun")
        return History(), change(History())
