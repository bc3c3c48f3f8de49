"""The report as GitHub-flavoured markdown, for the summary of a CI job."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_smartshard.model.summary import RunSummary, TimedItem
from pytest_smartshard.reports import bars, phrases
from pytest_smartshard.reports.display import shortened
from pytest_smartshard.reports.rows import Row, headings, rows

_NAME_CELLS = 200
_BAR_CELLS = 24
_UNSAFE_IN_CODE = re.compile(r"[`|\\<>&]|\A\s|\s\Z|\A\Z")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


@dataclass(frozen=True, slots=True)
class MarkdownReport:
    """Headings, tables and lists; the words are those of the text report."""

    def render(self, summaries: Sequence[RunSummary]) -> str:
        """The report of *summaries*, a heading for each segment; ends with a newline."""
        if not summaries:
            return f"{phrases.NOTHING}\n"
        blocks = [block for summary in summaries for block in _segment(summary)]
        return "\n\n".join(blocks) + "\n"


def code(name: str) -> str:
    """*name* as inline code that nothing in it can end, also inside a table cell.

    A code span where the name is harmless. Otherwise an HTML element in which all punctuation is written as
    character references: those never count as markup, while renderers disagree on backslashes before pipes.
    """
    shown = shortened(name, _NAME_CELLS)
    if not _UNSAFE_IN_CODE.search(shown):
        return f"`{shown}`"
    safe = _PUNCTUATION.sub(lambda match: f"&#{ord(match.group())};", shown)
    return f"<code>{safe}</code>"


def _segment(summary: RunSummary) -> Iterator[str]:
    yield f"### {phrases.headline(summary, code)}"
    yield _prose(phrases.size(summary))
    for warning in (phrases.disagreement(summary, code), phrases.absence(summary)):
        if warning:
            yield f"**Warning.** {warning}"
    yield from _shards(summary)
    yield _prose(phrases.balance(summary))
    yield _prose(phrases.history(summary))
    if summary.binding is not None:
        yield f"{_prose(phrases.binding(summary.binding))} {code(summary.binding.name)}"
    if summary.mispredicted:
        yield f"#### {phrases.MISPREDICTIONS}"
        yield _mispredicted(summary.mispredicted)
    if summary.alternatives:
        yield f"#### {phrases.ALTERNATIVES}"
        others = (phrases.alternative(other, summary.makespan) for other in summary.alternatives)
        yield "\n".join(f"- {_prose(other)}" for other in others)


def _shards(summary: RunSummary) -> Iterator[str]:
    table = rows(summary)
    if not table:
        return
    drawing = bars.bars_of(summary, width=_BAR_CELLS, glyphs=bars.SHADED)
    heads = (*headings(summary), phrases.BAR_HEADING)
    yield _table(heads, [(*row.cells, _bar_and_note(row, drawing)) for row in table])
    if drawing.longest:
        yield phrases.legend(drawing.glyphs.mark if drawing.mark_at else "")


def _bar_and_note(row: Row, drawing: bars.Bars) -> str:
    bar = "" if row.busy is None or not drawing.longest else f"`{drawing.draw(row.busy)}`"
    return " ".join(part for part in (bar, row.note) if part)


def _mispredicted(tests: Sequence[TimedItem]) -> str:
    table = [(*phrases.misprediction(test), code(test.name)) for test in tests]
    return _table(phrases.MISPREDICTION_HEADINGS, table)


def _table(heads: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table with all columns flush right but the last."""
    rule = [*("---:" for _ in heads[:-1]), ":---"]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *body))


def _prose(sentence: str) -> str:
    """Our own words need escaping too: a share may read ``<1 %``."""
    return html.escape(sentence, quote=False)
