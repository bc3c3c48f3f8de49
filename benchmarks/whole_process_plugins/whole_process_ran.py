"""A pytest plugin that leaves the node ids of the tests that ran: ``-p whole_process_ran``.

A JSON list, in the file that ``SMARTSHARD_RAN`` names. It costs a run one call of a hook for each test, the
same in all.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


class Ran:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.nodeids: list[str] = []

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.nodeids.append(nodeid)

    def pytest_sessionfinish(self) -> None:
        self.path.write_text(json.dumps(self.nodeids), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Ran(Path(os.environ["SMARTSHARD_RAN"])))
