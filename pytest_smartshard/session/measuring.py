"""Measuring in the process that runs a test what its reports do not say: processor time, memory, shared costs."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from typing import NamedTuple, TypedDict

import pytest

from pytest_smartshard.model.part import SelectedTest
from pytest_smartshard.session.fixture_costs import FixtureCosts

if sys.platform != "win32":
    import resource

MEASURED = "_smartshard"
"""Attribute of a tear-down report that carries :class:`Measured`; it survives the way from an xdist worker."""


SELECTED = pytest.StashKey[SelectedTest]()
"""Where an item carries what selecting found out about it."""


class _Always(TypedDict):
    file: str
    tail: str
    stored: str
    predicted: int
    cpu: int | None
    memory: int | None


class Measured(_Always, total=False):
    """What travels with a report. ``cpu`` in microseconds, ``memory`` in bytes; None where not measurable.

    ``shared`` is what the test paid of shared costs, each as the values of a
    :class:`~pytest_smartshard.model.shared.SharedTime`; ``shared_before`` what runs of it paid that a plugin
    repeated. Neither is there where it is empty.
    """

    shared: list[tuple[str, str, int, int]]
    shared_before: list[tuple[str, str, int, int]]


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
    """Hooks around each test and what it shares with others. What they find goes with the tear-down report."""

    def __init__(self) -> None:
        self._before = Usage.now()
        self._fixtures = FixtureCosts()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._fixtures.begin_test(item, item.stash.get(SELECTED, None))
        self._before = Usage.now()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        __tracebackhide__ = True
        # Most are a function's, and cost next to nothing here.
        scope = request.scope
        window = None if scope == "function" else self._fixtures.begin_set_up(fixturedef, request, scope)
        if window is None:
            return (yield)
        succeeded = False
        try:
            result = yield
            succeeded = True
        finally:
            self._fixtures.end_set_up(fixturedef, window, succeeded=succeeded)
        return result

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
        measured = Measured(
            file=selected.key.file,
            tail=selected.key.tail,
            stored=selected.stored_tail,
            predicted=selected.predicted,
            cpu=after.cpu - self._before.cpu,
            memory=grown,
        )
        if shared := self._fixtures.payments():
            measured["shared"] = shared
        if before := self._fixtures.earlier_payments():
            measured["shared_before"] = before
        return measured
