"""The report as GitHub-flavoured markdown, for the summary of a CI job."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.summary import RunSummary, TimedItem
from pytest_smartshard.reports import bars, phrases
from pytest_smartshard.reports.display import printable, shortened
from pytest_smartshard.reports.rows import Row, headings, rows

_NAME_CELLS = 200
_BAR_CELLS = 24
_UNSAFE_IN_CODE = re.compile(r"[`|\\<>&]|##|\A\s|\s\Z|\A\Z")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_MARKUP = re.compile(r"(?<![^\W_])_|_(?![^\W_])|[&<>`*\[\]\\|~$#]|(?<=www)\.|:(?=//)|\A +|\A *\d*[^\w\s]")


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
    return f"<code>{_PUNCTUATION.sub(_reference, shown)}</code>"


def prose(sentence: str) -> str:
    """A sentence that may hold names as one line of markdown in which nothing counts as markup."""
    referenced = _MARKUP.sub(_reference, printable(sentence))
    # A comment keeps addresses and names of users from becoming links.
    return referenced.replace("@", "@<!-- -->")


def table(heads: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table with all columns flush right but the last; cells are markdown."""
    rule = [*("---:" for _ in heads[:-1]), ":---"]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *body))


def _reference(match: re.Match[str]) -> str:
    return "".join(character if character.isalnum() else f"&#{ord(character)};" for character in match.group())


def _segment(summary: RunSummary) -> Iterator[str]:
    yield f"### {phrases.headline(summary, code)}"
    yield _own(phrases.size(summary))
    for warning in (phrases.disagreement(summary, code), phrases.absence(summary)):
        if warning:
            yield f"**Warning.** {warning}"
    yield from _shards(summary)
    yield _own(phrases.balance(summary))
    yield _own(phrases.history(summary))
    if summary.binding is not None:
        yield f"{_own(phrases.binding(summary.binding))} {code(summary.binding.name)}"
    if summary.mispredicted:
        yield f"#### {phrases.MISPREDICTIONS}"
        yield _mispredicted(summary.mispredicted)
    if summary.alternatives:
        yield f"#### {phrases.ALTERNATIVES}"
        others = (phrases.alternative(other, summary.makespan) for other in summary.alternatives)
        yield "\n".join(f"- {_own(other)}" for other in others)


def _shards(summary: RunSummary) -> Iterator[str]:
    found = rows(summary)
    if not found:
        return
    drawing = bars.bars_of(summary, width=_BAR_CELLS, glyphs=bars.SHADED)
    heads = (*headings(summary), phrases.BAR_HEADING)
    yield table(heads, [(*row.cells, _bar_and_note(row, drawing)) for row in found])
    if drawing.longest:
        yield phrases.legend(drawing.glyphs.mark if drawing.mark_at else "")


def _bar_and_note(row: Row, drawing: bars.Bars) -> str:
    bar = "" if row.busy is None or not drawing.longest else f"`{drawing.draw(row.busy)}`"
    return " ".join(part for part in (bar, row.note) if part)


def _mispredicted(tests: Sequence[TimedItem]) -> str:
    body = [(*phrases.misprediction(test), code(test.name)) for test in tests]
    return table(phrases.MISPREDICTION_HEADINGS, body)


def _own(sentence: str) -> str:
    """Our own words need escaping too: a share may read ``<1 %``."""
    return html.escape(sentence, quote=False)
