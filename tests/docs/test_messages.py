"""Every message has an entry in the page of messages, and every entry is a message."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import pytest_smartshard

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "messages.md", DOCS / "reference" / "doctor.md")
"""The page of messages, and that of what a command finds."""

PACKAGE = Path(pytest_smartshard.__file__).parent

GAP = "\0"
"""Stands where a value goes into a sentence."""

FEWEST_WORDS = 3

ASIDE = ("ValueError", "TypeError", "addinivalue_line")
"""Calls whose texts are details of other messages, or documented elsewhere."""

_WORD = re.compile(r"[A-Za-z]{2,}")

NO_MESSAGES = frozenset(
    {
        "checked.py",  # details of a file that is set aside
        "cli/store_json.py",
        "cli/store_text.py",  # what is shown of a store; all of it is in the page of the command line
        "combine/junit_cases.py",  # pytest's words, for a test case
        "combine/junit_matching.py",  # looks for them
        "errors.py",  # what an error is called where nobody words it
        "journal/plan_file.py",  # its reader says only that the plan cannot be read
        "operations/examining/configuration.py",  # patterns only
        "lazy_dataclasses.py",  # code that is compiled, and words of dataclasses
        "plugin.py",  # pytest's own help
        "settings/options.py",  # help texts, in the page of options
        "proving/samples.py",  # details of a store that is set aside
        "providers/dialects.py",  # commands around annotations, in the page of providers
        "providers/table.py",  # what to write for each CI system; all of it is in the page of providers
        "reports/as_json.py",
        "reports/bars.py",
        "reports/display.py",
        "reports/markdown.py",
        "reports/merge_json.py",
        "reports/merge_markdown.py",  # headings and tables around the sentences of a merge
        "reports/rows.py",
        "reports/text.py",
    }
)

NO_MESSAGE = (
    "# Written by pytest-smartshard",  # a file's first line
    "characters left out",  # within a traceback
    "a folder with a file for each segment",  # help
    "Text | Items | Block",  # a type
)

REPORT = "reports/phrases.py"
REPORT_WARNINGS = ("Missing: ", "The shards planned differently", "Nothing to report")
"""Of the sentences of a report those that say that something is wrong; the page of reports has the others."""


def sentences(leave_out: frozenset[str]) -> dict[str, str]:
    """Every text in the code that reads like a sentence, with the place where it stands.

    Docstrings, help texts and the details of built-in errors, which appear only within other messages, are no
    messages. *leave_out* names modules that make none.
    """
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name in leave_out:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in _texts(tree, _passed_over(tree)):
            text = template(node)
            if len(_WORD.findall(text.replace(GAP, " "))) >= FEWEST_WORDS and " " in text.strip():
                found[text] = f"{name}:{node.lineno}"
    return found


def template(node: ast.Constant | ast.JoinedStr) -> str:
    """The text of a literal, with a gap for each value."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values)


def _texts(tree: ast.AST, passed_over: set[ast.AST]) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Outermost text literals that are not below a node in *passed_over*; values inside gaps are looked into."""
    if tree in passed_over:
        return
    if isinstance(tree, ast.JoinedStr):
        yield tree
        for part in tree.values:
            if isinstance(part, ast.FormattedValue):
                yield from _texts(part.value, passed_over)
        return
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield tree
        return
    for child in ast.iter_child_nodes(tree):
        yield from _texts(child, passed_over)


def _passed_over(tree: ast.AST) -> set[ast.AST]:
    nodes: set[ast.AST] = set()
    for node in ast.walk(tree):
        if (
            (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            or (isinstance(node, ast.keyword) and node.arg in ("help", "description", "title"))
            or (isinstance(node, ast.Call) and _name_of(node.func) in ASIDE)
        ):
            nodes.add(node)
    return nodes


def _name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)


@cache
def messages() -> dict[str, str]:
    found = sentences(NO_MESSAGES)
    return {
        text: place
        for text, place in found.items()
        if not any(part in text for part in NO_MESSAGE)
        and (not place.startswith(REPORT) or text.startswith(REPORT_WARNINGS))
    }


@cache
def entries() -> list[str]:
    """The messages of the pages, with a gap for each name in braces."""
    page = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    return [re.sub(r"\{\w+\}", GAP, entry) for entry in re.findall(r"^`(.+)`\n: \S", page, re.MULTILINE)]


def pattern_of(text: str) -> re.Pattern[str]:
    """Finds a message of the code in an entry, where a few words may stand in the place of a gap."""
    return re.compile("[^;:]{0,80}?".join(f"({re.escape(part)})" for part in text.split(GAP)))


@pytest.mark.parametrize("text", messages(), ids=lambda text: messages()[text])
def test_a_message_has_an_entry(text: str) -> None:
    assert any(pattern_of(text).search(entry) for entry in entries()), (
        f"{messages()[text]}: no entry for {text.replace(GAP, '{}')!r}"
    )


def stale_clauses(entry: str, texts: Iterable[str]) -> list[str]:
    """Clauses of *entry* that none of the messages *texts* says, but for those of one or two words."""
    left = list(entry)
    for text in texts:
        for found in pattern_of(text).finditer(entry):
            for number in range(1, found.re.groups + 1):
                start, end = found.span(number)
                left[start:end] = GAP * (end - start)
    return [clause for clause in re.split(rf"[;:,(){GAP}]", "".join(left)) if len(clause.split()) >= FEWEST_WORDS]


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.replace(GAP, "…")[:60])
def test_an_entry_is_a_message(entry: str) -> None:
    assert stale_clauses(entry, messages()) == []


def test_the_comparison_sees_what_is_missing_and_what_is_stale() -> None:
    message = f"{GAP}: not a thing; write {GAP}"
    assert pattern_of(message).search(f"{GAP}: not a thing; write {GAP} or {GAP}")
    assert not pattern_of(message).search(f"{GAP}: no thing; write {GAP}")
    assert stale_clauses(f"{GAP}: not a thing; write {GAP} or two", [message]) == []
    assert stale_clauses(f"{GAP}: not a thing; write {GAP} in this way", [message]) == [" in this way"]
    assert len(messages()) > 50
