"""What loading conftest files leaves behind for imports, done at the moment at which plain pytest does it.

Listing a suite's files loads the conftest files of all folders before the first test file is imported. Plain
pytest goes folder by folder. Where several folders are on ``sys.path`` a test file would then find another
folder's modules, ``conftest`` first of all: each conftest file of a folder without ``__init__.py`` has that name.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import NamedTuple

import pytest

CONFTEST = "conftest"


class _Seen(NamedTuple):
    path: tuple[str, ...]
    conftest: ModuleType | None

    @classmethod
    def now(cls) -> _Seen:
        return cls(tuple(sys.path), sys.modules.get(CONFTEST))


class ImportState:
    """Remembers what is importable before each test file, goes back to the start, and forward again in steps."""

    def __init__(self) -> None:
        self._steps = [_Seen.now()]
        self._step_of: dict[pytest.Collector, int] = {}
        self._at = 0

    def mark(self, file: pytest.Collector) -> None:
        """In plain pytest *file* would be imported now."""
        self._add_step()
        self._step_of[file] = len(self._steps) - 1

    def rewind(self) -> None:
        """All is listed: back to the state before."""
        self._add_step()
        first = self._steps[0]
        if len(self._steps) > 1:
            sys.path[:] = first.path
            _put(first.conftest)

    def advance_to(self, file: pytest.Collector) -> None:
        """*file* is going to be imported."""
        self._go_to(self._step_of.get(file, self._at))

    def finish(self) -> None:
        """All that is imported has been."""
        self._go_to(len(self._steps) - 1)

    def _add_step(self) -> None:
        now = _Seen.now()
        if now != self._steps[-1]:
            self._steps.append(now)

    def _go_to(self, step: int) -> None:
        while self._at < step:
            before, after = self._steps[self._at], self._steps[self._at + 1]
            self._at += 1
            _extend(before.path, after.path)
            if after.conftest is not before.conftest:
                _put(after.conftest)


def _extend(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Add to ``sys.path`` what *after* has more than *before*, at the end at which it was added."""
    known = set(before)
    known.update(sys.path)  # Importing a test file adds its folder, too.
    new = [entry for entry in after if entry not in known]
    if after[len(after) - len(new) :] == tuple(new):
        sys.path.extend(new)
    else:
        sys.path[:0] = new


def _put(conftest: ModuleType | None) -> None:
    if conftest is None:
        sys.modules.pop(CONFTEST, None)
    else:
        sys.modules[CONFTEST] = conftest
