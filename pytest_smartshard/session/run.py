"""One process that runs or controls one shard: from the part that was selected to the last line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_smartshard.errors import NewerFormat
from pytest_smartshard.journal.plan_file import plan_text
from pytest_smartshard.model.part import ShardPart
from pytest_smartshard.model.record import CollectionError, JournalHeader
from pytest_smartshard.model.segment import RunIdentity
from pytest_smartshard.model.shared import START_UP, WHOLE_SUITE
from pytest_smartshard.operations.opening import (
    finished_shards,
    has_seen_other_tests,
    open_journal,
    open_run_by_other_plan,
)
from pytest_smartshard.session import phrases
from pytest_smartshard.session.outcomes import bounded
from pytest_smartshard.session.recording import LimitsNow, Recording
from pytest_smartshard.session.start import Start
from pytest_smartshard.store.replacing import replace

if TYPE_CHECKING:
    from pytest_smartshard.session.watchdog import WatchedFile

NO_TESTS_COLLECTED = int(pytest.ExitCode.NO_TESTS_COLLECTED)


class ShardRun:
    """Opens the journal once the part is known, closes it at the end, and tells the user about both."""

    def __init__(self, config: pytest.Config, start: Start, *, controls_lanes: bool) -> None:
        self._config = config
        self._start = start
        self._shard = start.shard
        self._controls_lanes = controls_lanes
        self._part: ShardPart | None = None
        self._recording: Recording | None = None
        self._limits = LimitsNow()
        self._collection_errors: list[CollectionError] = []
        self._notes: list[str] = []
        self._closing: list[str] = []
        self._coverage = False
        self._fail_under = 0.0

    @property
    def lanes(self) -> int:
        """Workers that this shard really has; what is written down, not what is planned with."""
        return max(1, len(self._config.getoption("tx", None) or ())) if self._controls_lanes else 1

    @property
    def journal(self) -> Path | None:
        """The journal that is being written; None where there is none, or not yet."""
        return self._recording.journal if self._recording is not None else None

    def know_limits(self, limits: LimitsNow) -> None:
        """To be called before anything is recorded."""
        self._limits = limits

    def stop(self, nodeid: str, told: str) -> None:
        """The process is about to be ended because that test goes beyond its limit."""
        if self._recording is not None:
            self._recording.stop(nodeid, told)

    def watched_in(self, *_: object) -> WatchedFile | None:
        """The file in which a watchdog is to leave what it found; None where there is none."""
        return self._recording.watched if self._recording is not None else None

    def say(self, line: str) -> None:
        """Have *line* printed at the end of the run."""
        self._closing.append(line)

    def note_coverage(self, fail_under: float) -> None:
        """Have the journal say that coverage is measured, and to what percentage this run was not held."""
        self._coverage = True
        self._fail_under = fail_under

    @property
    def _is_empty_part_of_more(self) -> bool:
        """Whether the suite has tests, but none for this shard."""
        return self._part is not None and self._part.is_empty_part_of_more

    def on_part(self, part: ShardPart) -> None:
        """Begin recording, now that it is known what this shard runs."""
        self._part = part
        if self._start.settings.plan_out is not None:
            self._write_plan(self._start.settings.plan_out, part)
        if self._start.records:
            self._open_journal(part)

    def collected_lines(self) -> list[str]:
        """Said when collection is done."""
        if self._part is None:
            return []
        lines = [
            *(f"smartshard: {note}" for note in [*self._start.notes, *self._notes]),
            phrases.collected_line(self._shard, self._start.settings.segment, self._part),
        ]
        lines.append(phrases.unfamiliar_line(self._part, self._start.history.origin))
        lines.append(phrases.empty_line(self._shard, self._part, is_rest=self._start.rerun is not None))
        return [line for line in lines if line]

    def pytest_report_collectionfinish(self) -> list[str]:
        return self.collected_lines()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            details = bounded(report.longreprtext)
            self._collection_errors.append(CollectionError(node=report.nodeid, details=details))

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Iterator[None]:
        """The innermost wrapper: other plugins have done what they do, and pytest has not summed up yet.

        They may make the run red here, or fail; a footer that was written before would say that all is well.
        """
        if int(exitstatus) == NO_TESTS_COLLECTED and self._is_empty_part_of_more:
            session.exitstatus = pytest.ExitCode.OK
        try:
            yield
        except BaseException as error:
            self._end(session, exitstatus, _exit_code_after(error, session))
            raise
        if self._recording is not None and self._part is not None:
            self._end(session, exitstatus, int(session.exitstatus))
            self._close(self._recording, self._part)

    def _end(self, session: pytest.Session, exitstatus: int, exit_code: int) -> None:
        """Write the footer. *exitstatus* is what became of the tests, *exit_code* of the process."""
        if self._recording is not None and self._part is not None:
            left = len(self._part.selected) - self._recording.ran
            self._recording.close(exit_code, self._stop_reason(session, int(exitstatus), left))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._part is None:
            if self._controls_lanes and self._start.records:
                terminalreporter.write_line("smartshard: nothing was recorded: no worker said what it was to run")
            return
        lines = list(self._closing)
        unfamiliar = phrases.unfamiliar_line(self._part, self._start.history.origin)
        if lines or unfamiliar:
            terminalreporter.section("smartshard", "-")
        if unfamiliar:
            terminalreporter.write_line(unfamiliar, yellow=True)
        for line in lines:
            terminalreporter.write_line(line)
        if self._start.settings.report and self._recording is not None:
            terminalreporter.write_line("")
            terminalreporter.write_line(self._report(self._recording).rstrip("\n"))

    def _report(self, recording: Recording) -> str:
        # Few runs ask for a report; the others save 20 ms.
        from pytest_smartshard.journal.run_folder import journals_in
        from pytest_smartshard.operations.gathering import read_journals
        from pytest_smartshard.operations.summarising import summarise
        from pytest_smartshard.session.reporting import rendered

        try:
            journals, _ = read_journals(journals_in(recording.journal.parent))
        except NewerFormat as newer:
            return f"no report: {newer.path} has format {newer.found}, newest known here is {newer.known}"
        return rendered(summarise(journals), self._start.settings.report_format)

    def pytest_unconfigure(self) -> None:
        if self._recording is not None:
            self._recording.abandon()

    def _open_journal(self, part: ShardPart) -> None:
        settings, rerun = self._start.settings, self._start.rerun
        run = rerun.run if rerun else settings.run
        header = JournalHeader(
            segment=settings.segment,
            identity=RunIdentity(run=run or "", generation=rerun.generation if rerun else 0),
            shard=self._shard,
            digest=part.plan.digest,
            collection=part.collection,
            inventory=part.inventory.digest,
            pruned=part.pruned,
            start_up=part.start_up,
            store=self._start.history.digest,
            basis=rerun.rest.digest if rerun else "",
            coverage=self._coverage,
            fail_under=self._fail_under,
            junit=self._junit_facts(),
            started=self._start.started,
            selected=len(part.selected),
            predicted=self._load(part),
            known=part.known,
            lanes=self.lanes,
            options=settings.origins,
            versions=self._start.versions,
        )
        try:
            writer, written = open_journal(
                settings.home,
                header,
                part,
                self._collection_errors,
                run=run,
                attempt=settings.attempt,
            )
        except OSError as error:
            self._closing.append(f"nothing was recorded, because {settings.home} cannot be written: {error}")
            return
        self._recording = Recording(writer, written, {test.nodeid: test for test in part.selected}, self._limits)
        self._config.pluginmanager.register(self._recording, "smartshard-recording")
        if self._writes_junit:
            from pytest_smartshard.session.junit import keep_junit

            keep_junit(self._config, writer.path, self._closing.append)

    @property
    def _writes_junit(self) -> bool:
        return bool(self._config.getoption("xmlpath", None))

    def _junit_facts(self) -> Mapping[str, str]:
        if not self._writes_junit:
            return {}
        from pytest_smartshard.session.junit import junit_facts  # Runs without a file of that kind do without it.

        return junit_facts(self._config)

    def _write_plan(self, path: Path, part: ShardPart) -> None:
        """For ``--shard-plan-out``. Who asked for a plan and gets none must not take the run for a good one."""
        try:
            replace(path, plan_text(part.plan).encode("ascii"))
        except OSError as error:
            origin = self._start.settings.origins["shard_plan_out"]
            raise pytest.UsageError(
                f"{origin}: cannot be written ({error.strerror}); name a file in a folder of yours"
            ) from error
        self._notes.append(f"the plan is in {path}")

    def _load(self, part: ShardPart) -> int:
        """Predicted microseconds of this shard's slowest lane, 0 where nothing is known."""
        forecast = part.plan.forecast
        return forecast.loads[self._shard.number - 1] if forecast.known else 0

    def _close(self, recording: Recording, part: ShardPart) -> None:
        self._closing.append(self._outcome_line(recording, part))
        self._closing.extend(phrases.beyond_lines(recording.beyond))
        if recording.failure:
            self._closing.append(
                f"the journal is incomplete: {recording.journal} cannot be written: {recording.failure}"
            )
        self._closing.extend(self._take_in(recording))

    def _outcome_line(self, recording: Recording, part: ShardPart) -> str:
        predicted = self._load(part)
        if predicted and not self._knows_start_up:
            return phrases.outcome_line(
                self._shard, predicted, max(recording.busy.values(), default=0), "in tests"
            )
        actual = part.start_up + part.collecting + recording.slowest_lane
        return phrases.outcome_line(self._shard, predicted, actual, "taken")

    @property
    def _knows_start_up(self) -> bool:
        """Whether a shard's predicted time is that of all it does; an imported history knows tests only."""
        known = self._start.history.shared.get(WHOLE_SUITE)
        return known is not None and START_UP in known.tails

    def _take_in(self, recording: Recording) -> Sequence[str]:
        """Once the last shard has finished here, the store learns what the run measured.

        Not before: shards started one after another on one machine must all plan by the same store.
        """
        folder = recording.journal.parent
        finished = finished_shards(folder, recording.header)
        if len(finished) < self._shard.count and self._shard.count > 1:
            run = folder.parent.name
            lines = [f"{len(finished)} of {self._shard.count} shards of run {run} have finished here"]
            other = open_run_by_other_plan(self._start.settings.home, recording.header)
            if other is not None and self._start.settings.run is None:
                lines.append(
                    f"WARNING: run {other} before it lacks shards too, and followed another plan; the shards of "
                    "both do not add up to the suite, so start all of them again"
                )
            if has_seen_other_tests(folder, recording.header):
                lines.append(
                    f"WARNING: the shards of run {run} collected different tests, so some may run twice or "
                    "never; see that all have the same tests, with the same ids in every process"
                )
            return lines
        # The last shard of a machine alone needs it.
        from pytest_smartshard.session.merging import take_in_apart

        rerun = self._start.rerun
        return take_in_apart([folder, *([rerun.path] if rerun else [])], self._start.settings)

    def _stop_reason(self, session: pytest.Session, exitstatus: int, left: int) -> str:
        """What kept tests from running, ``""`` where all could; *left* of those selected have not."""
        if self._collection_errors:
            return "errors during collection"
        if not left:
            return ""
        for stop in (session.shouldfail, session.shouldstop):
            if stop:
                return str(stop)
        if exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR):
            return "interrupted" if exitstatus == pytest.ExitCode.INTERRUPTED else "internal error"
        return ""


def _exit_code_after(error: BaseException, session: pytest.Session) -> int:
    """What the process ends with where *error* comes out of the end of the session."""
    if isinstance(error, pytest.exit.Exception):
        return int(session.exitstatus if error.returncode is None else error.returncode)
    return int(pytest.ExitCode.INTERNAL_ERROR)
