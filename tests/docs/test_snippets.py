"""Python and ini examples of the pages are what they claim to be, and links between files lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import iniconfig
import pytest

from pytest_smartshard.settings.options import OPTIONS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(language: str) -> list[tuple[str, str]]:
    found = []
    for path in PAGES:
        pattern = rf"^```{re.escape(language)}\n(.*?)^```$"
        text = path.read_text(encoding="utf-8")
        found += [(name(path), body) for body in re.findall(pattern, text, re.MULTILINE | re.DOTALL)]
    return found


@pytest.mark.parametrize(("page", "body"), blocks("python"))
def test_a_python_example_can_be_collected(page: str, body: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_example=body)
    result = pytester.runpytest("--strict-markers", "--shard=1/1", "-p", "no:randomly")
    assert result.ret in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED), page


@pytest.mark.parametrize(("page", "body"), blocks("ini"))
def test_an_ini_example_holds_options_of_ours(page: str, body: str) -> None:
    section = dict(iniconfig.IniConfig(page, data=body)["pytest"].items())
    known = {option.ini: option.choices for option in OPTIONS if option.ini}
    assert section
    assert section.keys() <= known.keys()
    assert all(not known[key] or value in known[key] for key, value in section.items())


@pytest.mark.parametrize("language", ["python", "ini"])
def test_there_are_examples(language: str) -> None:
    assert blocks(language)


@pytest.mark.parametrize("path", [ROOT / "README.md"], ids=name)
def test_a_link_leads_to_a_file(path: Path) -> None:
    links = re.findall(r"\]\(([^):#]+)\)", path.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (path.parent / link).is_file()] == []
