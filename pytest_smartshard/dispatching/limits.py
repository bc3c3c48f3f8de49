"""How long a test may take before it is taken for hung, from what it and its fixtures took before.

A limit is a multiple of the worst that history knows and never below a floor: a test that takes 40 times its
usual time on a bad day is no rarity, and stopping a sound test costs more than finding a hung one a little later.
``docs/design/limits.md`` has the study on real histories that the figures come from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import isqrt
from typing import NamedTuple, TypeAlias

from pytest_smartshard.model.limit import ALL_TESTS, Limit
from pytest_smartshard.model.shared import CLASS, HIGHER_SCOPES, WHOLE_SUITE, place_of_need
from pytest_smartshard.model.suite import class_of, function_of
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND, plural, seconds

FEW_SAMPLES = 3
"""With fewer samples than this, how a test's time spreads is not known."""

FLOORS_OF_FEW = 2
FLOORS_OF_NONE = 4
"""So many times the floor is what a test with few samples, or none of its own, may take at least."""

SPREADS = 2
"""Standard deviations above the mean that a test's time may well lie. With few samples, which only by chance
have a slow one among them, this is more than the slowest."""

LEAST_OVER_SLOWEST = 2
"""A cap never brings a limit below so many times the slowest sample that passed."""

Times: TypeAlias = Sequence[int]
"""Microseconds of samples that passed, at least one: as measured, or as in a run as fast as the newest one,
whichever is longer."""


class LimitRules(NamedTuple):
    """What limits are made by: ``factor`` times the worst of history, from ``floor`` to ``cap`` microseconds."""

    factor: float = 10.0
    floor: int = 45 * MICROSECONDS_PER_SECOND
    cap: int = 3600 * MICROSECONDS_PER_SECOND


class Alive(NamedTuple):
    """A fixture that several tests share and that is set up: place and name, and whether it ``stays`` so after
    the test at hand."""

    place: str
    name: str
    stays: bool


class Limits:
    """Limits by the history of a segment.

    *tests_of* gives the times of the tests of a file by tail, *shared_of* those of a place's fixtures by name.
    Both are asked once for each. *slowest* of all tests, in microseconds, is what stands in for a test of which
    not even the file is known; 0 where nothing is known at all.
    """

    def __init__(
        self,
        tests_of: Callable[[str], Mapping[str, Times]],
        shared_of: Callable[[str], Mapping[str, Times]],
        slowest: int,
        rules: LimitRules,
    ) -> None:
        self._tests_of = tests_of
        self._shared_of = shared_of
        self._slowest = slowest
        self._rules = rules
        self._by_relatives: dict[tuple[str, str], Limit | None] = {}
        self._tests: dict[str, Mapping[str, Times]] = {}
        self._shared: dict[str, Mapping[str, Times]] = {}

    def of(self, file: str, tail: str, needs: Collection[str], alive: Iterable[Alive]) -> Limit | None:
        """What that test may take, with the set-up and tear-down of each shared fixture that may fall to it.

        *needs* are the names of the fixtures that it announces, *alive* those that are set up now. None where
        nothing is known, so that nothing can be said.
        """
        own = self._own(file, tail)
        if own is None:
            return None
        shared = self._shared_part(file, tail, needs, alive)
        return own._replace(microseconds=own.microseconds + shared, shared=shared)

    def _own(self, file: str, tail: str) -> Limit | None:
        tests = self._known(self._tests, self._tests_of, file)
        times = tests.get(tail, ())
        if times:
            return self._limit(times, FLOORS_OF_FEW if len(times) < FEW_SAMPLES else 1)
        for scope in (function_of(tail), class_of(tail), ""):
            if (file, scope) not in self._by_relatives:
                relatives = [time for name in _within(tests, scope) for time in tests[name]]
                name = f"{file}::{scope}" if scope else file
                found = self._limit(relatives, FLOORS_OF_NONE, name) if relatives else None
                self._by_relatives[file, scope] = found
            if limit := self._by_relatives[file, scope]:
                return limit
        return self._limit([self._slowest], FLOORS_OF_NONE, ALL_TESTS) if self._slowest else None

    def _limit(self, times: Times, floors: int, scope: str = "") -> Limit:
        slowest, (factor, floor, cap) = max(times), self._rules
        raw = max(floors * floor, round(factor * worst(times)))
        return Limit(max(min(raw, cap), LEAST_OVER_SLOWEST * slowest), len(times), slowest, scope)

    def _shared_part(self, file: str, tail: str, needs: Collection[str], alive: Iterable[Alive]) -> int:
        present = {(place, name): stays for place, name, stays in alive}
        may_pay = {key for key, stays in present.items() if not stays}
        may_pay.update(
            (place, name)
            for place in (file, WHOLE_SUITE)
            for name in self._known(self._shared, self._shared_of, place)
            if (place, name) not in present and may_fall_to(name, tail, needs)
        )
        may_pay.update(
            (place, need) for need in needs if (place := place_of_need(need, file), need) not in present
        )
        return sum(self._of_shared(place, name) for place, name in may_pay if _is_fixture(name))

    def _of_shared(self, place: str, name: str) -> int:
        times = self._known(self._shared, self._shared_of, place).get(name, ())
        if times:
            raw = round(self._rules.factor * worst(times))
            return min(raw, max(self._rules.cap, LEAST_OVER_SLOWEST * max(times)))
        return FLOORS_OF_NONE * self._rules.floor

    @staticmethod
    def _known(
        known: dict[str, Mapping[str, Times]], ask: Callable[[str], Mapping[str, Times]], place: str
    ) -> Mapping[str, Times]:
        found = known.get(place)
        if found is None:
            found = known[place] = ask(place)
        return found


