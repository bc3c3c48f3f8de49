"""Tests that other shards run do not stay in memory, and plugins that hold them can do as they like."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import Project

from pytest_smartshard.session.garbage import WORTH_A_SEARCH

TESTS = 2 * WORTH_A_SEARCH + 400
SUITE = f"import pytest\n@pytest.mark.parametrize('n', range({TESTS}))\ndef test_a(n): pass\n"
WATCHING = """
import gc
import weakref
import pytest

seen, left = weakref.WeakSet(), []

def pytest_itemcollected(item):
    seen.add(item)

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    result = yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    told = reporter.stats.get("deselected", []) if reporter else []
    names = {test.nodeid for test in told}
    kind = type(told[0]).__name__ if told else ""
    print("ALIVE", len(seen), "TOLD", len(names), "OF", kind, "GC", gc.isenabled())
    return result
"""
HOLDING = """
def pytest_deselected(items):
    left.extend(items)

def pytest_unconfigure():
    whole = [item for item in left if item.get_closest_marker("parametrize") and item.keywords]
    print("HELD", len(whole))
"""


def said(project: Project, word: str, *arguments: str) -> str:
    """The line that begins with *word* in what shard 1 of 2 printed."""
    result = project.run(1, 2, "-s", *arguments)
    assert result.code == 0, result.lines
    return next(line[line.index(word) :] for line in result.lines if word in line)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path / "project", {"test_a.py": SUITE, "conftest.py": WATCHING})


def test_they_are_gone_before_tests_run_and_still_counted(project: Project) -> None:
    half = TESTS // 2
    assert said(project, "ALIVE") == f"ALIVE {half} TOLD {half} OF LeftToOthers GC True"
    assert said(project, f"{half} passed").startswith(f"{half} passed, {half} deselected in ")


def test_a_plugin_that_holds_them_has_them_whole(project: Project) -> None:
    project.write({"conftest.py": WATCHING + HOLDING})
    assert said(project, "HELD") == f"HELD {TESTS // 2}"


def test_nothing_is_searched_where_that_is_switched_off(project: Project) -> None:
    project.write({"conftest.py": f"{WATCHING}\ngc.disable()\n"})
    assert said(project, "ALIVE") == f"ALIVE {TESTS} TOLD {TESTS // 2} OF LeftToOthers GC False"


def test_without_a_terminal_nobody_needs_to_be_told(project: Project) -> None:
    assert said(project, "ALIVE", "-p", "no:terminal") == f"ALIVE {TESTS // 2} TOLD 0 OF  GC True"
