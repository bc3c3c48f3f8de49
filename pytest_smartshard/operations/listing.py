"""What is to be run, without pytest: from a list of node ids, or from what a history knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from pytest_smartshard.model.history import History
from pytest_smartshard.model.suite import CollectedTest, Suite, SuiteFile
from pytest_smartshard.store.keys import NodeIds, file_size, holds_address


def suite_of_ids(nodeids: Iterable[str], rootdir: Path) -> Suite:
    """The suite of these node ids, as pytest prints them for the suite at *rootdir*; each id once.

    Ids do not tell what markers keep together, nor which parameters are positions or come from a set.
    """
    names = NodeIds(rootdir)
    tests: dict[str, set[CollectedTest]] = defaultdict(set)
    for nodeid in nodeids:
        file, tail = names.key_of(nodeid)
        tests[file].add(CollectedTest(tail, unstable=holds_address(tail)))
    return _suite(tests, rootdir)


def suite_of_history(history: History, rootdir: Path) -> Suite:
    """All tests that *history* knows.

    A duration that is kept under a function's name is that of one test here, whatever parameters it has.
    """
    tests = {file: {CollectedTest(tail) for tail in known.tails} for file, known in history.files.items()}
    return _suite(tests, rootdir)


def _suite(tests: dict[str, set[CollectedTest]], rootdir: Path) -> Suite:
    return Suite(
        files=tuple(
            SuiteFile(key=file, size=file_size(rootdir / file), tests=tuple(sorted(tests[file])))
            for file in sorted(tests)
        )
    )
