"""Reading of a store only what planning needs: costs, not the samples that they were made from.

Every shard plans, and samples are the larger part of a store. They stand on lines of their own, which are passed
over here without being taken apart or kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from pytest_smartshard.checked import as_table, parse_json
from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.store.format import FILES_LINE, SAMPLES_START, check_costs, parse_document, short_digest

_END = [b"}\n", b"}\n"]


def skim_history(lines: Iterable[bytes], path: str) -> History | None:
    """The history in the *lines* of a file, without samples; *path* is for messages.

    None where the lines are not laid out as this package writes them: edited, torn, or of something else. Reading
    the file whole then tells which. Raises UnusableFile and NewerFormat as that does.
    """
    digest = hashlib.sha256()
    head: list[bytes] = []
    files: dict[str, FileHistory] = {}
    end: list[bytes] = []
    in_files = False
    for line in lines:
        digest.update(line)
        if not in_files:
            in_files = line == FILES_LINE
            head.append(line)
        elif line.startswith(b"}"):
            end.append(line)
        elif end:
            return None
        elif not line.startswith(SAMPLES_START):
            file = _skim_file(line)
            if file is None:
                return None
            files.update(file)
    if not in_files or end != _END:
        return None
    history = parse_document(b"".join(head) + b"}}", path)
    return replace(history, files=files, digest=short_digest(digest))


def _skim_file(line: bytes) -> dict[str, FileHistory] | None:
    """The file that a line tells of; its samples follow on the next one."""
    try:
        ((key, value),) = as_table(parse_json(b"{" + line.removesuffix(b",\n") + b"}}"), "a line").items()
        tails, costs = check_costs(as_table(value, "a file"))
    except ValueError:
        return None
    return {key: FileHistory(tails, costs, ())}
