"""The names of which a segment is made: suite, environment, selection."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from pathlib import Path

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.segment import WHOLE_SUITE, safe_name

ROOT_SUITE = "root"
"""Suite whose rootdir is the repository's own root, or lies in none."""

_SYSTEMS = {"darwin": "macos", "win32": "windows", "cygwin": "windows"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was asked to be run, as written: ``-k``, ``-m``, ``--deselect``, ``--ignore``, ``--ignore-glob``
    and arguments; paths are relative to rootdir.
    """

    keyword: str = ""
    markers: str = ""
    deselected: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def within_repository(rootdir: Path) -> str:
    """*rootdir* relative to the repository it lies in, with ``/``; ``""`` for its root, and without one."""
    for folder in (rootdir, *rootdir.parents):
        if (folder / ".git").exists() or (folder / ".hg").exists():
            return "/".join(rootdir.relative_to(folder).parts)
    return ""


def suite_name(rootdir: Path) -> str:
    """After the place in the repository that it lies in; never the name of the folder it happens to be in."""
    # Joined by what is no safe character, so that `a/b` and `a-b` get different names.
    return safe_name(within_repository(rootdir)) or ROOT_SUITE


def environment_name() -> str:
    """System and Python version, such as ``linux-3.12``; other implementations say so: ``linux-pypy3.10``."""
    system = _SYSTEMS.get(sys.platform, sys.platform)
    implementation = platform.python_implementation().lower()
    prefix = "" if implementation == "cpython" else implementation
    return safe_name(f"{system}-{prefix}{sys.version_info.major}.{sys.version_info.minor}")


def selection_name(selection: Selection) -> str:
    """``all`` for the whole suite, else eight hex digits that depend on nothing but what was asked for."""
    if selection == Selection():
        return WHOLE_SUITE
    content = [
        selection.keyword,
        selection.markers,
        sorted(selection.deselected),
        sorted(selection.arguments),
        sorted(selection.ignored),
    ]
    return hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()[:8]
