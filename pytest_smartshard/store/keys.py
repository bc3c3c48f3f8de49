"""From paths and node ids to the names that durations are kept under.

Node ids alone will not do: they change with the arguments, the folder that pytest is started in, and plugins.
"""

from __future__ import annotations

import os
from pathlib import Path

from pytest_smartshard.model.suite import ItemKey


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
    while (folder / "__init__.py").is_file():
        packages.append(folder.name)
        folder = folder.parent
    if packages:
        module = [] if path.name == "__init__.py" else [path.stem if path.suffix == ".py" else path.name]
        return ".".join([*reversed(packages), *module])
    try:
        return Path(os.path.relpath(path, rootdir)).as_posix()
    except ValueError:  # On another drive there is no way from here to there.
        return path.as_posix()


def split_nodeid(nodeid: str) -> ItemKey:
    """File and tail of a node id. Parameters may hold ``::``, so the id is cut at its first bracket before."""
    before, bracket, parameters = nodeid.partition("[")
    file, _, tail = before.partition("::")
    return ItemKey(file, f"{tail}{bracket}{parameters}")


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
