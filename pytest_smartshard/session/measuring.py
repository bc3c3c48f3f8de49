"""Measuring in the process that runs a test what its reports do not say: processor time, memory, shared costs."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias

import pytest

from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.part import SelectedTest
from pytest_smartshard.session.fixture_costs import FixtureCosts, Payments
from pytest_smartshard.session.usage import reading, used

MEASURED = "_smartshard"
"""Attribute of a tear-down report that carries :class:`Measured`; it survives the way from an xdist worker."""


SELECTED = pytest.StashKey[SelectedTest]()
"""Where an item carries what selecting found out about it."""

LIMIT = pytest.StashKey[Limit]()
"""Where an item carries how long it may take, while it runs."""


Measured: TypeAlias = tuple[str, str, str, int, int | None, int | None, Payments, Payments, int]
"""What travels with a report, in the plain types that xdist can send.

File and tail of the test's key, its stored tail and its predicted microseconds; then what was measured: processor
time in microseconds and growth of the peak memory in bytes (None where not measurable), what the test paid of
shared costs, what runs of it paid that a plugin repeated, and the limit that it had in microseconds (0 for none).
"""


class Measuring:
    """Hooks around each test and what it shares with others. What they find goes with the tear-down report."""

    def __init__(self) -> None:
        self._before = reading()
        self.fixtures = FixtureCosts()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.fixtures.begin_test(item, item.stash.get(SELECTED, None))
        self._before = reading()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        __tracebackhide__ = True
        # Most are a function's, and cost next to nothing here.
        scope = request.scope
        window = None if scope == "function" else self.fixtures.begin_set_up(fixturedef, request, scope)
        if window is None:
            return (yield)
        succeeded = False
        try:
            result = yield
            succeeded = True
        finally:
            self.fixtures.end_set_up(fixturedef, window, succeeded=succeeded)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.when == "teardown":
            selected = item.stash.get(SELECTED, None)
            if selected is not None:
                limit = item.stash.get(LIMIT, None)
                setattr(report, MEASURED, self._measured(selected, 0 if limit is None else limit.microseconds))
        return report

    def _measured(self, selected: SelectedTest, limit: int) -> Measured:
        cpu, memory = used(self._before, reading())
        (file, tail), fixtures = selected.key, self.fixtures
        return (
            file,
            tail,
            selected.stored_tail,
            selected.predicted,
            cpu,
            memory,
            fixtures.payments(),
            fixtures.earlier_payments(),
            limit,
        )
