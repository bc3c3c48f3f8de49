"""Names of what other tools measured, which lies beside the journal of the run that they measured."""

from __future__ import annotations

from pathlib import Path

COVERAGE_SUFFIX = ".coverage"
JUNIT_SUFFIX = ".xml"


def junit_beside(journal: Path) -> Path:
    """Where the copy of the JUnit file of that journal's run is: ``0-2-of-6-1.xml``."""
    return journal.with_suffix(JUNIT_SUFFIX)


def coverage_beside(journal: Path) -> Path:
    """Where coverage's data file of that journal's run is: ``0-2-of-6-1.jsonl`` has ``0-2-of-6-1.coverage``."""
    return journal.with_suffix(COVERAGE_SUFFIX)
