"""Measuring in the process that runs a test what its reports do not say: processor time and memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from typing import NamedTuple, TypedDict

import pytest

from pytest_smartshard.model.part import SelectedTest

if sys.platform != "win32":
    import resource

MEASURED = "_smartshard"
"""Attribute of a tear-down report that carries :class:`Measured`; it survives the way from an xdist worker."""


SELECTED = pytest.StashKey[SelectedTest]()
"""Where an item carries what selecting found out about it."""


class Measured(TypedDict):
    """What travels with a report. ``cpu`` in microseconds, ``memory`` in bytes; None where not measurable."""

    file: str
    tail: str
    stored: str
    predicted: int
    cpu: int | None
    memory: int | None


class Usage(NamedTuple):
    """Processor time of this process and its waited-for children (microseconds), its peak memory (bytes)."""

    cpu: int
    memory: int | None

    @classmethod
    def now(cls) -> Usage:
        own = time.process_time_ns() // 1000
        if sys.platform == "win32":
            return cls(own, None)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        waited_for = round((children.ru_utime + children.ru_stime) * 1_000_000)
        return cls(own + waited_for, peak if sys.platform == "darwin" else peak * 1024)


class Measuring:
    """Hooks around each test. What they find goes with the tear-down report."""

    def __init__(self) -> None:
        self._before = Usage.now()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        self._before = Usage.now()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        selected = item.stash.get(SELECTED, None)
        if call.when == "teardown" and selected is not None:
            setattr(report, MEASURED, self._measured(selected))
        return report

    def _measured(self, selected: SelectedTest) -> Measured:
        after = Usage.now()
        grown = None
        if after.memory is not None and self._before.memory is not None:
            grown = after.memory - self._before.memory
        return Measured(
            file=selected.key.file,
            tail=selected.key.tail,
            stored=selected.stored_tail,
            predicted=selected.predicted,
            cpu=after.cpu - self._before.cpu,
            memory=grown,
        )
