"""A pytest plugin that writes down, in the file that ``SMARTSHARD_SUITE_RAN`` names, each test that has ended.

A line with the node id for each, handed to the system at once: what a killed process ran can be held against what
its journal says.
"""

from __future__ import annotations

import os

import pytest


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    path = os.environ.get("SMARTSHARD_SUITE_RAN")
    if path and report.when == "teardown":
        with open(path, "ab", buffering=0) as file:
            file.write(f"{report.nodeid}\n".encode())
