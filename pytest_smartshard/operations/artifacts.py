"""The files that CI jobs left, in whatever layout they came: folders, flattened, nested, zipped.

They come from jobs that anybody may have run: a name only says which files lie beside each other. Nothing is
unpacked to where a name leads, a link is not followed out of its folder, and what a zip file unpacks to is
bounded.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.journal.run_folder import JOURNAL_SUFFIX
from pytest_smartshard.lazy_dataclasses import dataclass

ZIP_SUFFIX = ".zip"

MOST_BYTES = 2 * 1024**3
"""What the files of one zip file may unpack to, together. 100,000 tests leave 30 MB."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How members may be packed: as every CI system packs artifacts. Others may take any memory to unpack."""

_DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile raises for a file that is torn, damaged or encrypted."""

_ENCRYPTED = 1
"""The bit of a member's flags that says so."""

_LINK = 0o120000
_KIND_OF_FILE = 0o170000


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFile:
    """One file of an artifact. ``label`` names it in messages; files with one ``folder`` lie beside each other.

    ``size`` is how many bytes it has, unpacked. ``read`` returns its content and raises UnusableFile where there
    is none to be had.
    """

    label: str
    folder: str
    name: str
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Artifacts:
    """All files found, by folder and name. ``notes`` say what was left out."""

    folders: Mapping[str, Mapping[str, ArtifactFile]]
    notes: tuple[str, ...] = ()

    @property
    def journals(self) -> list[ArtifactFile]:
        """What may be a journal by its name, in order of labels."""
        found = [file for folder in self.folders.values() for file in folder.values()]
        return sorted((f for f in found if f.name.endswith(JOURNAL_SUFFIX)), key=lambda file: file.label)

    def beside(self, file: ArtifactFile, name: str) -> ArtifactFile | None:
        """The file of that name in the folder of *file*."""
        return self.folders[file.folder].get(name)

    def named(self, name: str) -> list[ArtifactFile]:
        """All files of that name, wherever they lie."""
        return [files[name] for _, files in sorted(self.folders.items()) if name in files]


def find_artifacts(paths: Iterable[Path]) -> Artifacts:
    """The files at or below *paths*, each once. Raises OSError for a folder that cannot be listed."""
    notes: list[str] = []
    folders: dict[str, dict[str, ArtifactFile]] = defaultdict(dict)
    for path in paths:
        for file in _files_at(path, notes):
            folders[file.folder].setdefault(file.name, file)
    return Artifacts(folders, tuple(dict.fromkeys(notes)))


def _files_at(path: Path, notes: list[str]) -> Iterator[ArtifactFile]:
    if path.suffix.lower() == ZIP_SUFFIX and path.is_file():
        yield from _zipped(path, notes)
    elif path.is_file():
        yield _on_disk(path)
        # A single journal was named; what it needs lies beside it.
        for other in sorted(path.parent.iterdir()):
            if other.is_file() and not other.is_symlink() and other.suffix not in (JOURNAL_SUFFIX, ZIP_SUFFIX):
                yield _on_disk(other)
    else:
        yield from _below(path, notes)


def _below(top: Path, notes: list[str]) -> Iterator[ArtifactFile]:
    real_top = top.resolve()

    def refused(error: OSError) -> None:
        notes.append(f"{error.filename} cannot be read ({error.strerror}): left out")

    for folder, folders, names in os.walk(top, onerror=refused):
        folders.sort()
        for path in sorted(Path(folder, name) for name in (*folders, *names)):
            try:
                if path.is_symlink() and not _leads_into(path, real_top):
                    notes.append(f"{path} is a link that leads out of its folder: left out")
                elif path.is_file():
                    yield from _zipped(path, notes) if path.suffix.lower() == ZIP_SUFFIX else [_on_disk(path)]
            except OSError as error:
                refused(error)


def _leads_into(link: Path, real_top: Path) -> bool:
    try:
        return link.resolve().is_relative_to(real_top)
    except (OSError, RuntimeError):  # Before Python 3.13 a link to itself is a RuntimeError.
        return False


def _on_disk(path: Path) -> ArtifactFile:
    return ArtifactFile(
        label=str(path),
        folder=str(path.parent.resolve()),
        name=path.name,
        size=path.stat().st_size,
        read=partial(_read_disk, path),
    )


def _read_disk(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableFile(str(path), error.strerror or str(error)) from error


def _zipped(archive: Path, notes: list[str]) -> list[ArtifactFile]:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [info for info in opened.infolist() if _is_file(info)]
    except _DAMAGED as error:
        notes.append(f"{archive} is no zip file that can be read ({error}): left out")
        return []
    if sum(info.file_size for info in members) > MOST_BYTES:
        notes.append(f"{archive} unpacks to more than {MOST_BYTES // 1024**3} GiB: left out")
        return []
    return [_member(archive, info) for info in members]


def _is_file(info: zipfile.ZipInfo) -> bool:
    """Neither a folder nor a link. A damaged directory may hold empty names, over which ``is_dir()`` stumbles."""
    is_link = (info.external_attr >> 16) & _KIND_OF_FILE == _LINK
    return bool(info.filename) and not info.filename.endswith("/") and not is_link


def _member(archive: Path, info: zipfile.ZipInfo) -> ArtifactFile:
    inside = PurePosixPath(info.filename.replace("\\", "/"))
    label = f"{archive}: {info.filename}"
    return ArtifactFile(
        label=label,
        folder=f"{archive.resolve()}: {inside.parent}",
        name=inside.name,
        size=info.file_size,
        read=partial(_read_member, archive, info, label),
    )


def _read_member(archive: Path, info: zipfile.ZipInfo, label: str) -> bytes:
    """The content, of which there is no more than the archive says."""
    if info.compress_type not in _METHODS:
        raise UnusableFile(label, "cannot be unpacked (it is not packed by deflate)")
    if info.flag_bits & _ENCRYPTED:
        raise UnusableFile(label, "cannot be unpacked (it is encrypted)")
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(info) as member:
            content = member.read(info.file_size + 1)
    except _DAMAGED as error:
        raise UnusableFile(label, f"cannot be unpacked ({error})") from error
    if len(content) > info.file_size:
        raise UnusableFile(label, "is larger than its archive says")
    return content
