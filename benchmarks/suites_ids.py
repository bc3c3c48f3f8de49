"""A pytest plugin that tells which tests there are, and leaves only some of them.

It writes the node ids that were collected, as JSON, to the file in ``SMARTSHARD_SUITE_IDS``: what
``--collect-only`` prints depends on options that a suite may set. Where ``SMARTSHARD_SUITE_ONLY`` names such a
file, only the tests in it are run, as a shard would, but without one; with ``SMARTSHARD_SUITE_FILES`` no other
files than theirs are collected.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, object, object]:
    result = yield
    only = os.environ.get("SMARTSHARD_SUITE_ONLY")
    if only:
        left = Counter(json.loads(Path(only).read_text("ascii")))
        kept = []
        for item in items:
            if left[item.nodeid]:
                left[item.nodeid] -= 1
                kept.append(item)
        items[:] = kept
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_make_collect_report(collector: pytest.Collector) -> pytest.CollectReport | None:
    only = os.environ.get("SMARTSHARD_SUITE_FILES")
    if not only or not isinstance(collector, pytest.File):
        return None
    files = {nodeid.partition("::")[0] for nodeid in json.loads(Path(only).read_text("ascii"))}
    return None if collector.nodeid in files else pytest.CollectReport(collector.nodeid, "passed", None, [])


def pytest_collection_finish(session: pytest.Session) -> None:
    path = os.environ.get("SMARTSHARD_SUITE_IDS")
    if path and session.items:
        # Written whole, by each worker alike: all of them collect the same.
        part = Path(f"{path}.{os.getpid()}")
        part.write_text(json.dumps([item.nodeid for item in session.items]), encoding="ascii")
        part.replace(path)
