"""Reading the durations file of pytest-split: JSON from node id to seconds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_smartshard.checked import MOST_MICROSECONDS, number, parse_json
from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.model.history import FileHistory, History, MeasuredRun
from pytest_smartshard.store.format import fingerprint
from pytest_smartshard.store.keys import NodeIds
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

DURATIONS_FILE = ".test_durations"
"""Its default name, at rootdir."""


def parse_durations(raw: bytes, path: str, rootdir: Path) -> History:
    """The history in *raw*, read from *path* (for messages), as one run of the suite at *rootdir*.

    Raises UnusableFile.
    """
    try:
        document = parse_json(raw)
    except ValueError as error:
        raise UnusableFile(path, "is no complete JSON") from error
    if not isinstance(document, dict):
        raise UnusableFile(path, "is no table of node ids and seconds")
    try:
        durations = {nodeid: number(document, nodeid) for nodeid in document}
    except ValueError as error:
        raise UnusableFile(path, "holds durations that are no seconds") from error
    by_file: dict[str, dict[str, int]] = {}
    names = NodeIds(rootdir)
    for nodeid, seconds in durations.items():
        file, tail = names.key_of(nodeid)
        by_file.setdefault(file, {})[tail] = _microseconds(seconds)
    files = {file: _file_history(dict(sorted(tests.items()))) for file, tests in sorted(by_file.items())}
    run = MeasuredRun(run="pytest-split")
    return History(runs=(run,), files=files, digest=fingerprint(raw))


def _microseconds(seconds: float) -> int:
    return min(MOST_MICROSECONDS, round(min(seconds, MOST_MICROSECONDS) * MICROSECONDS_PER_SECOND))


def _file_history(durations: Mapping[str, int]) -> FileHistory:
    costs = [max(1, duration) for duration in durations.values()]
    return FileHistory(list(durations), costs, [" ".join(map(str, durations.values()))])
