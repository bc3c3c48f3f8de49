"""``smartshard plan``: which test would go to which shard, and why, without starting pytest."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest_smartshard
from pytest_smartshard.checked import MOST_LANES, MOST_SHARDS
from pytest_smartshard.choices import PACKERS
from pytest_smartshard.cli.project import (
    STORE_HELP,
    Subcommands,
    add_segment_option,
    read_test_ids,
    segment_named,
    settings_here,
)
from pytest_smartshard.errors import UnusableFile, UsageError
from pytest_smartshard.exits import OK
from pytest_smartshard.journal import plan_file
from pytest_smartshard.model.history import History
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.suite import Suite
from pytest_smartshard.operations.explaining import explain
from pytest_smartshard.operations.foreseeing import foresee
from pytest_smartshard.operations.listing import suite_of_history, suite_of_ids
from pytest_smartshard.operations.planning import PlanRequest, lanes_of, plan_suite, read_pinned_plan
from pytest_smartshard.planning.planner import PlanOptions
from pytest_smartshard.reports.planned import explanation_json, explanation_text, plan_text
from pytest_smartshard.settings.resolve import Settings
from pytest_smartshard.store.keys import NodeIds
from pytest_smartshard.store.place import find_history
from pytest_smartshard.store.replacing import replace

TEXT, JSON = FORMATS = ("text", "json")


def add_to(commands: Subcommands) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser(
        "plan",
        help="show or write the plan for a number of shards",
        description="Plan what the store knows, or the tests of a list, for N shards, and print or write the "
        "plan. The list holds no markers: for the very plan that pytest would make, use "
        "'pytest --collect-only --shard=1/N --shard-plan-out=FILE'.",
        allow_abbrev=False,
    )
    parser.add_argument("--shards", metavar="N", help="how many shards")
    parser.add_argument("--plan", metavar="FILE", help="look at the plan in FILE instead of making one")
    parser.add_argument("--store", metavar="PATH", help=STORE_HELP)
    add_segment_option(parser)
    parser.add_argument(
        "--tests",
        metavar="FILE",
        help="node ids, a line each, as 'pytest --collect-only -q' prints them; '-' for standard input; default: "
        "all that the store knows",
    )
    parser.add_argument(
        "--lanes", metavar="L", help="workers in each shard; default: as in the newest run of the store"
    )
    parser.add_argument(
        "--packer", metavar="NAME", help=f"one of {', '.join(PACKERS)}; default: as the ini file says, or lpt"
    )
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        help="text or json; default: text, and json where the plan is written to a file",
    )
    parser.add_argument("--out", metavar="FILE", help="write to FILE, for pytest --shard-plan=FILE")
    parser.add_argument("--explain", metavar="TEST", help="say which shard runs this test, and why")
    parser.set_defaults(command=command)


def command(given: argparse.Namespace) -> int:
    """Returns the exit code. Raises UsageError, NewerFormat and OSError."""
    problems: list[str] = []
    options = {"shard_store": ("--store", given.store), "shard_packer": ("--packer", given.packer)}
    settings = settings_here(options, problems)
    segment = segment_named(given.segment, settings, problems)
    shards = _whole("--shards", given.shards, MOST_SHARDS, problems)
    lanes = _whole("--lanes", given.lanes, MOST_LANES, problems)
    pinned = _pinned(given, problems)
    form = _format(given, problems)
    if shards is None and given.shards is None and given.plan is None:
        problems.append(
            "--shards: how many shards is not said; write --shards=N, or --plan=FILE to look at a plan"
        )
    if problems:
        raise UsageError(problems)

    found = find_history(settings.store, segment, settings.rootdir, with_samples=given.explain is not None)
    for note in found.notes:
        print(note, file=sys.stderr)
    suite = _suite(given.tests, found.history, settings)
    planned = plan_suite(suite, _request(settings, segment, found.history, shards, lanes, pinned))
    digest = planned.plan.digest
    if given.explain is not None:
        explanation = explain(NodeIds(settings.rootdir).key_of(given.explain), planned, suite, found.history)
        text = explanation_text(explanation, digest) if form == TEXT else explanation_json(explanation, digest)
    elif form == TEXT:
        text = plan_text(foresee(planned, suite, segment))
    else:
        text = plan_file.plan_text(planned.plan)
    if given.out is None:
        _print(text)
    else:
        replace(Path(given.out), text.encode("utf-8", "backslashreplace"))
    return OK


def _request(
    settings: Settings,
    segment: Segment,
    history: History,
    shards: int | None,
    lanes: int | None,
    pinned: Plan | None,
) -> PlanRequest:
    return PlanRequest(
        history=history,
        options=PlanOptions(
            shards=shards or 1,
            lanes=lanes_of(lanes, history),
            packer=settings.packer,
            scope=settings.scope,
            selection=segment.selection,
            version=pytest_smartshard.__version__,
        ),
        pinned=pinned,
    )


def _whole(flag: str, value: str | None, most: int, problems: list[str]) -> int | None:
    """A number from 1 to *most*, None where none is given."""
    if value is None:
        return None
    number = int(value) if value.isascii() and value.isdecimal() and len(value) <= len(str(most)) else 0
    if not 1 <= number <= most:
        problems.append(f"{flag}={value}: not a whole number from 1 to {most}; write {flag}=4, for example")
        return None
    return number


def _pinned(given: argparse.Namespace, problems: list[str]) -> Plan | None:
    if given.plan is None:
        return None
    problems.extend(
        f"{flag}={value} with --plan={given.plan}: that plan is made already; leave one of them out"
        for flag, value in (("--shards", given.shards), ("--lanes", given.lanes), ("--packer", given.packer))
        if value is not None
    )
    try:
        return read_pinned_plan(Path(given.plan))
    except UnusableFile as problem:
        problems.append(
            f"--plan={given.plan}: {problem.reason}; write one with --shard-plan-out or smartshard plan"
        )
        return None


def _format(given: argparse.Namespace, problems: list[str]) -> str:
    if given.format is None:
        return TEXT if given.out is None or given.explain is not None else JSON
    if given.format not in FORMATS:
        problems.append(f"--format={given.format}: no such choice; use one of {', '.join(FORMATS)}")
    return str(given.format)


def _suite(tests: str | None, history: History, settings: Settings) -> Suite:
    if tests is not None:
        return suite_of_ids(read_test_ids(tests), settings.rootdir)
    if history.is_empty:
        problem = (
            f"shard_store = {settings.store.path}: no history is there, so there is nothing to plan; name a "
            "store with --store, or the tests with --tests"
        )
        raise UsageError([problem])
    return suite_of_history(history, settings.rootdir)


def _print(text: str) -> None:
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
