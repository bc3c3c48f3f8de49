"""Recording each finished test in the journal, from the reports that arrive in this process."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pytest_smartshard.journal.writing import JournalWriter
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.part import SelectedTest
from pytest_smartshard.model.record import JournalFooter, JournalHeader
from pytest_smartshard.session.measuring import Measured
from pytest_smartshard.session.outcomes import CRASH_PHASE, RunningTest, measured_of
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND


class Recording:
    """Puts the reports of a test together and writes one line when its last report is in.

    Without xdist this process runs the tests; with it, it is the controller, and the lane is the worker.
    """

    def __init__(
        self, writer: JournalWriter, header: JournalHeader, selected: Mapping[str, SelectedTest]
    ) -> None:
        self.header = header
        self._writer = writer
        self._selected = selected
        self._running: dict[tuple[str, str], RunningTest] = {}
        self._crashed_reruns: dict[str, int] = {}
        self._last_ended: dict[str, str] = {}
        self._now = time.perf_counter
        self._started = self._now()
        self._between = _BesideTests(self._now)
        self.busy: dict[str, int] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        selected = self._selected.get(nodeid)
        self._between.begin(None if selected is None else selected.key.file)
        if selected is not None:
            self._writer.begin(selected.key)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        lane = _lane_of(report)
        name = (lane, report.nodeid)
        running = self._running.get(name)
        is_running = running is not None
        if running is None:
            running = RunningTest(lane=lane, reruns=self._crashed_reruns.pop(report.nodeid, 0))
            self._running[name] = running
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
                self._end(running, report, amends=not is_running and self._last_ended.get(lane) == report.nodeid)

    def _end(self, running: RunningTest, report: pytest.TestReport, *, amends: bool = False) -> None:
        """*report* was the last one of the test, which *amends* what was written as its end before."""
        nodeid, lane = report.nodeid, running.lane
        del self._running[lane, nodeid]
        # Neither a dead worker nor a plugin that makes reports of its own sends anything along.
        measured = measured_of(report) or self._unmeasured(nodeid)
        if measured is None:
            return
        self._last_ended[lane] = nodeid
        test = running.finished(measured, nodeid)
        self.busy[lane] = self.busy.get(lane, 0) + test.duration
        if amends:
            self._writer.amend(test)
        else:
            self._writer.add(test)

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

    def _unmeasured(self, nodeid: str) -> Measured | None:
        """What is known of the test that was selected under that id; None of one that was not."""
        selected = self._selected.get(nodeid)
        if selected is None:
            return None
        file, tail = selected.key
        return file, tail, selected.stored_tail, selected.predicted, None, None, (), ()


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
