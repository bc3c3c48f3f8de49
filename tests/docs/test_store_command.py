"""What ``smartshard store`` prints for machines is described key by key, and its options are all there."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest
from stored import run_of, with_shared_costs, write

from pytest_smartshard.cli import store, store_json
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.operations.comparing import compare
from pytest_smartshard.operations.ghosts import FilesHere
from pytest_smartshard.operations.inspecting import look_into
from pytest_smartshard.store.place import StorePlace

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"
SEGMENT = Segment("app", "linux-3.12")


def section(action: str) -> str:
    """The part of the page on one action."""
    text = PAGE.read_text(encoding="utf-8")
    return re.split(r"\n##+ ", text.split(f"\n### `smartshard store {action}`\n", 1)[1])[0]


def keys_in(text: str) -> set[str]:
    """Keys of all objects in a JSON text."""
    return set(re.findall(r'"(\w+)": ', text))


def words_in(text: str) -> set[str]:
    """What the tables of a section have as code."""
    rows = "\n".join(line for line in text.splitlines() if line.startswith("| "))
    return set(re.findall(r"`(\w+)`", rows))


def test_keys_of_show(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    paid = {"gone.py": [SharedTime("", "session db", 5, 0)]}
    run = with_shared_costs(run_of({"gone.py": {"x": 1_000}}), collecting={"gone.py": 5}, paid=paid)
    write(folder, SEGMENT, run)
    (folder / "torn.json").touch()
    view = look_into(StorePlace.at(folder), [], SEGMENT.suite, FilesHere(tmp_path, []), 1)
    keys = keys_in(store_json.shown(view, folder))
    assert keys <= words_in(section("show"))
    # The other words are what stands in the lines of the text.
    assert words_in(section("show")) - keys <= {"top", "note", "shard"}


def test_keys_of_diff(tmp_path: Path) -> None:
    a = write(tmp_path / "a.json", SEGMENT, run_of({"t.py": {"x": 1_000, "y": 1_000}}))
    b = write(tmp_path / "b.json", SEGMENT, run_of({"t.py": {"x": 2_000, "z": 1_000}}))
    assert keys_in(store_json.difference(compare(a, b), 1)) == words_in(section("diff"))


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each action."""
    commands = argparse.ArgumentParser().add_subparsers()
    store.add_to(commands)
    (actions,) = (
        action for action in commands.choices["store"]._actions if isinstance(action, argparse._SubParsersAction)
    )
    return dict(actions.choices)


@pytest.mark.parametrize("name", parsers())
def test_options_of_an_action(name: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (usage,) = re.findall(rf"^\$ smartshard store {name} (.+)$", text, re.MULTILINE)
    flags = {flag for action in parsers()[name]._actions for flag in action.option_strings} - {"-h", "--help"}
    assert set(re.findall(r"--[a-z-]+", usage)) == flags
    above = text.split("\n### `smartshard store show`\n")[0].split("\n## `smartshard store`\n")[1]
    assert all(re.search(rf"^`{flag}[ `]", above + section(name), re.MULTILINE) for flag in flags)
