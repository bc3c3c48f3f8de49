"""What other tools are told: coverage's configuration, and the versions that a project is tested with."""

from __future__ import annotations

import configparser
import importlib.metadata
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence

from pytest_smartshard.model.checkout import CoverageConfig
from pytest_smartshard.model.pipeline import Spot
from pytest_smartshard.operations.examining.repository import Repository

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_COVERAGE_FILES = ((".coveragerc", ""), ("setup.cfg", "coverage:"), ("tox.ini", "coverage:"))
_OWN_TOML = ".coveragerc.toml"
_YES = frozenset({"1", "true", "yes", "on"})

_DISTRIBUTIONS = ("pytest", "pytest-xdist")
_LISTS = ("requirements*.txt", "constraints*.txt", "requirements*.in", "requirements/*.txt", "requirements/*.in")
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "pylock.*.toml")
_DECLARATIONS = ("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "noxfile.py", "environment.yml")
_UNCLEAR = "?"
"""Stands for a version that is bounded in a way that is not worked out here."""

Table = Mapping[str, object]


def coverage_config(repository: Repository) -> CoverageConfig | None:
    """What coverage, started in the repository's root, reads; None where that is not certain."""
    if repository.read(_OWN_TOML) is not None:
        return None
    for name, prefix in _COVERAGE_FILES:
        raw = repository.read(name)
        if raw is None:
            continue
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(raw.decode("utf-8"))
        except (configparser.Error, UnicodeDecodeError):
            return None
        tables = {
            section.removeprefix("coverage:"): dict(parser[section])
            for section in parser.sections()
            if section.startswith(prefix)
        }
        if tables or not prefix:
            return _config(name, tables)
    return _from_pyproject(repository)


def _from_pyproject(repository: Repository) -> CoverageConfig | None:
    raw = repository.read("pyproject.toml")
    if raw is None:
        return CoverageConfig(spot=Spot(".coveragerc"))
    try:
        document: object = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    for name in ("tool", "coverage"):
        document = document.get(name, {}) if isinstance(document, dict) else {}
    return _config("pyproject.toml", document if isinstance(document, dict) else {})


def _config(name: str, tables: Table) -> CoverageConfig | None:
    run, report = (_table(tables, section) for section in ("run", "report"))
    relative = str(run.get("relative_files", "false")).strip().lower()
    if "$" in relative:
        return None
    try:
        limit = float(str(report.get("fail_under", 0)))
    except ValueError:
        limit = 0.0
    return CoverageConfig(
        spot=Spot(name), relative_files=relative in _YES, remaps=bool(_table(tables, "paths")), fail_under=limit
    )


def _table(tables: Table, name: str) -> Table:
    found = tables.get(name)
    return found if isinstance(found, dict) else {}


def versions_in_use(repository: Repository, ci_texts: Sequence[str]) -> dict[str, frozenset[str]]:
    """Versions of pytest and pytest-xdist that the project pins, else those that are installed here.

    A bound that leaves several versions makes that distribution's version unclear.
    """
    pinned: dict[str, set[str]] = defaultdict(set)
    for name in repository.matching(_LOCKS):
        for found, version in _LOCKED.findall(repository.text(name)):
            pinned[_normal(found)].add(version)
    declared = [repository.text(name) for name in (*repository.matching(_LISTS), *_DECLARATIONS)]
    for text in (*declared, *ci_texts):
        for found, operator, version in _BOUND.findall(text):
            pinned[_normal(found)].add(version if operator == "==" and "*" not in version else _UNCLEAR)
    return {name: frozenset(pinned.get(name) or _installed(name)) for name in _DISTRIBUTIONS}


_LOCKED = re.compile(r'^name\s*=\s*"(pytest(?:[-_]xdist)?)"\s+version\s*=\s*"([^"]+)"', re.MULTILINE)
_BOUND = re.compile(
    r"(?<![\w.-])(pytest(?:[-_]xdist)?)(?:\[[\w,-]*\])?\s*(?:>=?\s*[\w.]+\s*,\s*)?(==|<=?|~=|!=)\s*([\w.*]+)",
    re.IGNORECASE,
)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def _installed(name: str) -> set[str]:
    try:
        return {importlib.metadata.version(name)}
    except importlib.metadata.PackageNotFoundError:
        return set()