def limit_words(limit: Limit) -> str:
    """The limit and what it comes from, for whoever reads of a test that was stopped."""
    if limit.scope == ALL_TESTS:
        parts = [f"nothing is known of its file, and the slowest of all tests takes {seconds(limit.slowest)}"]
    else:
        passed = f"passed {plural(limit.samples, 'time')}, in {seconds(limit.slowest)} at most"
        parts = [f"{limit.scope or 'it'} {passed}"]
    if limit.shared * 100 >= limit.microseconds:
        parts.append(f"{seconds(limit.shared)} are for fixtures that it may have to wait for")
    if limit.slowness > 1:
        parts.append(f"tests take {limit.slowness:.1f} times as long as history says")
    return f"limit {seconds(limit.microseconds)} ({'; '.join(parts)})"


def worst(times: Times) -> int:
    """What such times lead one to expect on a bad day: the slowest, or two standard deviations above the mean."""
    mean = sum(times) // len(times)
    spread = isqrt(sum((time - mean) ** 2 for time in times) // len(times))
    return max(*times, mean + SPREADS * spread) if len(times) > 1 else times[0]


def may_fall_to(name: str, tail: str, needs: Collection[str]) -> bool:
    """Whether a test may be the first that waits for the fixture of that name in its file, or in the suite.

    Also where it does not announce it: a fixture may be asked for while a test runs. One with parameters cannot
    be asked for like that, and a class's only by its own tests.
    """
    if name in needs:
        return True
    scope, _, rest = name.partition(" ")
    if scope == CLASS:
        return not name.endswith("]") and f"{class_of(tail)}::".startswith(f"{rest.partition(' ')[0]}::")
    return scope in HIGHER_SCOPES and not name.endswith("]")


def _is_fixture(name: str) -> bool:
    return name.partition(" ")[0] in HIGHER_SCOPES


def _within(tests: Mapping[str, Times], scope: str) -> list[str]:
    """Tails of a function, of a class (with those within it), or of all for ``""``."""
    if not scope:
        return list(tests)
    return [tail for tail in tests if function_of(tail) == scope or function_of(tail).startswith(f"{scope}::")]
