"""What earlier runs left in a checkout: stores and journals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.journal.reading import read_header
from pytest_smartshard.journal.run_folder import RUNS, journals_below
from pytest_smartshard.model.checkout import MixedOutcomes
from pytest_smartshard.model.history import History
from pytest_smartshard.model.suite import function_of
from pytest_smartshard.operations.examining.repository import Repository
from pytest_smartshard.operations.gathering import read_journals
from pytest_smartshard.operations.opening import LOCAL_PREFIX
from pytest_smartshard.proving.samples import Sample, decode_column
from pytest_smartshard.store.foreign.pytest_split import DURATIONS_FILE
from pytest_smartshard.store.format import parse_history
from pytest_smartshard.store.place import FILE_SUFFIX, StorePlace

_INDEX = Path(".git", "index")
_PLAIN_INDEX = (b"DIRC\x00\x00\x00\x02", b"DIRC\x00\x00\x00\x03")
"""Versions of git's index that hold every path in full."""

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
"""As in the default ``repr`` of an object. Sets are looked for in the code: some keep their order."""

_LETTERS = {"c": "f", "f": "f", "t": "f", "r": "r"}


def has_committed_store(repository: Repository, place: StorePlace, rootdir: Path) -> bool:
    """Whether every checkout brings a store, or it cannot be told that none does."""
    if (rootdir / DURATIONS_FILE).is_file() or not place.path.is_relative_to(repository.root):
        return True
    if not _store_files(place):
        return False
    try:
        index = (repository.root / _INDEX).read_bytes()
    except OSError:
        return True
    name = repository.name(place.path).encode("utf-8")
    return not index.startswith(_PLAIN_INDEX) or (name if place.is_file else name + b"/") in index


def changing_ids(home: Path, repository: Repository, rootdir: Path) -> tuple[tuple[str, str], ...]:
    """File and function of the tests whose ids held an address in the newest recorded run.

    Raises NewerFormat for a journal of a later version.
    """
    headers = {}
    for path in journals_below(home / RUNS):
        try:
            headers[path] = read_header(path)
        except UnusableFile:
            continue
    if not headers:
        return ()
    newest = max(headers.values(), key=lambda header: (header.started, header.identity.run)).identity.run
    journals, _ = read_journals(path for path, header in headers.items() if header.identity.run == newest)
    found = {
        (_from_repository(test.key.file, repository, rootdir), function_of(test.key.tail))
        for journal in journals
        for test in journal.tests
        if test.stored_tail != test.key.tail and _ADDRESS.search(test.key.tail)
    }
    return tuple(sorted(found))


def mixed_outcomes(place: StorePlace, repository: Repository, rootdir: Path) -> tuple[MixedOutcomes, ...]:
    """Tests with a run in the store that they did not simply pass; of several segments the first that has them.

    Raises NewerFormat for a store of a later version.
    """
    found: dict[tuple[str, str], MixedOutcomes] = {}
    for path in _store_files(place):
        try:
            history = parse_history(path.read_bytes(), str(path))
            for test in _mixed(history):
                found.setdefault((test.file, test.tail), test)
        except (UnusableFile, ValueError, OSError):
            continue
    return tuple(
        MixedOutcomes(
            file=_from_repository(test.file, repository, rootdir),
            tail=test.tail,
            letters=test.letters,
            runs=test.runs,
        )
        for _, test in sorted(found.items())
    )


def _mixed(history: History) -> Iterator[MixedOutcomes]:
    runs = tuple(f"{run.run} {run.generation}" for run in history.runs)
    # Between runs on somebody's own machine the code changes; a test that fails there is being worked on.
    local = [run.run.startswith(LOCAL_PREFIX) for run in history.runs]
    for file, known in history.files.items():
        columns = [decode_column(column, len(known.tails)) for column in known.columns]
        for place, tail in enumerate(known.tails):
            letters = "".join(
                _letter(column[place], is_local) for column, is_local in zip(columns, local, strict=True)
            )
            if "f" in letters or "r" in letters:
                yield MixedOutcomes(file=file, tail=tail, letters=letters, runs=runs)


def _letter(sample: Sample, is_local: bool) -> str:
    if isinstance(sample, str):
        letter = _LETTERS.get(sample[0], "-")
        return "-" if is_local and letter == "f" else letter
    return "-" if sample is None else "p"


def _store_files(place: StorePlace) -> list[Path]:
    if place.is_file:
        return [place.path] if place.path.is_file() else []
    return sorted(path for path in place.path.glob(f"*{FILE_SUFFIX}") if path.is_file())


def _from_repository(key: str, repository: Repository, rootdir: Path) -> str:
    """A file's key as a path below the repository; keys that are no paths stay as they are."""
    path = rootdir / key
    return repository.name(path) if path.is_file() else key
