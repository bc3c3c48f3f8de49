"""Stopping a test that goes beyond its limit, so that what the process has finished is not lost with it.

pytest-timeout stops it: by a signal, which makes the test fail, or from a thread, which can only end the process.
Before that it is written down here what all threads were doing. A call into C that keeps Python's lock can be
reached by neither, and is ended by a watchdog beside the process, with that.
"""

from __future__ import annotations

import signal
import sys
import threading
import traceback
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any

import pytest
import pytest_timeout  # type: ignore[import-untyped]  # it has no types

from pytest_smartshard.dispatching.limits import limit_words
from pytest_smartshard.model.limit import Limit
from pytest_smartshard.session.measuring import LIMIT
from pytest_smartshard.session.outcomes import SECTION, STOPPED
from pytest_smartshard.session.watchdog import Watchdog, WatchedFile
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

CANCEL = "cancel_timeout"
"""Attribute of a test that pytest-timeout calls when the test has ended."""

CLOSE = 1e-6
"""Seconds that two equal limits may differ by."""


class Stopping:
    """Carries out pytest-timeout's limits, also those that are no affair of ours.

    *ending* is told the node id of a test and what is known of it, from another thread, right before the process
    is ended. *watch_in* gives the file that the watchdog is to write to, or None, by node id and limit.
    """

    def __init__(
        self,
        ending: Callable[[str, str], None],
        watch_in: Callable[[str, Limit | None], WatchedFile | None],
    ) -> None:
        self._ending = ending
        self._watch_in = watch_in
        self._watchdog = Watchdog()
        self._settings: Any = None
        self._item: pytest.Item | None = None
        self._starts = 0
        self._told: str | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        self._watchdog.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_timeout_set_timer(self, item: pytest.Item, settings: Any) -> bool:
        self._item, self._settings, self._told = item, settings, None
        self._watch(item, settings)
        if settings.method == "signal" and limit_of(item, settings.timeout) and _uses_alarms():
            return True  # The watchdog alone holds it to the limit: the alarm is the suite's.
        if settings.method == "signal" and threading.current_thread() is threading.main_thread():
            self._set_signal(item, settings)
        else:
            self._set_thread(item, settings)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_timeout_cancel_timer(self) -> None:
        """Then pytest-timeout calls what was left with the test."""
        self._watchdog.rest()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._starts = 0
        try:
            return (yield)
        finally:
            self._watchdog.rest()
            self._item = self._settings = self._told = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A plugin that runs a test again does so under the timer of the first time."""
        self._starts += 1
        if self._starts > 1:
            self._again(item)

    @pytest.hookimpl(trylast=True)
    def pytest_exception_interact(self, node: pytest.Item | pytest.Collector) -> None:
        """pytest-timeout lets go of a test that failed, whose tear-down may hang like any other's."""
        if isinstance(node, pytest.Item):
            self._again(node)

    def pytest_enter_pdb(self) -> None:
        self._watchdog.rest()

    def pytest_unconfigure(self) -> None:
        self._watchdog.close()

    def _again(self, item: pytest.Item) -> None:
        if item is self._item and LIMIT in item.stash and not self._settings.func_only:
            item.ihook.pytest_timeout_cancel_timer(item=item)
            item.ihook.pytest_timeout_set_timer(item=item, settings=self._settings)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if self._told is not None and item is self._item and report.failed:
            setattr(report, STOPPED, True)
            report.sections.append((SECTION, self._told))
            self._told = None
        return report

    def _watch(self, item: pytest.Item, settings: Any) -> None:
        file = self._watch_in(item.nodeid, limit_of(item, settings.timeout))
        # Nobody can tell the watchdog later that somebody has time.
        if file is not None and not is_debugged(settings):
            self._watchdog.watch(settings.timeout, file)

    def _set_signal(self, item: pytest.Item, settings: Any) -> None:
        def stop(*_: object) -> None:
            __tracebackhide__ = True
            if not is_debugged(settings):
                self._told = told_of(item, settings)
                self._watch(item, settings)  # What the test does on its way out may take its time, too.
                pytest_timeout.timeout_sigalrm(item, settings)

        def cancel() -> None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            if signal.getsignal(signal.SIGALRM) is stop:  # A fixture may have put its own there to stay.
                signal.signal(signal.SIGALRM, signal.SIG_DFL)

        setattr(item, CANCEL, cancel)
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, settings.timeout)

    def _set_thread(self, item: pytest.Item, settings: Any) -> None:
        def stop() -> None:
            if not is_debugged(settings):
                try:
                    self._ending(item.nodeid, told_of(item, settings))
                finally:
                    pytest_timeout.timeout_timer(item, settings)

        timer = threading.Timer(settings.timeout, stop)
        timer.name = f"timeout of {item.nodeid}"

        def cancel() -> None:
            timer.cancel()
            timer.join()

        setattr(item, CANCEL, cancel)
        timer.start()


def _uses_alarms() -> bool:
    """Whether the suite has taken the signal of alarms for itself."""
    taken = signal.getsignal(signal.SIGALRM) not in (signal.SIG_DFL, signal.SIG_IGN)
    return taken or signal.getitimer(signal.ITIMER_REAL)[0] > 0


def is_debugged(settings: Any) -> bool:
    """Whether somebody looks at the test in a debugger, so that it has all the time in the world."""
    return not getattr(settings, "disable_debugger_detection", False) and bool(pytest_timeout.is_debugging())


def told_of(item: pytest.Item, settings: Any) -> str:
    """The limit of a test, what it comes from, and what every thread of the process does."""
    limit = limit_of(item, settings.timeout)
    words = f"limit {settings.timeout:g} s, as written down" if limit is None else limit_words(limit)
    return "\n".join([words, *stacks()])


def limit_of(item: pytest.Item, timeout: float) -> Limit | None:
    """The limit by history, if the *timeout* in seconds comes from that."""
    limit = item.stash.get(LIMIT, None)
    if limit is None or abs(limit.microseconds / MICROSECONDS_PER_SECOND - timeout) > CLOSE:
        return None
    return limit


def stacks() -> list[str]:
    """What each thread does, the main one last; this one only if it is that."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    main, here = threading.main_thread().ident, threading.get_ident()
    frames = sorted(sys._current_frames().items(), key=lambda found: found[0] == main)
    return [
        f"thread {names.get(ident, 'unknown')}:\n{_calls(frame)}"
        for ident, frame in frames
        if ident == main or ident != here
    ]


def _calls(frame: FrameType | None) -> str:
    """The calls that led to *frame*, without those of pytest and its plugins, unless there are no others."""
    found = list(traceback.walk_stack(frame))[::-1]
    of_suite = [(called, line) for called, line in found if not _is_of_pytest(called)]
    return "".join(traceback.StackSummary.extract(iter(of_suite or found)).format()).rstrip()


def _is_of_pytest(frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return name in ("_pytest", "pluggy", "pytest", "pytest_timeout", "pytest_smartshard", "xdist", "execnet")
