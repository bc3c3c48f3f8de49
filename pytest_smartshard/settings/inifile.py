"""Which project a folder belongs to, and what its ini file says, without starting pytest.

The command line needs the root folder and the ini values that ``pytest``, started in the same folder
without arguments, would use. The rules are pytest's own; a contract test holds this module to them.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import iniconfig

from pytest_smartshard.errors import UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.wording import listed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_Release = tuple[int, int]

# The releases of pytest in which the rules changed.
_ANY: _Release = (0, 0)
_PYPROJECT_MARKS_ROOT: _Release = (8, 1)
_NATIVE_TOML: _Release = (9, 0)
_EMPTY_HIDDEN_INI_COUNTS: _Release = (9, 0)
_STRAY_TOML_KEYS_REFUSED: _Release = (9, 2)

_YES = frozenset({"1", "on", "t", "true", "y", "yes"})
_NO = frozenset({"0", "off", "f", "false", "n", "no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project that a folder belongs to, as pytest sees it.

    ``rootdir`` is absolute. ``inipath`` is the file that pytest names as its ``configfile``; None where there
    is none. ``values`` holds what that file says for pytest, under the names as written: ``str``, or ``list``
    where an array stands in ``[tool.pytest.ini_options]``. With ``native`` (pytest.toml, ``[tool.pytest]``)
    they keep their TOML types, and pytest takes only a value of exactly the type that an option has.
    """

    rootdir: Path
    inipath: Path | None
    values: Mapping[str, object]
    native: bool = False

    def text(self, name: str) -> str | None:
        """The value of *name* as pytest reads an ini option of type ``string``; None where it is not set.

        Raises UsageError for a value that is not text: a list, or another TOML type.
        """
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self._refused(name, f'is not text; write {name} = "..."')

    def flag(self, name: str) -> bool | None:
        """The value of *name* as pytest reads an ini option of type ``bool``; None where it is not set.

        Raises UsageError for anything but yes or no (``true``, ``on``, ``1`` and their like in any case), and
        where TOML types are kept for anything but a TOML boolean.
        """
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return value
        word = value.strip().lower() if isinstance(value, str) and not self.native else ""
        if word in _YES | _NO:
            return word in _YES
        kind = "a TOML boolean" if self.native else "yes or no"
        raise self._refused(name, f"is not {kind}; write {name} = true or {name} = false")

    def _refused(self, name: str, why: str) -> UsageError:
        return UsageError([f"{self.inipath}: {name} = {self.values[name]!r} {why}"])


def find_project(start: Path, *, pytest_version: str | None = None) -> Project:
    """The project that ``pytest``, started in the folder *start* without arguments, would work on.

    *pytest_version* says whose rules count; by default those of the installed pytest, which is not imported.
    Files after the first one with options for pytest are not read; what is wrong in them is left to pytest.

    Raises UsageError for a file that cannot be read, is malformed, or has options where pytest refuses them.
    """
    release = _release(_installed_pytest() if pytest_version is None else pytest_version)
    folder = _as_working_directory(start)
    folders = (folder, *folder.parents)
    return _configured(folders, release) or _without_options(folders, release)


def _as_working_directory(start: Path) -> Path:
    """*start* as a process that runs in it sees it: only Windows keeps symbolic links in there."""
    return Path(os.path.abspath(start) if os.name == "nt" else os.path.realpath(start))


def _installed_pytest() -> str:
    try:
        return importlib.metadata.version("pytest")
    except importlib.metadata.PackageNotFoundError:
        return ""


