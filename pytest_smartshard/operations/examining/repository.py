"""The repository that a folder is in, and reading files below it and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from pytest_smartshard.lazy_dataclasses import dataclass

_MARKS = (".git", ".hg")


@dataclass(frozen=True, slots=True)
class Repository:
    """A checkout at the absolute path ``root``, without links in it."""

    root: Path

    @classmethod
    def around(cls, folder: Path) -> Repository:
        """The nearest folder upwards that version control begins in, *folder* itself where there is none."""
        start = Path(os.path.realpath(folder))
        marked = (
            parent for parent in (start, *start.parents) if any((parent / mark).exists() for mark in _MARKS)
        )
        return cls(next(marked, start))

    def name(self, path: Path) -> str:
        """*path* below the repository with forward slashes; outside it as it is."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()

    def matching(self, patterns: Sequence[str]) -> list[str]:
        """Names of the files that fit a pattern, sorted, each once."""
        found = {self.name(path) for pattern in patterns for path in self.root.glob(pattern) if path.is_file()}
        return sorted(found)

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is none, it may not be read, or it lies outside."""
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts:
            return None
        try:
            path = (self.root / name).resolve()
            if not path.is_relative_to(self.root) or not path.is_file():
                return None
            return path.read_bytes()
        except (OSError, ValueError, RuntimeError):
            return None

    def text(self, name: str) -> str:
        """As :meth:`read`, as text whatever its encoding; ``""`` where there is none."""
        return (self.read(name) or b"").decode("utf-8", errors="replace")
