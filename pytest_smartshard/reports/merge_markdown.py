"""What became of a merged run, for people: GitHub-flavoured markdown, for the summary of the job that merges.

What is wrong comes first. A summary may have 1 MiB on GitHub, so the page has a bound, and says what it left out.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import field, replace

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.merged import MergedRun, MergedSegment, StoreChange
from pytest_smartshard.model.proof import CountedTest, Verdict
from pytest_smartshard.model.record import CRASHED, ERROR, TIMED_OUT
from pytest_smartshard.reports import phrases
from pytest_smartshard.reports.display import printable, shortened
from pytest_smartshard.reports.markdown import MarkdownReport, code, prose, table
from pytest_smartshard.reports.reasons import reason_of, without_colours
from pytest_smartshard.reports.verdict import coverage_line, headline, verdict_lines
from pytest_smartshard.wording import listed, plural, seconds

MOST_BYTES = 512 * 1024
"""Of the whole page, in UTF-8."""

MOST_DETAILS = 50
"""Tracebacks that are shown."""

LONGEST_DETAILS = 8_000
"""Characters of one of them."""

MOST_ROWS = 50
"""Of a table of tests."""

MOST_CHANGES = 10
MOST_NOTES = 50

_CLOSING_BYTES = 1024
_NAME_CELLS = 200
_COMMAND_AT_START = re.compile(r"^( *):(?=:)")
_HEADINGS = {
    Verdict.GREEN: "✅ Proved and green",
    Verdict.RED: "❌ Proved and red",
    Verdict.STOPPED: "❌ Stopped before the end",
    Verdict.UNPROVED: "❌ Not proved",
}
_WORDS = {ERROR: "had an error", CRASHED: "crashed its worker", TIMED_OUT: "timed out"}
_FAILED = "failed"


@dataclass(slots=True)
class _Page:
    """Blocks of markdown as long as there is room; what there is none for is counted by what it is."""

    room: int = MOST_BYTES - _CLOSING_BYTES
    blocks: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def add(self, block: str, what: str = "section", *, under: str = "") -> bool:
        """Add *block*, with a heading *under* which it stands if it is the first there."""
        size = sum(len(part.encode("utf-8")) + 2 for part in (under, block))
        if size > self.room:
            self.miss(what)
            return False
        self.room -= size
        self.blocks.extend(filter(None, (under, block)))
        return True

    def miss(self, what: str, count: int = 1) -> None:
        if count > 0:
            self.left_out[what] = self.left_out.get(what, 0) + count

    def text(self) -> str:
        if self.left_out:
            names = listed([plural(count, what) for what, count in self.left_out.items()], most=10)
            self.blocks.append(f"Left out, because a summary may not be longer: {names}. `report.json` has all.")
        return "".join(map(_separated, ["", *self.blocks], self.blocks)) + "\n"


def _separated(before: str, block: str) -> str:
    """*block* and what divides it from the one before it: items of one list stand close together."""
    if not before:
        return block
    return f"\n{block}" if before.startswith("- ") and block.startswith("- ") else f"\n\n{block}"


def merge_markdown(merged: MergedRun) -> str:
    """The page, less than :data:`MOST_BYTES` long; ends with a newline."""
    page = _Page()
    page.add(f"## {_HEADINGS[merged.verdict]}: run {code(merged.run)}")
    for line in _said(merged):
        page.add(f"- {prose(line)}", "sentence")
    _add_failures(page, merged)
    _add_errors(page, merged)
    _add_flaky(page, merged)
    for segment in merged.segments:
        if segment.summaries:
            page.add(MarkdownReport().render(segment.summaries).rstrip("\n"), "table of shards")
        _add_slowest(page, segment)
        if segment.store is not None:
            _add_changes(page, segment.store)
    _add_notes(page, merged)
    return page.text()


def _said(merged: MergedRun) -> list[str]:
    """The verdict on each segment, and what is wrong; the log of the merge says the same."""
    proofs = (segment.proof for segment in merged.segments)
    complete = [f"{proof.segment.slug}: {headline(proof)}" for proof in proofs if proof.is_complete]
    wrong = verdict_lines(replace(merged, notes=(), others=()), quiet=True)
    is_met = merged.coverage is not None and merged.coverage.is_met
    return [*complete, *wrong, *([coverage_line(merged)] if is_met else [])]


def _add_failures(page: _Page, merged: MergedRun) -> None:
    failed = [
        (segment, counted) for segment in merged.segments for counted in segment.proof.counted if counted.is_red
    ]
    heading = f"### {plural(len(failed), 'failed test')}"
    for segment, counted in failed[:MOST_DETAILS]:
        where = f" of {_named(segment.proof.segment.slug)}" if len(merged.segments) > 1 else ""
        test = counted.test
        said = (
            f"{_named(str(test.key))} {_WORDS.get(test.outcome, _FAILED)} in shard {counted.shard}{where}"
            f"{_time_of(counted)}"
        )
        if page.add(_folded(said, test.details), "failed test", under=heading):
            heading = ""
    page.miss("failed test", len(failed) - MOST_DETAILS)


def _time_of(counted: CountedTest) -> str:
    generation = f", generation {counted.generation}" if counted.generation else ""
    attempt = f", attempt {counted.attempt}" if counted.attempt > 1 else ""
    reruns = f", after {plural(counted.test.reruns, 'rerun')}" if counted.test.reruns else ""
    return f"{generation}{attempt}{reruns}"


def _add_errors(page: _Page, merged: MergedRun) -> None:
    errors = [error for segment in merged.segments for error in segment.proof.errors]
    heading = "### Not collected"
    for error in errors[:MOST_DETAILS]:
        if page.add(_folded(_named(error.node), error.details), "collection error", under=heading):
            heading = ""
    page.miss("collection error", len(errors) - MOST_DETAILS)


def _folded(said: str, details: str) -> str:
    """What a click on *said*, which is HTML, unfolds."""
    reason = reason_of(details)
    summary = f"{said}<br>{_named(reason)}" if reason else said
    return f"<details>\n<summary>{summary}</summary>\n\n<pre>{_preformatted(details)}</pre>\n\n</details>"


def _preformatted(details: str) -> str:
    """Text as it is, line by line, for a place where only HTML counts."""
    text = without_colours(details)
    if len(text) > LONGEST_DETAILS:
        half = LONGEST_DETAILS // 2
        left_out = f"… {len(text) - 2 * half:,} characters left out …"
        text = f"{text[:half]}\n{left_out}\n{text[-half:]}"
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    safe = html.escape(printable(line.rstrip("\r").expandtabs()), quote=False)
    # Whoever prints the page into the log of a CI job must not run a command with it.
    return _COMMAND_AT_START.sub(r"\1&#58;", safe).replace("##", "&#35;#")


def _named(name: str) -> str:
    """*name* for a place where only HTML counts."""
    return f"<code>{_line(shortened(name, _NAME_CELLS))}</code>"


def _add_flaky(page: _Page, merged: MergedRun) -> None:
    flaky = [counted for segment in merged.segments for counted in segment.proof.counted if counted.is_flaky]
    if not flaky:
        return
    rows = [(str(counted.shard), _course(counted), code(str(counted.test.key))) for counted in flaky[:MOST_ROWS]]
    heading = f"### {plural(len(flaky), 'flaky test')}"
    page.add(table(("Shard", "Outcomes", "Test"), rows), "flaky test", under=heading)
    page.miss("flaky test", len(flaky) - MOST_ROWS)


def _course(counted: CountedTest) -> str:
    """All outcomes of a test from the first to the one that counts. They are words of ours."""
    before = [f"{earlier.outcome} in attempt {earlier.attempt}" for earlier in counted.earlier]
    reruns = [f"{_FAILED} {counted.test.reruns} ×"] if counted.test.reruns else []
    return ", ".join([*before, *reruns, f"then {counted.test.outcome}"])


def _add_slowest(page: _Page, segment: MergedSegment) -> None:
    if segment.slowest:
        rows = [(*phrases.misprediction(test), code(test.name)) for test in segment.slowest]
        page.add(table(phrases.MISPREDICTION_HEADINGS, rows), "list of slowest tests", under="#### Slowest tests")


def _add_changes(page: _Page, change: StoreChange) -> None:
    page.add("\n".join(_changes(change)), "list of changes", under="#### What changed in the store")


def _changes(change: StoreChange) -> Iterator[str]:
    said = [
        f"{plural(change.added, 'test')} added" if change.added else "",
        f"{plural(change.dropped, 'test')} dropped" if change.dropped else "",
        f"{plural(len(change.changed), 'test')} with another cost than expected" if change.changed else "",
    ]
    yield f"{', '.join(filter(None, said)) or 'No test came or went'}; {plural(change.tests, 'test')} in all."
    if change.changed:
        yield ""
        rows = [
            (seconds(before), seconds(after), code(str(key)))
            for key, before, after in change.changed[:MOST_CHANGES]
        ]
        yield table(("Before", "Now", "Test"), rows)


def _add_notes(page: _Page, merged: MergedRun) -> None:
    notes = list(merged.notes)
    if merged.others:
        notes.append(f"Journals of other runs were left out: {listed(list(merged.others), 10)}")
    if notes:
        block = "\n".join(f"- {prose(note)}" for note in notes[:MOST_NOTES])
        page.add(block, "note", under="### Notes")
    page.miss("note", len(notes) - MOST_NOTES)
