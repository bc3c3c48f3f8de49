"""Recording each finished test in the journal, from the reports that arrive in this process."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pytest_smartshard.dispatching.limits import limit_words
from pytest_smartshard.journal.writing import JournalWriter
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.part import SelectedTest
from pytest_smartshard.model.record import TIMED_OUT, FinishedTest, JournalFooter, JournalHeader
from pytest_smartshard.session.measuring import Measured
from pytest_smartshard.session.outcomes import CRASH_PHASE, SECTION, STOPPED, RunningTest, measured_of
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

if TYPE_CHECKING:
    from pytest_smartshard.session.watchdog import WatchedFile


class StoppedWorker(NamedTuple):
    """The limit of the test that a worker was ended in, and what its threads were doing."""

    limit: Limit | None
    stacks: str


@dataclass(frozen=True, slots=True)
class LimitsNow:
    """What is known of limits.

    ``current`` gives that of the test which runs in this process, ``stopped_in`` what a worker left that was
    ended in a test which went beyond its limit, None for any other end. ``warns``: nothing is stopped, so that
    what goes beyond its limit is to be told.
    """

    current: Callable[[], Limit | None] = lambda: None
    stopped_in: Callable[[str], StoppedWorker | None] = lambda _: None
    warns: bool = False


class Recording:
    """Puts the reports of a test together and writes one line when its last report is in.

    Without xdist this process runs the tests; with it, it is the controller, and the lane is the worker.
    """

    def __init__(
        self,
        writer: JournalWriter,
        header: JournalHeader,
        selected: Mapping[str, SelectedTest],
        limits: LimitsNow,
    ) -> None:
        self.header = header
        self._limits = limits
        self._writer = writer
        self._selected = selected
        self._running: dict[tuple[str, str], RunningTest] = {}
        self._crashed_reruns: dict[str, int] = {}
        self._last_ended: dict[str, str] = {}
        self._now = time.perf_counter
        self._started = self._now()
        self._between = _BesideTests(self._now)
        self._began: dict[str, float] = {}
        self.busy: dict[str, int] = {}
        self.beyond: list[FinishedTest] = []
        """Tests that would have been stopped."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        selected = self._selected.get(nodeid)
        self._between.begin(None if selected is None else selected.key.file)
        if selected is not None:
            self._began[nodeid] = self._now()
            self._writer.begin(selected.key, self._limits.current())

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        lane = _lane_of(report)
        name = (lane, report.nodeid)
        running = self._running.get(name)
        is_running = running is not None
        if running is None:
            running = RunningTest(lane=lane, reruns=self._crashed_reruns.pop(report.nodeid, 0))
            self._running[name] = running
        limit = self._ended_worker(running, report) if report.when == CRASH_PHASE else None
        self._between.add(running.add(report), lane)
        phase = str(report.when)
        if phase == "teardown":
            if not running.again:
                self._end(running, report)
        elif phase == CRASH_PHASE:
            if running.again:
                # Another worker runs it again.
                self._crashed_reruns[report.nodeid] = self._running.pop(name).reruns
            else:
                # A worker may die after a test's last report, before it says that it goes on to the next.
                amends = not is_running and self._last_ended.get(lane) == report.nodeid
                self._end(running, report, limit, amends=amends)

    def _end(
        self,
        running: RunningTest,
        report: pytest.TestReport,
        limit: Limit | None = None,
        *,
        amends: bool = False,
    ) -> None:
        """*report* was the last one of the test, which *amends* what was written as its end before.

        *limit* is known of a test that ended its worker.
        """
        nodeid, lane = report.nodeid, running.lane
        del self._running[lane, nodeid]
        self._began.pop(nodeid, None)
        # Neither a dead worker nor a plugin that makes reports of its own sends anything along.
        measured = measured_of(report) or self._unmeasured(nodeid, limit)
        if measured is None:
            return
        self._last_ended[lane] = nodeid
        test = running.finished(measured, nodeid)
        self.busy[lane] = self.busy.get(lane, 0) + test.duration
        if self._limits.warns and 0 < test.limit < test.duration:
            self.beyond.append(test)
        if amends:
            self._writer.amend(test)
        else:
            self._writer.add(test)

    def _ended_worker(self, running: RunningTest, report: pytest.TestReport) -> Limit | None:
        """The limit of a test that was stopped there and its worker with it; None where that died otherwise."""
        stopped = self._limits.stopped_in(running.lane)
        if stopped is None:
            return None
        setattr(report, STOPPED, True)
        # From a thread it was told with its limit; a watchdog knows none.
        is_watchdogs = stopped.stacks.startswith("Timeout (")
        words = f"{limit_words(stopped.limit)}\n" if stopped.limit is not None and is_watchdogs else ""
        report.sections.append((SECTION, words + stopped.stacks))
        running.times["call"] = max(0, self._since_start(report.nodeid) - running.times.get("setup", 0))
        return stopped.limit

    def _since_start(self, nodeid: str) -> int:
        """Microseconds since that test began."""
        now = self._now()
        return round((now - self._began.get(nodeid, now)) * MICROSECONDS_PER_SECOND)

    def stop(self, nodeid: str, told: str) -> None:
        """The test that runs in this process is about to be stopped, and the process with it.

        Called from another thread, while the test hangs. *told* says what its limit was and what it does.
        """
        measured = self._unmeasured(nodeid, self._limits.current())
        if measured is None:
            return
        running = self._running.get(("", nodeid)) or RunningTest()
        running.outcome = TIMED_OUT
        running.times["call"] = max(0, self._since_start(nodeid) - running.times.get("setup", 0))
        running.details = [f"Timeout: its process was ended, {told}"]
        self._writer.add(running.finished(measured, nodeid))

    @property
    def watched(self) -> WatchedFile:
        """The journal, for a watchdog."""
        from pytest_smartshard.session.watchdog import WatchedFile  # Few runs have one.

        return WatchedFile(self._writer.path, self._writer.descriptor)

    @property
    def journal(self) -> Path:
        return self._writer.path

    @property
    def ran(self) -> int:
        """Tests that have ended so far."""
        return self._writer.ran

    @property
    def each_test(self) -> int:
        """Microseconds that pytest took for each test so far beside the test itself; 0 with xdist."""
        return self._between.each(self._writer.ran)

    @property
    def slowest_lane(self) -> int:
        """Microseconds that the slowest lane needed for its tests, with what pytest took for each."""
        # Beside xdist's lanes nothing is known of each test, and there is one lane without them.
        return max(self.busy.values(), default=0) + self.each_test * self._writer.ran

    @property
    def failure(self) -> str:
        """Why the journal could not be written to its end, ``""`` if it could."""
        return self._writer.failure

    def abandon(self) -> None:
        """Close the file without a footer, where the session ended without its hooks."""
        self._writer.close()

    def close(self, exit_code: int, reason: str) -> None:
        """Write the footer. *reason* says what stopped the run early, ``""`` where nothing did."""
        seconds = self._now() - self._started
        self._writer.finish(
            JournalFooter(
                exit_code=exit_code,
                ran=self._writer.ran,
                seconds=seconds,
                reason=reason,
                each_test=self.each_test,
                each_test_of=self._between.each_of_file(),
            )
        )

    def _unmeasured(self, nodeid: str, limit: Limit | None) -> Measured | None:
        """What is known of the test that was selected under that id; None of one that was not."""
        selected = self._selected.get(nodeid)
        if selected is None:
            return None
        file, tail = selected.key
        beyond = 0 if limit is None else limit.microseconds
        return file, tail, selected.stored_tail, selected.predicted, None, None, (), (), beyond