def _release(version: str) -> _Release:
    """Major and minor number of *version*; a release that nobody knows follows the newest rules."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return (int(numbers[1]), int(numbers[2])) if numbers else (sys.maxsize, 0)


def _configured(folders: Iterable[Path], release: _Release) -> Project | None:
    """The nearest folder with a file that holds options for pytest."""
    for folder in folders:
        for name, since, read in _FILES:
            path = folder / name
            # os.path.isfile, as Path.is_file raises for a parent folder that may not be looked into.
            if release < since or not os.path.isfile(path):
                continue
            options = read(path, release)
            if options is not None:
                return Project(
                    rootdir=folder,
                    inipath=path,
                    values=MappingProxyType(options.values),
                    native=options.native,
                )
    return None


def _without_options(folders: tuple[Path, ...], release: _Release) -> Project:
    """The root where no file holds options: by pyproject.toml, by setup.py, or the first folder itself."""
    nothing: Mapping[str, object] = MappingProxyType({})
    if release >= _PYPROJECT_MARKS_ROOT:
        marked = _nearest("pyproject.toml", folders)
        if marked is not None:
            return Project(rootdir=marked, inipath=marked / "pyproject.toml", values=nothing)
    return Project(rootdir=_nearest("setup.py", folders) or folders[0], inipath=None, values=nothing)


def _nearest(name: str, folders: Iterable[Path]) -> Path | None:
    return next((folder for folder in folders if os.path.isfile(folder / name)), None)


class _Options(NamedTuple):
    values: dict[str, object]
    native: bool = False


def _read_pytest_toml(path: Path, release: _Release) -> _Options:
    document = _parse_toml(path)
    if "pytest" not in document and release >= _STRAY_TOML_KEYS_REFUSED:
        stray = [key for key, value in document.items() if not isinstance(value, dict)]
        if stray:
            raise UsageError([f"{path}: {listed(stray)} must be in a table; write [pytest] above"])
    return _Options(_table(path, document, "pytest"), native=True)


def _read_pytest_ini(path: Path, _release: _Release) -> _Options:
    return _Options(dict(_parse_ini(path).get("pytest", {})))


def _read_hidden_pytest_ini(path: Path, release: _Release) -> _Options | None:
    counts = release >= _EMPTY_HIDDEN_INI_COUNTS
    return _read_pytest_ini(path, release) if counts else _read_tox_ini(path, release)


def _read_pyproject(path: Path, release: _Release) -> _Options | None:
    table = _table(path, _table(path, _parse_toml(path), "tool"), "tool.pytest")
    stringly = _table(path, table, "tool.pytest.ini_options")
    native = {name: value for name, value in table.items() if name != "ini_options"}
    if native and release >= _NATIVE_TOML:
        if stringly:
            problem = "[tool.pytest] and [tool.pytest.ini_options] cannot both hold options"
            raise UsageError([f"{path}: {problem}; move all into one of them"])
        return _Options(native, native=True)
    if "ini_options" not in table:
        return None
    return _Options({name: _as_in_an_ini_file(value) for name, value in stringly.items()})


def _as_in_an_ini_file(value: object) -> object:
    return value if isinstance(value, list) else str(value)


def _read_tox_ini(path: Path, _release: _Release) -> _Options | None:
    section = _parse_ini(path).get("pytest")
    return None if section is None else _Options(dict(section))


def _read_setup_cfg(path: Path, _release: _Release) -> _Options | None:
    sections = _parse_ini(path)
    if "tool:pytest" in sections:
        return _Options(dict(sections["tool:pytest"]))
    if "pytest" in sections:
        raise UsageError([f"{path}: pytest refuses a section [pytest] in setup.cfg; name it [tool:pytest]"])
    return None


# File name, first release that reads it, and how: in one folder the first one that holds options counts.
_FILES: tuple[tuple[str, _Release, Callable[[Path, _Release], _Options | None]], ...] = (
    ("pytest.toml", _NATIVE_TOML, _read_pytest_toml),
    (".pytest.toml", _NATIVE_TOML, _read_pytest_toml),
    ("pytest.ini", _ANY, _read_pytest_ini),
    (".pytest.ini", _ANY, _read_hidden_pytest_ini),
    ("pyproject.toml", _ANY, _read_pyproject),
    ("tox.ini", _ANY, _read_tox_ini),
    ("setup.cfg", _ANY, _read_setup_cfg),
)


def _table(path: Path, parent: Mapping[str, object], name: str) -> dict[str, object]:
    """The table in *parent* whose full dotted name is *name*; empty where there is none."""
    table = parent.get(name.rpartition(".")[2], {})
    if isinstance(table, dict):
        return table
    raise UsageError([f"{path}: {name} = {table!r} is not a table; write [{name}] and its options below"])


def _parse_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise UsageError([f"{path}: not a TOML file: {error}; correct it there"]) from error


def _parse_ini(path: Path) -> Mapping[str, Mapping[str, str]]:
    text = _text(path)
    try:
        # The constructor, as IniConfig.parse would cut off inline comments, which pytest takes as values.
        return iniconfig.IniConfig(str(path), data=text).sections
    except iniconfig.ParseError as error:
        where = f"line {error.lineno + 1}"
        raise UsageError([f"{path}: not an ini file: {error.msg} ({where}); correct that line"]) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError([f"{path}: not UTF-8 (byte {error.start + 1}); save it as UTF-8"]) from error
    except OSError as error:
        raise UsageError([f"{path}: cannot be read ({error.strerror}); let this user read it"]) from error
