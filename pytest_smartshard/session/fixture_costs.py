"""Measuring what setting up and tearing down fixtures takes that several tests share.

Each is told of by the test that pays: the first that needs a fixture waits for its set-up, the last for its
tear-down, or the first that needs it with another parameter. A set-up that fails or skips is nobody's.

What happens is exactly what happens without us: a finalizer of ours runs as the last of the fixture (it was
added before the set-up), another as the first (added after it); between them runs all that the fixture itself has
added. What depends on the fixture was added later and has been torn down by then. Only a native or a full
traceback of a failed set-up shows one frame more, among the many of pytest and pluggy.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TypeAlias

import pytest

from pytest_smartshard.model.part import SelectedTest
from pytest_smartshard.model.shared import SharedTime, place_of_need
from pytest_smartshard.session.fixture_names import SharedFixtures

Payments: TypeAlias = tuple[tuple[str, str, int, int], ...]
"""Plain values of SharedTimes, for their way from another process."""

_NANOSECONDS = 1000
"""In a microsecond."""


class SharedFixture:
    """A fixture that is being or has been set up. ``paid`` is the last that was told of it, in ``report``."""

    __slots__ = ("is_set_up", "name", "paid", "place", "report")

    def __init__(self, place: str, name: str) -> None:
        self.place = place
        self.name = name
        self.is_set_up = False
        self.report: list[_Payment] | None = None
        self.paid: _Payment | None = None


class _Payment:
    """What the test that runs now has paid for one fixture, in microseconds."""

    __slots__ = ("fixture", "setup", "teardown")

    def __init__(self, fixture: SharedFixture) -> None:
        self.fixture = fixture
        self.setup = 0
        self.teardown = 0


class _Window:
    """A set-up or tear-down that goes on: since when, and how much of it others took that began within it."""

    __slots__ = ("fixture", "nested", "since")

    def __init__(self, fixture: SharedFixture, since: int) -> None:
        self.fixture = fixture
        self.since = since
        self.nested = 0


class FixtureCosts:
    """What the test that runs now pays. Called around each set-up of a fixture."""

    def __init__(self) -> None:
        # Kept here, where plugins that set the clock do not find it.
        self._now = time.perf_counter_ns
        self._item: pytest.Item | None = None
        self._selected: SelectedTest | None = None
        self._names: SharedFixtures | None = None
        self._windows: list[_Window] = []
        self._payments: list[_Payment] = []
        self._earlier: list[_Payment] = []
        self.alive: dict[SharedFixture, None] = {}
        """Shared fixtures that are set up now, in that order."""

    def begin_test(self, item: pytest.Item, selected: SelectedTest | None) -> None:
        """*item* is about to be set up; again, if it is the same as before, by a plugin that repeats it."""
        if selected is None or selected is not self._selected:
            self._earlier = []
        else:
            self._earlier.extend(self._payments)
        self._payments = []
        self._windows.clear()  # A plugin may have dropped finalizers.
        self._item, self._selected = item, selected

    def payments(self) -> Payments:
        """What the present run of the test has paid, in the order of time."""
        return _plain(self._payments)

    def earlier_payments(self) -> Payments:
        """What runs of the same test paid that were repeated."""
        return _plain(self._earlier)

    def begin_set_up(
        self, definition: pytest.FixtureDef[object], request: pytest.FixtureRequest, scope: str
    ) -> _Window | None:
        """To be called before a set-up; None where it is not measured, else for :meth:`end_set_up`."""
        item, selected = self._item, self._selected
        if item is None or selected is None:
            return None
        if self._names is None:
            self._names = SharedFixtures(item.config.rootpath)
        parameter = getattr(request, "param_index", None) if hasattr(request, "param") else None
        name = self._names.name_of(definition, scope, item, selected.key.file, parameter)
        if not name:
            return None
        fixture = SharedFixture(place_of_need(name, selected.key.file), name)
        definition.addfinalizer(partial(self._end_tear_down, fixture))
        return self._open(fixture)

    def end_set_up(self, definition: pytest.FixtureDef[object], window: _Window, *, succeeded: bool) -> None:
        """To be called after it."""
        took = self._close(window)
        if succeeded:
            window.fixture.is_set_up = True
            self.alive[window.fixture] = None
            self._payment(window.fixture).setup = took
            definition.addfinalizer(partial(self._open, window.fixture))

    def _end_tear_down(self, fixture: SharedFixture) -> None:
        self.alive.pop(fixture, None)
        window = next((each for each in reversed(self._windows) if each.fixture is fixture), None)
        if window is not None and fixture.is_set_up:
            took = self._close(window)
            self._payment(fixture).teardown = took

    def _open(self, fixture: SharedFixture) -> _Window:
        window = _Window(fixture, self._now())
        self._windows.append(window)
        return window

    def _close(self, window: _Window) -> int:
        """Microseconds that it took by itself."""
        took = max(0, self._now() - window.since)
        if window in self._windows:
            del self._windows[self._windows.index(window) :]
        if self._windows:
            self._windows[-1].nested += took
        return max(0, took - window.nested) // _NANOSECONDS

    def _payment(self, fixture: SharedFixture) -> _Payment:
        """The present run's payment for *fixture*: one for set-up and tear-down where it has both."""
        if fixture.paid is None or fixture.report is not self._payments:
            fixture.paid, fixture.report = _Payment(fixture), self._payments
            self._payments.append(fixture.paid)
        return fixture.paid


def _plain(payments: list[_Payment]) -> Payments:
    if not payments:  # As of most tests.
        return ()
    return tuple([(each.fixture.place, each.fixture.name, each.setup, each.teardown) for each in payments])


def shared_times(plain: Payments) -> tuple[SharedTime, ...]:
    """What was paid, from the values that came with a report."""
    return tuple([SharedTime(*values) for values in plain]) if plain else ()
