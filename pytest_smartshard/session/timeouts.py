"""A limit for each test while it runs: what it is, and having pytest-timeout hold the test to it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_smartshard.dispatching.limits import Alive, LimitRules, Limits
from pytest_smartshard.dispatching.pace import Pace, assumed_slowness
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import History
from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.part import SelectedTest
from pytest_smartshard.model.shared import CLASS, MODULE
from pytest_smartshard.operations.limiting import limits_from
from pytest_smartshard.session.fixture_costs import FixtureCosts
from pytest_smartshard.session.fixture_needs import FixtureNeeds
from pytest_smartshard.session.measuring import LIMIT, SELECTED
from pytest_smartshard.settings.resolve import ON, Settings
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

if TYPE_CHECKING:
    from pytest_smartshard.session.watchdog import WatchedFile

_NANOSECONDS = 1000
"""In a microsecond."""

MARK = "timeout"
"""The mark by which pytest-timeout knows a test's limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsWanted:
    """What every process of a shard is to know of limits besides history.

    ``holds``: tests are stopped, and not only told of. ``slowness``: so many times slower than history a lane is
    taken to be before its first test.
    """

    rules: LimitRules
    holds: bool
    slowness: float

    def plain(self) -> list[Any]:
        """In the types that xdist can send."""
        return [*self.rules, self.holds, self.slowness]

    @classmethod
    def parse(cls, plain: Sequence[Any]) -> LimitsWanted:
        *rules, holds, slowness = plain
        return cls(rules=LimitRules(*rules), holds=holds, slowness=slowness)


def limits_wanted(settings: Settings, history: History, lanes: int) -> LimitsWanted:
    """As *settings* have it, for a shard with so many lanes."""
    lanes_known = history.runs[-1].lanes if history.runs else lanes
    return LimitsWanted(
        rules=settings.limits, holds=settings.timeouts == ON, slowness=assumed_slowness(lanes, lanes_known)
    )


def register_limits(
    config: pytest.Config,
    history: History,
    wanted: LimitsWanted,
    fixtures: FixtureCosts,
    ending: Callable[[str, str], None],
    watch_in: Callable[[str, Limit | None], WatchedFile | None],
) -> Timeouts:
    """Have the tests of this process go by limits; *ending* and *watch_in* as for Stopping."""
    limits = limits_from(history, wanted.rules)
    timeouts = Timeouts(config, limits, Pace(wanted.slowness), fixtures, holds=wanted.holds)
    config.pluginmanager.register(timeouts, "smartshard-timeouts")
    if wanted.holds:
        # Only this needs pytest-timeout.
        from pytest_smartshard.session.stopping import Stopping

        config.pluginmanager.register(Stopping(ending, watch_in), "smartshard-stopping")
    return timeouts


class Timeouts:
    """Finds the limit of each test of this process.

    *holds*: pytest-timeout is to stop what goes beyond. A limit that somebody wrote down for a test, or for all,
    counts before history's.
    """

    def __init__(
        self, config: pytest.Config, limits: Limits, pace: Pace, fixtures: FixtureCosts, *, holds: bool
    ) -> None:
        self._limits = limits
        self._pace = pace
        self._fixtures = fixtures
        self._needs = FixtureNeeds(config.rootpath)
        self._holds = holds and not _has_limit_for_all(config)
        self._calls_only = holds and bool(config.getini("timeout_func_only"))
        self._now = time.perf_counter_ns  # Plugins that set the clock do not find it here.
        self._current: Limit | None = None

    def limit_now(self) -> Limit | None:
        """Of the test that runs now."""
        return self._current

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        selected = item.stash.get(SELECTED, None)
        if selected is None:
            return (yield)
        limit = self._limit_of(item, nextitem, selected)
        mark = None
        if limit is not None:
            item.stash[LIMIT] = self._current = limit
            mark = self._mark(item, limit) if self._holds else None
        began = self._now()
        try:
            return (yield)
        finally:
            self._current = None
            if mark is not None:
                # The test may have changed them itself.
                item.own_markers[:] = [each for each in item.own_markers if each is not mark]
            taken = (self._now() - began) // _NANOSECONDS
            # What hung says nothing of the machine, and what history does not know cannot be compared with it.
            if limit is not None and not limit.scope and taken < limit.microseconds:
                self._pace.add(selected.predicted, taken - self._paid())

    def _limit_of(self, item: pytest.Item, nextitem: pytest.Item | None, selected: SelectedTest) -> Limit | None:
        file = selected.key.file
        alive = list(self._alive(item, nextitem, file))
        limit = self._limits.of(file, selected.stored_tail, self._needs.of(item, file), alive)
        if limit is None:
            return None
        slowness = round(self._pace.slowness, 2)
        if self._holds and self._only_calls(item):
            limit = limit._replace(microseconds=limit.microseconds - limit.shared, shared=0)
        return limit._replace(
            microseconds=round(limit.microseconds * slowness),
            shared=round(limit.shared * slowness),
            slowness=slowness,
        )

    def _alive(self, item: pytest.Item, nextitem: pytest.Item | None, file: str) -> Iterator[Alive]:
        """What is set up now. It stays where pytest has no reason to tear it down after *item*."""
        same_file = nextitem is not None and nextitem.path == item.path
        same_class = same_file and nextitem is not None and nextitem.parent is item.parent
        for fixture in self._fixtures.alive:
            scope = fixture.name.partition(" ")[0]
            stays = {CLASS: same_class, MODULE: same_file}.get(scope, nextitem is not None)
            # A parameter changes between two tests that pytest did not get to order by it.
            yield Alive(fixture.place, fixture.name, stays and not fixture.name.endswith("]"))

    def _paid(self) -> int:
        """Microseconds that the test which ran has paid for others."""
        paid = (*self._fixtures.payments(), *self._fixtures.earlier_payments())
        return sum(setup + teardown for _, _, setup, teardown in paid)

    def _only_calls(self, item: pytest.Item) -> bool:
        """Whether pytest-timeout looks at the function of a test alone."""
        mark = item.get_closest_marker(MARK)
        stated = mark.kwargs.get("func_only") if mark is not None else None
        return self._calls_only if stated is None else bool(stated)

    def _mark(self, item: pytest.Item, limit: Limit) -> pytest.Mark | None:
        """Mark the test with its limit, unless it has one; what else a mark says of it goes on to hold."""
        stated = item.get_closest_marker(MARK)
        others: tuple[Any, ...] = ()
        options: dict[str, Any] = {}
        if stated is not None:
            if (stated.args[0] if stated.args else stated.kwargs.get("timeout")) is not None:
                return None
            others = stated.args[1:]
            options = {name: value for name, value in stated.kwargs.items() if name != "timeout"}
        mark = pytest.mark.timeout(limit.microseconds / MICROSECONDS_PER_SECOND, *others, **options).mark
        item.own_markers.insert(0, mark)
        return mark


def _has_limit_for_all(config: pytest.Config) -> bool:
    """Whether pytest-timeout was told a limit for every test, by any of its own ways."""
    return (
        config.getoption("timeout", None) is not None
        or bool(os.environ.get("PYTEST_TIMEOUT"))
        or bool(config.getini("timeout"))
    )
