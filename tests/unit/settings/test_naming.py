"""The names of which a segment is made."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_smartshard.model.segment import safe_name
from pytest_smartshard.settings.naming import Selection, environment_name, selection_name, suite_name


def test_the_whole_suite_is_called_all() -> None:
    assert selection_name(Selection()) == "all"


def test_each_part_of_a_selection_counts() -> None:
    names = [
        selection_name(selection)
        for selection in (
            Selection(keyword="a"),
            Selection(keyword="b"),
            Selection(markers="a"),
            Selection(deselected=("a",)),
            Selection(arguments=("a",)),
            Selection(ignored=("a",)),
            Selection(arguments=("a", "b")),
            Selection(arguments=("a b",)),
            Selection(keyword="a", markers="a"),
            Selection(arguments=("tests/\udce9",)),
        )
    ]
    assert len(set(names)) == len(names)
    assert all(len(name) == 8 and safe_name(name) == name for name in names)


def test_the_order_of_what_was_asked_for_does_not_matter() -> None:
    one = Selection(deselected=("a", "b"), arguments=("x", "y", "z"))
    other = Selection(deselected=("b", "a"), arguments=("z", "x", "y"))
    assert selection_name(one) == selection_name(other)


def test_selections_are_called_so_for_ever() -> None:
    """Stores are found by these names."""
    assert selection_name(Selection(keyword="not slow", arguments=("tests/unit",))) == "275760e8"


@pytest.mark.parametrize("marker", [".git", ".hg"])
def test_a_suite_is_called_by_its_place_in_the_repository(tmp_path: Path, marker: str) -> None:
    (tmp_path / "clone" / marker).mkdir(parents=True)
    (tmp_path / "clone" / "services" / "api").mkdir(parents=True)
    assert suite_name(tmp_path / "clone") == "root"
    assert suite_name(tmp_path / "clone" / "services") == "services"
    assert suite_name(tmp_path / "clone" / "services" / "api") == safe_name("services/api")
    (tmp_path / "clone").rename(tmp_path / "renamed")
    assert suite_name(tmp_path / "renamed" / "services" / "api") == safe_name("services/api")


def test_places_that_look_alike_are_called_differently(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    names = {suite_name(tmp_path / place) for place in ("a/b", "a-b", "a b", "a/b/c", "a-b/c", "a/b-c")}
    assert len(names) == 6


def test_outside_a_repository_the_folders_name_plays_no_part(tmp_path: Path) -> None:
    assert not any((folder / ".git").exists() for folder in tmp_path.parents)
    assert suite_name(tmp_path / "some" / "folder") == "root"


def test_a_work_tree_has_a_file_where_a_clone_has_a_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    assert suite_name(tmp_path / "sub") == "sub"


def test_a_folder_that_no_encoding_knows_has_a_name(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert suite_name(tmp_path / "caf\udce9") == safe_name("caf\udce9")


@pytest.mark.parametrize(
    ("system", "implementation", "version", "name"),
    [
        ("linux", "CPython", (3, 12), "linux-3.12"),
        ("darwin", "CPython", (3, 13), "macos-3.13"),
        ("win32", "CPython", (3, 10), "windows-3.10"),
        ("cygwin", "CPython", (3, 10), "windows-3.10"),
        ("linux", "PyPy", (3, 10), "linux-pypy3.10"),
        ("freebsd14", "CPython", (3, 12), "freebsd14-3.12"),
    ],
)
def test_an_environment_is_system_and_python(
    monkeypatch: pytest.MonkeyPatch, system: str, implementation: str, version: tuple[int, int], name: str
) -> None:
    class Version(NamedTuple):
        major: int
        minor: int

    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(sys, "version_info", Version(*version))
    monkeypatch.setattr(platform, "python_implementation", lambda: implementation)
    assert environment_name() == name


def test_this_environment_has_a_safe_name() -> None:
    assert safe_name(environment_name()) == environment_name()
    assert environment_name().endswith(f"{sys.version_info.major}.{sys.version_info.minor}")
