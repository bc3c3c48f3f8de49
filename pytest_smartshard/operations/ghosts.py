"""Which of the files that a store knows are still there: what is left of the others are ghosts."""

from __future__ import annotations

import enum
import os
from collections.abc import Sequence
from pathlib import Path

from pytest_smartshard.store.keys import is_module


class Presence(enum.Enum):
    """``UNKNOWN``: a module of a package that is not installed here, which says nothing of other machines."""

    THERE = enum.auto()
    GONE = enum.auto()
    UNKNOWN = enum.auto()


class FilesHere:
    """Looks for the files of the suite at *rootdir*, for modules outside it in the folders of *search*.

    Nothing is imported: that would run the project's code. Remembers what it found of each file.
    """

    def __init__(self, rootdir: Path, search: Sequence[str]) -> None:
        self._rootdir = rootdir
        self._search = search
        self._found: dict[str, Presence] = {}

    def presence(self, key: str) -> Presence:
        """Of the file with that key."""
        if key not in self._found:
            self._found[key] = self._look(key)
        return self._found[key]

    def is_gone(self, key: str) -> bool:
        return self.presence(key) is Presence.GONE

    def _look(self, key: str) -> Presence:
        if os.path.exists(self._rootdir / key):
            return Presence.THERE
        return self._look_for_module(key.split(".")) if is_module(key) else Presence.GONE

    def _look_for_module(self, parts: Sequence[str]) -> Presence:
        has_package = False
        for folder in self._search:
            if os.path.isdir(os.path.join(folder, parts[0])):
                has_package = True
                if any(map(os.path.exists, _files_of_module(folder, parts))):
                    return Presence.THERE
        return Presence.GONE if has_package else Presence.UNKNOWN


def _files_of_module(folder: str, parts: Sequence[str]) -> list[str]:
    """Where the file of a dotted name may be. A file that is not Python has its ending in the name."""
    as_module = os.path.join(folder, *parts)
    others = [os.path.join(folder, *parts[:cut], ".".join(parts[cut:])) for cut in range(1, len(parts))]
    return [f"{as_module}.py", os.path.join(as_module, "__init__.py"), *others]