@dataclass(slots=True)
class _Beside:
    """Of the tests of one file: their number, and seconds beside their phases."""

    tests: int = 0
    spent: float = 0.0


class _BesideTests:
    """How long this process took for tests beside their own phases: for what pytest and plugins do around them.

    A test has the time until the next one begins, in which pytest deals with its warnings.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._file: str | None = None
        self._since: float | None = None
        self._until = 0.0
        self._phases = 0.0
        self._spent = 0.0
        self._by_file: defaultdict[str, _Beside] = defaultdict(_Beside)
        self._has_lanes = False

    def begin(self, file: str | None) -> None:
        """A test begins, of that file if it is known."""
        now = self._now()
        self._end(now)
        self._file, self._since, self._phases = file, now, 0.0

    def add(self, seconds: float, lane: str) -> None:
        """A phase of a test has ended, in that lane."""
        self._until = self._now()
        self._phases += seconds
        if lane:
            self._has_lanes = True

    def each(self, tests: int) -> int:
        """Microseconds for each of so many tests; 0 where they ran in other processes."""
        if self._has_lanes or not tests:
            return 0
        spent = self._spent + self._beside(self._until)
        return max(0, round(spent * MICROSECONDS_PER_SECOND / tests))

    def each_of_file(self) -> dict[str, int]:
        """Microseconds for each test of a file, once all have ended; empty where they ran in other processes."""
        self._end(self._until)
        if self._has_lanes:
            return {}
        return {
            file: max(0, round(beside.spent * MICROSECONDS_PER_SECOND / beside.tests))
            for file, beside in self._by_file.items()
        }

    def _end(self, now: float) -> None:
        spent = self._beside(now)
        self._spent += spent
        if self._file is not None:
            beside = self._by_file[self._file]
            beside.spent += spent
            beside.tests += 1
        self._file, self._since, self._phases = None, None, 0.0

    def _beside(self, now: float) -> float:
        return 0.0 if self._since is None else now - self._since - self._phases


def _lane_of(report: pytest.TestReport) -> str:
    """Id of the xdist worker that ran the test, ``""`` without xdist."""
    node = getattr(report, "node", None)
    gateway = None if node is None else getattr(node, "gateway", None)
    return "" if gateway is None else str(gateway.id)
