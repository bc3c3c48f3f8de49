"""Importing our own modules without having their assertions rewritten, of which they have none."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

import pytest

_OWN = f"{__name__.partition('.')[0]}."


class _OwnModules:
    """A finder for this package's modules and no others."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return PathFinder.find_spec(fullname, path, target) if fullname.startswith(_OWN) else None


def import_as_they_are(config: pytest.Config) -> None:
    """Until the run ends, pytest's hook does not see this package's modules.

    pytest rewrites all modules of a plugin's distribution. That is a cache of its own, apart from what pip
    compiles: in a fresh environment, which a CI job has, parsing a hundred modules would take each shard longer
    than planning, and reading that cache costs more than a usual import does.
    """
    finder = _OwnModules()
    sys.meta_path.insert(0, finder)

    def remove() -> None:
        # Something else may have emptied the list by then.
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)

    config.add_cleanup(remove)
