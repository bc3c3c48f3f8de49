"""Python's search for garbage in cycles, while tests are collected, and of the tests that other shards run.

Collecting makes objects that stay: some 25 a test. As often as Python looks by default, it looks at them again
and again, and once more at the end of the process.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

AT_ONCE = 50_000
"""New objects until Python looks for garbage among them, while tests are collected."""

WORTH_A_SEARCH = 2_000
"""Left out tests from which on it is cheaper to search for them than to take them along."""


class LeftToOthers:
    """What pytest's summary holds in place of a test that another shard runs, to count it."""

    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid


@contextmanager
def rare_searches() -> Iterator[None]:
    """Let Python look for garbage less often, unless someone has set, or sets meanwhile, how often it does."""
    before = gc.get_threshold()
    if not 0 < before[0] < AT_ONCE:
        yield
        return
    ours = (AT_ONCE, *before[1:])
    gc.set_threshold(*ours)
    try:
        yield
    finally:
        if gc.get_threshold() == ours:
            gc.set_threshold(*before)


def deselect(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tell all plugins that *items*, one at least, do not run here, and have pytest's summary not hold them."""
    config.hook.pytest_deselected(items=items)
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    # A plugin may have put a reporter of its own there.
    told = getattr(reporter, "stats", {}).get("deselected", [])
    if told[-len(items) :] == items:
        told[-len(items) :] = [LeftToOthers(item.nodeid) for item in items]


def free(count: int) -> None:
    """Free the tests of others, *count* of them, that nothing refers to any longer but they themselves."""
    if count >= WORTH_A_SEARCH and gc.isenabled():
        gc.collect()
