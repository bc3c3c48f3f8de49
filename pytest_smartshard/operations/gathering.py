"""Gathering journals from wherever they are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.journal.reading import read_journal
from pytest_smartshard.model.record import Journal


def read_journals(paths: Iterable[Path]) -> tuple[list[Journal], list[str]]:
    """The journals at *paths*, and a note for each that cannot be used or is flawed.

    Raises NewerFormat for one that a later version wrote.
    """
    journals = []
    notes = []
    for path in paths:
        try:
            journal = read_journal(path)
        except UnusableFile as problem:
            notes.append(f"{problem.path} {problem.reason}: left out")
            continue
        journals.append(journal)
        notes.extend(f"{journal.path}: {flaw}" for flaw in journal.flaws)
    return journals, notes
