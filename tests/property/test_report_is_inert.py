"""Law 7: whatever a test is called or prints, the reports of a merge show it, and nothing acts on it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from merged_runs import bad_run

from pytest_smartshard.reports.display import log_line, printable
from pytest_smartshard.reports.markdown import prose
from pytest_smartshard.reports.merge_json import merge_json
from pytest_smartshard.reports.merge_markdown import merge_markdown
from pytest_smartshard.reports.verdict import verdict_lines

PIECES = (
    "`", "``", "|", "\\|", "\\", "<b>", "</code>", "</pre>", "</details>", "<!--", "-->", "&#124;", "&lt;",
    "*", "**", "_", "__", "~~", "[a](https://x.y)", "![a](b)", "https://example.com", "www.example.com",
    "a@b.cd", "@user", "#1", "# ", "- ", "1. ", "> ", "```", "    ", "\t", "\n", "\r\n", "\n\n", "::error::",
    "::", "##[error]", "##vso[a.b]", "##teamcity[x 'y']", "\x1b[31m", "\x00", "\x85", "\u2028", "\u202e",
    "\ud800", "é", "試", "E   ", "$x$", "a", " ",
)  # fmt: skip
NAMES = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=12).map("".join)

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


class _Shape(HTMLParser):
    """The elements of a page, and the text in each of those that hold names."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.elements.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data


def shape(name: str, details: str) -> _Shape:
    return _Shape(READER.render(merge_markdown(bad_run(name, details))))


@given(NAMES, NAMES)
@example("::error::x", "##vso[task.complete]\n::error::y")
@example("</code></summary><script>", "</pre>\n\n<script>alert(1)</script>")
def test_a_page_has_the_elements_that_it_always_has(name: str, details: str) -> None:
    assert shape(name, f"E   said\n{details}").elements == shape("x", "E   said\nx").elements


@given(NAMES)
def test_a_sentence_is_shown_as_it_is(text: str) -> None:
    shown = _Shape(READER.render(f"- {prose(f'a{text}z')}"))
    assert shown.elements == ["ul", "li", "/li", "/ul"]
    assert "".join(shown.texts).strip() == printable(f"a{text}z")


@given(NAMES)
def test_a_sentence_that_begins_with_a_name_is_no_block(text: str) -> None:
    said = prose(text)
    assert _Shape(READER.render(f"- {said}")).elements == ["ul", "li", "/li", "/ul"]


def is_command(line: str) -> bool:
    """Whether GitHub Actions, Azure Pipelines or TeamCity would act on a line of a log."""
    return line.lstrip().startswith("::") or re.search(r"##(\w*)\[", line) is not None


@given(NAMES, NAMES)
def test_no_line_of_a_report_or_of_the_log_is_a_command(name: str, details: str) -> None:
    merged = bad_run(name, details)
    printed = [log_line(line) for line in verdict_lines(merged)]
    assert all(line.isprintable() for line in printed)
    for text in (*printed, merge_markdown(merged), merge_json(merged)):
        assert not any(map(is_command, re.split(r"[\r\n]", text)))


@given(NAMES)
def test_a_line_of_the_log_says_what_there_is(text: str) -> None:
    assert log_line(text).replace(r"\x3a", ":").replace(r"\x23", "#") == printable(text).replace(
        r"\x3a", ":"
    ).replace(r"\x23", "#")
    assert not is_command(log_line(text))
    assert log_line(log_line(text)) == log_line(text)
