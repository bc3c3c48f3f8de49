"""Durations in JUnit XML: those of pytest first of all, and what else calls itself so."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.markup import BYTE_ORDER_MARK, Unparsed, local_name, tell
from pytest_smartshard.model.record import ERROR, FAILED, PASSED, SKIPPED, XFAILED
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.store.foreign.instants import seconds_since_epoch
from pytest_smartshard.store.foreign.locating import Checkout
from pytest_smartshard.store.foreign.protocol import (
    ForeignRun,
    Reading,
    Timing,
    Unreadable,
    microseconds,
    run_name,
)
from pytest_smartshard.store.format import fingerprint

_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SUITES = ("testsuites", "testsuite")


@dataclass(slots=True)
class _Case:
    """A ``testcase`` being read. ``instant`` is that of its suite, 0 where that is not told."""

    classname: str
    name: str
    file: str
    seconds: float | None
    instant: float
    outcome: str = PASSED


class Junit:
    """One run. Tests that were skipped have no duration, nor have those without a time that is one."""

    def recognises(self, raw: bytes) -> bool:
        return raw.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"<")

    def read(self, raw: bytes, checkout: Checkout) -> Reading:
        reader = _parsed(raw)
        newest: dict[tuple[str, str, str], _Case] = {}
        for case in sorted(reader.cases, key=lambda case: case.instant):
            newest[(case.classname, case.name, case.file)] = case
        timings: dict[ItemKey, Timing] = {}
        nameless: list[str] = []
        untimed = 0
        for case in newest.values():
            if case.seconds is None or case.outcome == SKIPPED:
                untimed += 1
                continue
            key = checkout.key_of_address(case.classname, case.name, case.file)
            if key is None:
                nameless.append(f"{case.classname}::{case.name}")
            else:
                timings[key] = Timing(duration=microseconds(case.seconds), outcome=case.outcome)
        run = ForeignRun(
            name=run_name("junit", fingerprint(raw)),
            started=reader.started,
            timings=timings,
            nameless=tuple(nameless),
            untimed=untimed,
        )
        return Reading(runs=(run,))


class _Reader:
    """What the XML parser tells, one element after another: no tree is made, however large the file is."""

    def __init__(self) -> None:
        self.cases: list[_Case] = []
        self.started: float | None = None
        self._root = ""
        self._instants: list[float] = []
        self._case: _Case | None = None
        self._depth = 0  # within the test case

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = local_name(tag)
        self._root = self._root or name
        if self._root not in _SUITES:
            raise Unparsed("is XML, but no JUnit report")
        if self._case is not None:
            if self._depth == 0:
                self._case.outcome = _outcome(self._case.outcome, name, attributes)
            self._depth += 1
        elif name in _SUITES:
            instant = seconds_since_epoch(attributes.get("timestamp", ""))
            if instant is not None:
                self.started = instant if self.started is None else min(self.started, instant)
            self._instants.append(self._instant if instant is None else instant)
        elif name == "testcase" and "name" in attributes:  # A test that was interrupted has none.
            self._case = _Case(
                classname=attributes.get("classname", ""),
                name=attributes["name"],
                file=attributes.get("file", ""),
                seconds=_seconds(attributes.get("time", "")),
                instant=self._instant,
            )

    def end(self, tag: str) -> None:
        if self._depth:
            self._depth -= 1
        elif self._case is not None:
            self.cases.append(self._case)
            self._case = None
        elif local_name(tag) in _SUITES:
            self._instants.pop()

    def close(self) -> None:
        """Nothing is left to be handed over."""

    @property
    def _instant(self) -> float:
        return self._instants[-1] if self._instants else 0.0


def _parsed(raw: bytes) -> _Reader:
    """Raises Unreadable."""
    reader = _Reader()
    try:
        tell(raw, reader)
    except Unparsed as error:
        raise Unreadable(str(error)) from error
    return reader


def _outcome(so_far: str, child: str, attributes: Mapping[str, str]) -> str:
    """The outcome that an element inside of a ``testcase`` tells; the gravest of several."""
    if child == "error" or so_far == ERROR:
        return ERROR
    if child == "failure" or so_far == FAILED:
        return FAILED
    if child == "skipped":
        # What is expected to fail has run, and will take as long the next time.
        return XFAILED if attributes.get("type") == "pytest.xfail" else SKIPPED
    return so_far


def _seconds(written: str) -> float | None:
    """The time of a test, None for what is none: nothing, a text, below 0, without end."""
    written = written.strip()
    try:
        seconds = float(written.replace(",", "") if _GROUPED.fullmatch(written) else written)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
