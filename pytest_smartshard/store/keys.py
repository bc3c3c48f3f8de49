"""From paths and node ids to the names that durations are kept under.

Node ids alone will not do: they change with the arguments, the folder that pytest is started in, and plugins.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from pytest_smartshard.model.suite import ItemKey

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
"""As in the default ``repr`` of an object: another one in every process."""

_FILE_SUFFIXES = frozenset({".py", ".md", ".rst", ".txt"})
"""Endings that make a name without a folder that of a file, in rootdir itself, and not of a module."""


def file_key(path: Path, rootdir: Path) -> str:
    """The path relative to *rootdir*; outside it the dotted module of a package's file, else ``../`` upwards.

    Always with forward slashes, so that systems agree.
    """
    try:
        return path.relative_to(rootdir).as_posix()
    except ValueError:
        pass
    packages = []
    folder = path.parent
    while os.path.isfile(folder / "__init__.py"):  # Of a path that cannot be one, Path.is_file raises.
        packages.append(folder.name)
        folder = folder.parent
    if packages:
        module = [] if path.name == "__init__.py" else [path.stem if path.suffix == ".py" else path.name]
        return ".".join([*reversed(packages), *module])
    try:
        return Path(os.path.relpath(path, rootdir)).as_posix()
    except ValueError:  # On another drive there is no way from here to there.
        return path.as_posix()


def file_size(path: Path) -> int:
    """Bytes of a regular file, else 0: what a folder's size means differs from disk to disk."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except (OSError, ValueError):  # A name from a list may be none that a file can have.
        return 0


def is_module(key: str) -> bool:
    """Whether a file key reads as the dotted module of a file outside rootdir, not as a path."""
    return "/" not in key and not key.startswith(".") and PurePosixPath(key).suffix not in _FILE_SUFFIXES


def below(key: str, folder: str) -> str | None:
    """The key for a rootdir that is *folder* below the one it was made for; None where the file is elsewhere."""
    return key.removeprefix(f"{folder}/") if key.startswith(f"{folder}/") else None


def from_above(key: str, folder: str) -> str:
    """The key for a rootdir that the one it was made for is *folder* below. Modules and full paths stay."""
    if is_module(key) or PurePosixPath(key).is_absolute() or PureWindowsPath(key).drive:
        return key
    return posixpath.normpath(f"{folder}/{key}")


def split_nodeid(nodeid: str) -> ItemKey:
    """File and tail of a node id. Parameters may hold ``::``, so the id is cut at its first bracket before."""
    before, bracket, parameters = nodeid.partition("[")
    file, _, tail = before.partition("::")
    return ItemKey(file, f"{tail}{bracket}{parameters}")


def holds_address(tail: str) -> bool:
    """Whether a parameter's id was made from an object's default ``repr``, so that no other process has it."""
    return "at 0x" in tail and _ADDRESS.search(tail) is not None


class NodeIds:
    """Reads node ids as pytest prints them for the suite at *rootdir*. Remembers what it found of each file."""

    def __init__(self, rootdir: Path) -> None:
        self._rootdir = rootdir
        self._files: dict[str, str] = {}

    def key_of(self, nodeid: str) -> ItemKey:
        """The key of the test with that node id, whose file is relative to rootdir."""
        file, tail = split_nodeid(nodeid)
        if file not in self._files:
            self._files[file] = self._file_key(file)
        return ItemKey(self._files[file], tail)

    def _file_key(self, file: str) -> str:
        if not file.startswith("../") and not os.path.isabs(file):
            return file
        return file_key(Path(os.path.normpath(self._rootdir / file)), self._rootdir)
