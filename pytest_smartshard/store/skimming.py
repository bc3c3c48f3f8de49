"""Reading of a store only what planning needs: costs, not the samples that they were made from.

Every shard plans, and samples are the larger part of a store. They stand on lines of their own, which are passed
over here without being taken apart or kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from pytest_smartshard.checked import as_table, parse_line
from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.store.format import (
    FILES_LINE,
    NAMES,
    SAMPLES_START,
    SHARED_LINE,
    TESTS,
    known_costs,
    parse_document,
    short_digest,
)

_ENDS = ([b"}\n", b"}\n"], [b"},\n", SHARED_LINE, b"}\n", b"}\n"])
"""What may follow the line with the files, besides what is in the two groups."""


def skim_history(lines: Iterable[bytes], path: str) -> History | None:
    """The history in the *lines* of a file, without samples; *path* is for messages.

    None where the lines are not laid out as this package writes them: edited, torn, or of something else. Reading
    the file whole then tells which. Raises UnusableFile and NewerFormat as that does.
    """
    digest = hashlib.sha256()
    outside: list[bytes] = []
    groups: dict[str, dict[str, FileHistory]] = {TESTS: {}, NAMES: {}}
    called = ""
    for line in lines:
        digest.update(line)
        if not called or line.startswith(b"}"):
            called = TESTS if line == FILES_LINE else NAMES if line == SHARED_LINE else ""
            outside.append(line)
        elif not line.startswith(SAMPLES_START):
            found = _skim_file(line, called)
            if found is None:
                return None
            groups[called].update(found)
    if FILES_LINE not in outside:
        return None
    start = outside.index(FILES_LINE)
    if SHARED_LINE in outside[:start] or outside[start + 1 :] not in _ENDS:
        return None
    history = parse_document(b"".join(outside), path)
    return replace(history, files=groups[TESTS], shared=groups[NAMES], digest=short_digest(digest))


def _skim_file(line: bytes, called: str) -> dict[str, FileHistory] | None:
    """The file or place that a line tells of; its samples follow on the next one."""
    try:
        ((key, value),) = parse_line(b"{" + line.removesuffix(b",\n") + b"}}").items()
        return {key: known_costs(as_table(value, "a file"), called)}
    except ValueError:
        return None
