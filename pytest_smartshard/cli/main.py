"""The command ``smartshard``: reads the arguments and calls the subcommand."""

from __future__ import annotations

import argparse
import gc
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import pytest_smartshard
from pytest_smartshard.cli import doctor, importing, merge, plan, store
from pytest_smartshard.cli.project import Subcommands
from pytest_smartshard.errors import NewerFormat, UsageError
from pytest_smartshard.exits import BROKEN, USAGE
from pytest_smartshard.reports.display import log_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (see :mod:`pytest_smartshard.exits`)."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        return int(given.command(given))
    except UsageError as error:
        for problem in error.problems:
            _complain(f"smartshard: {problem}")
    except NewerFormat as newer:
        _complain(
            f"smartshard: {newer.path} has format {newer.found}, and this version reads up to {newer.known}; "
            "upgrade pytest-smartshard"
        )
    except OSError as error:
        _complain(f"smartshard: {_words_of(error)}")
    except Exception:  # noqa: BLE001 - whatever is broken must not exit with a number that means something else
        for line in traceback.format_exc().splitlines():
            _complain(line)
        return BROKEN
    return USAGE


def _complain(line: str) -> None:
    """What is named may come from artifacts, and a CI reads commands here too."""
    print(log_line(line), file=sys.stderr)


def _words_of(error: OSError) -> str:
    if error.filename is None or not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}; let this user read and write there, or name another path"


def run() -> None:
    """Entry point of the console script."""
    # A command makes many values, of which none refer to each other in a circle, and ends soon: looking for
    # circles among them again and again takes a fifth of a merge.
    gc.disable()
    sys.exit(main())


class _Parser(argparse.ArgumentParser):
    """argparse ends with 2 on a usage error; here that number means something else."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="smartshard", description="Work with what sharded pytest runs leave behind.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"smartshard {pytest_smartshard.__version__}")
    commands: Subcommands = parser.add_subparsers(  # type: ignore[assignment]  # invariant in the parser's class
        title="commands", metavar="COMMAND", required=True
    )
    merge.add_to(commands)
    plan.add_to(commands)
    importing.add_to(commands)
    store.add_to(commands)
    doctor.add_to(commands)
    return parser
