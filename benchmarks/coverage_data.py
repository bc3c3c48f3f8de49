"""What a data file of coverage says, as facts that can be compared."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from coverage import CoverageData

LINE, ARC = "line", "arc"


class Fact(NamedTuple):
    """In that context the line *end* of the file ran, or the jump from the line *start* to it."""

    kind: str
    file: str
    start: int
    end: int
    context: str


def facts_of(path: Path) -> frozenset[Fact]:
    """Raises coverage's own errors for a file that it cannot read."""
    data = CoverageData(str(path))
    data.read()
    found: set[Fact] = set()
    for file in data.measured_files():
        for line, contexts in data.contexts_by_lineno(file).items():
            found.update(Fact(LINE, file, 0, line, context) for context in contexts)
    for context in data.measured_contexts():
        data.set_query_context(context)
        for file in data.measured_files():
            found.update(Fact(ARC, file, start, end, context) for start, end in data.arcs(file) or ())
    return frozenset(found)
