"""The report for a terminal: plain text without colour codes, at most 100 columns wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.summary import RunSummary, TimedItem
from pytest_smartshard.reports import bars, phrases
from pytest_smartshard.reports.display import shortened, wrapped
from pytest_smartshard.reports.rows import Row, headings, rows

WIDTH = 100
"""Columns of a line at most."""

_INDENT = "  "
_LABEL_CELLS = 60
_BAR_CELLS = 40
_BAR_CELLS_LEAST = 10
_NOTE_CELLS = len("  unfinished")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReport:
    """Plain text. ``ascii_only`` is for a terminal that cannot encode block characters."""

    ascii_only: bool = False

    def render(self, summaries: Sequence[RunSummary]) -> str:
        """The report of *summaries*, a blank line between segments; ends with a newline."""
        if not summaries:
            return f"{phrases.NOTHING}\n"
        return "\n".join("\n".join(self._segment(summary)) + "\n" for summary in summaries)

    def _segment(self, summary: RunSummary) -> Iterator[str]:
        yield from wrapped(phrases.headline(summary, self._label), WIDTH)
        yield from wrapped(phrases.size(summary), WIDTH)
        for warning in (phrases.disagreement(summary, self._label), phrases.absence(summary)):
            if warning:
                yield from wrapped(warning, WIDTH)
        yield from self._shards(summary)
        yield ""
        yield from wrapped(phrases.balance(summary), WIDTH)
        yield from wrapped(phrases.history(summary), WIDTH)
        if summary.binding is not None:
            yield from self._binding(summary.binding)
        if summary.mispredicted:
            yield from self._mispredicted(summary.mispredicted)
        if summary.alternatives:
            yield from _alternatives(summary)

    def _shards(self, summary: RunSummary) -> Iterator[str]:
        table = rows(summary)
        if not table:
            return
        lines = aligned([headings(summary), *(row.cells for row in table)])
        taken = len(lines[0]) + len(_INDENT) + _NOTE_CELLS + 1
        width = max(_BAR_CELLS_LEAST, min(_BAR_CELLS, WIDTH - taken))
        glyphs = bars.ASCII if self.ascii_only else bars.BLOCKS
        drawing = bars.bars_of(summary, width=width, glyphs=glyphs)
        yield ""
        yield lines[0]
        for line, row in zip(lines[1:], table, strict=True):
            yield f"{line}{_bar_and_note(row, drawing)}"
        if drawing.longest:
            yield phrases.legend(glyphs.mark if drawing.mark_at else "")

    def _binding(self, test: TimedItem) -> Iterator[str]:
        yield ""
        yield from wrapped(phrases.binding(test), WIDTH)
        yield f"{_INDENT}{self._name(test.name, WIDTH - len(_INDENT))}"

    def _mispredicted(self, tests: Sequence[TimedItem]) -> Iterator[str]:
        heads = phrases.MISPREDICTION_HEADINGS
        lines = aligned([heads[:-1], *(phrases.misprediction(test) for test in tests)])
        room = WIDTH - len(lines[0]) - 2 * len(_INDENT)
        names = [heads[-1], *(self._name(test.name, room) for test in tests)]
        yield ""
        yield f"{phrases.MISPREDICTIONS}:"
        for line, name in zip(lines, names, strict=True):
            yield f"{_INDENT}{line}{_INDENT}{name}".rstrip()

    def _label(self, name: str) -> str:
        return self._name(name, _LABEL_CELLS)

    def _name(self, name: str, limit: int) -> str:
        return shortened(name, limit, ascii_only=self.ascii_only)


def _alternatives(summary: RunSummary) -> Iterator[str]:
    yield ""
    yield f"{phrases.ALTERNATIVES}:"
    for other in summary.alternatives:
        yield f"{_INDENT}{phrases.alternative(other, summary.makespan)}"


def _bar_and_note(row: Row, drawing: bars.Bars) -> str:
    bar = "" if row.busy is None else drawing.draw(row.busy).rstrip()
    return "".join(f"{_INDENT}{part}" for part in (bar, row.note) if part)


def aligned(table: Sequence[tuple[str, ...]]) -> list[str]:
    """One line for each row; all columns flush right, two spaces between them."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [_INDENT.join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
