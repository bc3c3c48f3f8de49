"""What every dialect of a CI's log must do: one command, of which the system reads back what was meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_smartshard.model.annotation import Annotation
from pytest_smartshard.providers.dialects import AZURE, GITHUB, TEAMCITY, Dialect
from pytest_smartshard.providers.table import PROVIDERS


class Read(NamedTuple):
    """A command as its system understands it: its name, its properties, and the text that follows."""

    name: str
    properties: dict[str, str]
    text: str


def read_github(line: str) -> Read | None:
    """As the runner does: ``ActionCommand.TryParseV2``."""
    line = line.lstrip()
    if not line.startswith("::") or "::" not in line[2:]:
        return None
    info, _, text = line[2:].partition("::")
    name, _, given = info.partition(" ")
    pairs = (pair.split("=", 1) for pair in given.strip().split(",") if "=" in pair)
    escapes = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    in_text = {key: value for key, value in escapes.items() if value not in ":,"}
    return Read(name, {key: decoded(value, escapes) for key, value in pairs}, decoded(text, in_text))


def read_azure(line: str) -> Read | None:
    """As the agent does: the first ``##vso[`` anywhere, up to the first bracket."""
    found = re.search(r"##vso\[([^\]]*)\](.*)", line, re.DOTALL)
    if not found:
        return None
    name, _, given = found[1].partition(" ")
    pairs = (pair.split("=", 1) for pair in given.split(";") if "=" in pair)
    escapes = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%AZP25": "%"}
    in_text = {key: value for key, value in escapes.items() if value not in ";]"}
    return Read(name, {key: decoded(value, escapes) for key, value in pairs}, decoded(found[2], in_text))


def read_teamcity(line: str) -> Read | None:
    """As the documentation of service messages says."""
    found = re.fullmatch(r"##teamcity\[(\w+)((?: \w+='(?:[^'|\[\]\r\n]|\|.)*')*)\]", line)
    if not found:
        return None
    letters = {"n": "\n", "r": "\r", "x": "\x85", "l": "\u2028", "p": "\u2029"}
    properties = {
        key: re.sub(r"\|(.)", lambda match: letters.get(match[1], match[1]), value)
        for key, value in re.findall(r"(\w+)='((?:[^'|]|\|.)*)'", found[2])
    }
    return Read(found[1], properties, "")


def decoded(text: str, escapes: dict[str, str]) -> str:
    """One after another, as the systems do it; the percent sign comes last."""
    for escape, character in escapes.items():
        text = text.replace(escape, character)
    return text


class Member(NamedTuple):
    """A dialect, how its system reads it, and what it makes of an annotation."""

    dialect: Dialect
    read: Callable[[str], Read | None]
    expected: Callable[[Annotation], Read]


def github(annotation: Annotation) -> Read:
    place = {"file": annotation.file} if annotation.file else {}
    return Read("error", {**place, "title": annotation.title}, annotation.message)


def azure(annotation: Annotation) -> Read:
    place = {"sourcepath": annotation.file} if annotation.file else {}
    return Read("task.logissue", {"type": "error", **place}, f"{annotation.title}: {annotation.message}")


def teamcity(annotation: Annotation) -> Read:
    return Read("buildProblem", {"description": f"{annotation.title}: {annotation.message}"}, "")


MEMBERS = {
    "github": Member(GITHUB, read_github, github),
    "azure": Member(AZURE, read_azure, azure),
    "teamcity": Member(TEAMCITY, read_teamcity, teamcity),
}
ALL = pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS.keys())

PIECES = (
    "%", "%25", "%0A", "%AZP25", "%3B", "\n", "\r\n", "::", ":", ",", ";", "]", "[", "'", "|", "|n", "=", " ",
    "##vso[task.setvariable variable=x]y", "##[error]", "##teamcity[x]", "::set-output name=x::y", "{title}", "{",
    "a", "é", "\x85", "\u2028",
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=8).map("".join)
"""The systems drop a property without a value, and cut blanks from its end: titles are ours and have neither."""


@ALL
@given(title=TEXTS.map(lambda text: f"a{text}z"), message=TEXTS, file=TEXTS.map(lambda text: f"a{text}z"))
@example(title="t", message="m\n::error::x", file="a,b:c].py")
def test_the_system_reads_what_was_meant(member: Member, title: str, message: str, file: str) -> None:
    annotation = Annotation(title=title, message=message, file=file)
    line = member.dialect.problem_line(annotation)
    assert not set(line) & {"\r", "\n"}
    assert member.read(line) == member.expected(annotation)


@ALL
def test_a_place_that_is_not_known_is_left_out(member: Member) -> None:
    annotation = Annotation(title="test failed", message="a.py::b")
    assert member.read(member.dialect.problem_line(annotation)) == member.expected(annotation)


@ALL
@given(text=TEXTS)
def test_of_a_line_the_other_systems_read_no_command(member: Member, text: str) -> None:
    """But for GitHub's: Azure and TeamCity find theirs anywhere in a line, and no job runs in two systems."""
    line = member.dialect.problem_line(Annotation(title="t", message=text))
    if member.dialect is not GITHUB:
        assert read_github(line) is None


def test_the_words_of_each_dialect() -> None:
    annotation = Annotation(title="test failed", message="100 % [a]", file="tests/a.py")
    assert {name: member.dialect.problem_line(annotation) for name, member in MEMBERS.items()} == {
        "github": "::error file=tests/a.py,title=test failed::100 %25 [a]",
        "azure": "##vso[task.logissue type=error;sourcepath=tests/a.py;]test failed: 100 %AZP25 [a]",
        "teamcity": "##teamcity[buildProblem description='test failed: 100 % |[a|]']",
    }


def test_a_summary_is_uploaded_where_that_is_a_command() -> None:
    assert {name: member.dialect.summary_line("/a/b.md") for name, member in MEMBERS.items()} == {
        "github": "",
        "azure": "##vso[task.uploadsummary]/a/b.md",
        "teamcity": "",
    }


def test_every_dialect_of_the_table_is_held_to_this() -> None:
    spoken = [provider.dialect for provider in PROVIDERS if provider.dialect is not None]
    assert spoken == [member.dialect for member in MEMBERS.values()]
