"""From the reports of a test to one finished test, whatever reran, crashed or had subtests."""

from __future__ import annotations

from dataclasses import field

import pytest

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.record import (
    CRASHED,
    ERROR,
    FAILED,
    PASSED,
    RED,
    SKIPPED,
    TIMED_OUT,
    XFAILED,
    XPASSED,
    FinishedTest,
)
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.session.fixture_costs import shared_times
from pytest_smartshard.session.measuring import MEASURED, Measured
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

LONGEST_DETAILS = 16_000
"""Characters kept of a failure's traceback and output together."""

STOPPED = "_smartshard_stopped"
"""Attribute of the report of a phase that was stopped at the test's limit; it survives the way from a worker."""

SECTION = "Timeout"
"""Title of the part of a failure's report that says what the limit was and what all threads were doing."""

CRASH_PHASE = "???"
"""Phase of the report that xdist makes for the test a worker died in."""


@dataclass(slots=True)
class RunningTest:
    """What the reports of one test have said so far."""

    lane: str = ""
    outcome: str = PASSED
    times: dict[str, int] = field(default_factory=dict)
    reruns: int = 0
    again: bool = False
    details: list[str] = field(default_factory=list)

    def start_over(self) -> None:
        """Forget a run that a plugin repeats: only the last one counts, and that there were others."""
        self.outcome, self.again = PASSED, False
        self.times.clear()
        self.details.clear()

    def add(self, report: pytest.TestReport) -> float:
        """Take in one report, and return the seconds of its phase.

        A subtest's tells of its outcome only: its time is part of the whole test's.
        """
        if is_subtest(report):
            if report.failed:
                self._fail(FAILED, report)
            return 0.0
        phase = str(report.when)
        if phase == "setup":
            self.start_over()
        # A test that sets the clock may leave a phase with less than no time.
        seconds = max(0.0, report.duration)
        self.times[phase] = round(seconds * MICROSECONDS_PER_SECOND)
        if report.outcome != PASSED or hasattr(report, "wasxfail"):
            self._add_remarkable(report)
        return seconds

    def _add_remarkable(self, report: pytest.TestReport) -> None:
        """What a phase that did not just pass says of the outcome."""
        if str(report.outcome) == "rerun":
            self.reruns += 1
            self.again = True
        if report.failed:
            self._fail(_failure(report), report)
        elif report.skipped and self.outcome == PASSED:
            expected = hasattr(report, "wasxfail")
            self.outcome = XFAILED if expected else SKIPPED
            self.details.append(str(report.wasxfail) if expected else _skip_reason(report))
        elif report.when == "call" and hasattr(report, "wasxfail") and self.outcome == PASSED:
            self.outcome = XPASSED

    def finished(self, measured: Measured, nodeid: str) -> FinishedTest:
        file, tail, stored_tail, predicted, cpu, memory, shared, shared_before, limit = measured
        key, times = ItemKey(file, tail), self.times
        # Only the last run's time is told; what the others paid for all tests was not in vain, and is set-up.
        paid_before = sum(setup + teardown for _, _, setup, teardown in shared_before) if shared_before else 0
        return FinishedTest(
            key=key,
            stored_tail=stored_tail,
            outcome=self.outcome,
            setup=times.get("setup", 0) + paid_before,
            call=times.get("call", 0),
            teardown=times.get("teardown", 0),
            cpu=cpu,
            memory=memory,
            predicted=predicted,
            reruns=self.reruns,
            lane=self.lane,
            details=bounded("\n".join(self.details)) if self.details else "",
            nodeid=nodeid if nodeid != str(key) else "",
            shared=shared_times(shared_before + shared),
            limit=limit,
        )

    def _fail(self, outcome: str, report: pytest.TestReport) -> None:
        if self.outcome not in RED or outcome == TIMED_OUT:
            self.outcome = outcome
        self.details.append(report.longreprtext)
        self.details.extend(f"--- {title} ---\n{text}" for title, text in report.sections)


def bounded(text: str) -> str:
    """The first and last part of what is too long."""
    if len(text) <= LONGEST_DETAILS:
        return text
    half = LONGEST_DETAILS // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"


def measured_of(report: pytest.TestReport) -> Measured | None:
    """What the process that ran the test sent along, on tear-down reports."""
    return getattr(report, MEASURED, None)


def is_subtest(report: pytest.TestReport) -> bool:
    """Both pytest's own subtests and those of pytest-subtests carry their context."""
    context = getattr(report, "context", None)
    return context is not None and hasattr(context, "msg") and hasattr(context, "kwargs")


def _failure(report: pytest.TestReport) -> str:
    if getattr(report, STOPPED, False):
        return TIMED_OUT
    if str(report.when) == CRASH_PHASE:
        return CRASHED
    return FAILED if report.when == "call" else ERROR


def _skip_reason(report: pytest.TestReport) -> str:
    longrepr = report.longrepr
    return str(longrepr[2]) if isinstance(longrepr, tuple) else report.longreprtext
