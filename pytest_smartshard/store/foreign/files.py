"""Files of other tools: finding them in a folder, reading them whatever they are called."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.store.foreign.locating import Checkout
from pytest_smartshard.store.foreign.protocol import Reading, Unreadable
from pytest_smartshard.store.foreign.pytest_split import DURATIONS_FILE
from pytest_smartshard.store.foreign.table import FORMATS, format_of

MOST_BYTES = 256 * 1024 * 1024
"""Of a file, unpacked. A hundred thousand tests take a tenth of that, in any format."""

SUFFIXES = (".xml", ".json", ".jsonl")
"""What is looked at in a folder, and names that begin with :data:`DURATIONS_FILE`; with or without ``.gz``."""

_PACKED = b"\x1f\x8b"
_PASSED_OVER = frozenset({".git", ".hg", ".smartshard", "__pycache__", "node_modules"})
_VIRTUAL_ENVIRONMENT = "pyvenv.cfg"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFile:
    """A file as read. ``changed``: when it was written last, in seconds since the epoch."""

    path: Path
    tool: str
    reading: Reading
    changed: float


def files_below(place: Path) -> Iterator[Path]:
    """Every file in question at or anywhere below *place*, in a fixed order; links to folders are not followed.

    Left out are folders in which only others' files lie: of version control, of installed packages, our own.
    Raises OSError for a folder that cannot be read.
    """
    if not place.is_dir():
        yield place
        return
    for folder, folders, names in os.walk(place, onerror=_refuse):
        folders[:] = sorted(name for name in folders if name not in _PASSED_OVER)
        if _VIRTUAL_ENVIRONMENT in names:
            folders.clear()
            continue
        for name in sorted(names):
            bare = name.removesuffix(".gz")
            path = Path(folder, name)
            if (bare.startswith(DURATIONS_FILE) or bare.endswith(SUFFIXES)) and path.is_file():
                yield path


def _refuse(error: OSError) -> None:
    raise error


def read_foreign(path: Path, checkout: Checkout) -> ForeignFile:
    """The file at *path*, by the format that its content has. Raises UnusableFile, which says why it is none."""
    try:
        raw, changed = _content(path)
    except OSError as error:
        raise UnusableFile(str(path), f"cannot be read ({error.strerror or error})") from error
    tool = format_of(raw)
    if tool is None:
        raise UnusableFile(str(path), f"is of none of the formats {', '.join(FORMATS)}")
    try:
        reading = FORMATS[tool].read(raw, checkout)
    except Unreadable as error:
        raise UnusableFile(str(path), str(error)) from error
    return ForeignFile(path=path, tool=tool, reading=reading, changed=changed)


def _content(path: Path) -> tuple[bytes, float]:
    """What the file holds, unpacked, and when it was changed."""
    with open(path, "rb") as file:
        changed = round(max(0.0, os.fstat(file.fileno()).st_mtime), 3)
        raw = _at_most(file, path)
    if not raw.startswith(_PACKED):
        return raw, changed
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as unpacked:
            return _at_most(unpacked, path), changed
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnusableFile(str(path), "is no complete gzip file") from error


def _at_most(file: io.BufferedIOBase, path: Path) -> bytes:
    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise UnusableFile(str(path), f"holds over {MOST_BYTES // 1024**2} MiB, too much for durations")
    return raw
