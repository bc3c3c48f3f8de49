"""Durations of pytest-split: JSON from node id to seconds; its first versions wrote a list of pairs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_smartshard.checked import number, parse_json
from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.model.history import FileHistory, History, MeasuredRun
from pytest_smartshard.model.record import PASSED
from pytest_smartshard.store.foreign.locating import Checkout
from pytest_smartshard.store.foreign.protocol import (
    ForeignRun,
    Reading,
    Timing,
    Unreadable,
    microseconds,
    run_name,
)
from pytest_smartshard.store.format import fingerprint
from pytest_smartshard.store.keys import NodeIds, holds_address

DURATIONS_FILE = ".test_durations"
"""Its default name, at rootdir."""


class PytestSplit:
    """One run of passed tests: the file says neither when nor how a test ended."""

    def recognises(self, raw: bytes) -> bool:
        return raw.lstrip()[:1] in (b"{", b"[")

    def read(self, raw: bytes, checkout: Checkout) -> Reading:
        durations = _durations(raw)
        if durations and not any("::" in nodeid for nodeid in durations):
            raise Unreadable("is no table of node ids and seconds")
        timings = {
            checkout.key_of_nodeid(nodeid): Timing(duration=duration, outcome=PASSED)
            for nodeid, duration in durations.items()
        }
        return Reading(
            runs=(ForeignRun(name=run_name("pytest-split", fingerprint(raw)), started=None, timings=timings),)
        )


def parse_durations(raw: bytes, path: str, rootdir: Path) -> History:
    """The history in *raw*, read from *path* (for messages), as one run of the suite at *rootdir*.

    Raises UnusableFile.
    """
    try:
        durations = _durations(raw)
    except Unreadable as error:
        raise UnusableFile(path, str(error)) from error
    by_file: dict[str, dict[str, int]] = {}
    names = NodeIds(rootdir)
    for nodeid, duration in durations.items():
        file, tail = names.key_of(nodeid)
        by_file.setdefault(file, {})[tail] = duration
    files = {file: _file_history(dict(sorted(tests.items()))) for file, tests in sorted(by_file.items())}
    run = MeasuredRun(run="pytest-split")
    return History(runs=(run,), files=files, digest=fingerprint(raw))


def _durations(raw: bytes) -> dict[str, int]:
    """Microseconds by node id. Raises Unreadable."""
    try:
        document = parse_json(raw)
    except ValueError as error:
        raise Unreadable("is no complete JSON") from error
    if isinstance(document, list):
        if not all(isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in document):
            raise Unreadable("is no table of node ids and seconds")
        document = dict(document)
    if not isinstance(document, dict):
        raise Unreadable("is no table of node ids and seconds")
    try:
        durations = {nodeid: microseconds(number(document, nodeid)) for nodeid in document}
    except ValueError as error:
        raise Unreadable("holds durations that are no seconds") from error
    # An address is another one in every process: such ids pile up in the file, and none is ever seen again.
    return {nodeid: duration for nodeid, duration in durations.items() if not holds_address(nodeid)}


def _file_history(durations: Mapping[str, int]) -> FileHistory:
    costs = [max(1, duration) for duration in durations.values()]
    return FileHistory(list(durations), costs, [" ".join(map(str, durations.values()))])
