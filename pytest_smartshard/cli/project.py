"""What every subcommand needs to know of the project that it is started in: settings, segment, tests."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from pytest_smartshard.errors import UsageError
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.settings.inifile import find_project
from pytest_smartshard.settings.options import OPTIONS
from pytest_smartshard.settings.resolve import Settings, Surroundings, resolve
from pytest_smartshard.settings.values import Value, gather

Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""What a subcommand declares itself in."""

STORE_HELP = (
    "a folder with a file for each segment, or one .json file; default: as pytest would, from the ini file or "
    ".smartshard/durations below the root folder"
)

STDIN = "-"


def settings_here(given: Mapping[str, tuple[str, str | None]], problems: list[str]) -> Settings:
    """Settings as pytest, started in the current folder without arguments, would take them.

    *given* is, by name of an option, a flag of the command and its value, which goes before; None where it was
    not given. Mistakes are appended to *problems*. Raises UsageError for an ini file that pytest refuses.
    """
    folder = Path.cwd()
    project = find_project(folder)
    bare = {option.ini for option in OPTIONS if option.bare}

    def ini_of(name: str) -> object:
        return project.flag(name) if name in bare else project.text(name)

    values = gather(lambda _: None, ini_of, os.environ)
    for name, (flag, value) in given.items():
        if value is not None:
            values[name] = Value(value, f"{flag}={value}")
    return resolve(values, Surroundings(rootdir=project.rootdir, folder=folder, environ=os.environ), problems)


def add_segment_option(parser: argparse.ArgumentParser) -> None:
    """Declare ``--segment``."""
    parser.add_argument(
        "--segment",
        metavar="NAME",
        help="the segment, such as root@linux-3.12@all; default: the whole suite on this system and Python",
    )


def segment_named(given: str | None, settings: Settings, problems: list[str]) -> Segment:
    """The segment that ``--segment`` names, by default that of *settings*; a mistake goes to *problems*."""
    if given is None:
        return settings.segment
    try:
        return Segment.from_slug(given)
    except ValueError:
        problems.append(
            f"--segment={given}: not the name of a segment; write suite@environment@selection, as in the file "
            "names of a store"
        )
        return settings.segment


def read_test_ids(source: str) -> list[str]:
    """Node ids from a file, or from standard input where *source* is ``-``: a line each, as pytest prints them.

    What ``pytest --collect-only -q`` adds below them (counts, warnings) is passed over: a node id holds ``::``.
    Raises UsageError.
    """
    if source == STDIN:
        text = sys.stdin.read()
    else:
        try:
            text = Path(source).read_text("utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(
                [f"--tests={source}: not UTF-8 (byte {error.start + 1}); save it as UTF-8"]
            ) from error
        except OSError as error:
            problem = (
                f"--tests={source}: cannot be read ({error.strerror}); name a file with a node id on each line"
            )
            raise UsageError([problem]) from error
    found = list(dict.fromkeys(line.rstrip() for line in text.splitlines() if "::" in line))
    if not found:
        raise UsageError(
            [f"--tests={source}: no test is there; write a node id on each line, such as test_a.py::test_b"]
        )
    return found
