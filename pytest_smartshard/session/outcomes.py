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
    SKIPPED,
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

    def add(self, report: pytest.TestReport) -> None:
        """Take in one report. A subtest's tells of its outcome only: its time is part of the whole test's."""
        if is_subtest(report):
            if report.failed:
                self._fail(FAILED, report)
            return
        if report.when == "setup":
            self.start_over()
        if str(report.outcome) == "rerun":
            self.reruns += 1
            self.again = True
        # A test that sets the clock may leave a phase with less than no time.
        self.times[str(report.when)] = max(0, round(report.duration * MICROSECONDS_PER_SECOND))
        if report.failed:
            self._fail(_failure(report), report)
        elif report.skipped and self.outcome == PASSED:
            expected = hasattr(report, "wasxfail")
            self.outcome = XFAILED if expected else SKIPPED
            self.details.append(str(report.wasxfail) if expected else _skip_reason(report))
        elif report.when == "call" and hasattr(report, "wasxfail") and self.outcome == PASSED:
            self.outcome = XPASSED

    def finished(self, measured: Measured, nodeid: str) -> FinishedTest:
        key = ItemKey(measured["file"], measured["tail"])
        before = shared_times(measured.get("shared_before", []))
        # Only the last run's time is told; what the others paid for all tests was not in vain, and is set-up.
        paid_before = sum(shared.setup + shared.teardown for shared in before)
        return FinishedTest(
            key=key,
            stored_tail=measured["stored"],
            outcome=self.outcome,
            setup=self.times.get("setup", 0) + paid_before,
            call=self.times.get("call", 0),
            teardown=self.times.get("teardown", 0),
            cpu=measured["cpu"],
            memory=measured["memory"],
            predicted=measured["predicted"],
            reruns=self.reruns,
            lane=self.lane,
            details=bounded("\n".join(self.details)),
            nodeid=nodeid if nodeid != str(key) else "",
            shared=before + shared_times(measured.get("shared", [])),
        )

    def _fail(self, outcome: str, report: pytest.TestReport) -> None:
        if self.outcome not in (FAILED, ERROR, CRASHED):
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
    return hasattr(context, "msg") and hasattr(context, "kwargs")


def _failure(report: pytest.TestReport) -> str:
    if str(report.when) == CRASH_PHASE:
        return CRASHED
    return FAILED if report.when == "call" else ERROR


def _skip_reason(report: pytest.TestReport) -> str:
    longrepr = report.longrepr
    return str(longrepr[2]) if isinstance(longrepr, tuple) else report.longreprtext
