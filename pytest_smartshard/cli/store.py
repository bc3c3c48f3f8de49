"""``smartshard store``: look into the store and put it right."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from pytest_smartshard.cli import store_json, store_phrases, store_text
from pytest_smartshard.cli.project import STORE_HELP, Subcommands, read_test_ids, settings_here
from pytest_smartshard.cli.store_arguments import (
    JSON,
    TEXT,
    check_format,
    folders_by_suite,
    number,
    segment_into,
    suites_by_folder,
)
from pytest_smartshard.errors import UsageError
from pytest_smartshard.exits import FINDINGS, MISSING, OK
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.comparing import compare
from pytest_smartshard.operations.ghosts import FilesHere
from pytest_smartshard.operations.inspecting import look_into
from pytest_smartshard.operations.pruning import Rule, listed_tests, prune
from pytest_smartshard.operations.rearranging import Change, join_segments, split
from pytest_smartshard.operations.stores import UnusableStore, segments_named
from pytest_smartshard.reports.display import printable
from pytest_smartshard.settings.resolve import Settings
from pytest_smartshard.store.keys import NodeIds

TOP = "10"
"""Tests that are named unless another number is asked for."""

SECONDS_PER_DAY = 86_400


def add_to(commands: Subcommands) -> None:
    """Declare the subcommand and its actions."""
    parser = commands.add_parser(
        "store",
        help="look into the store and put it right",
        description="Show what the store knows, take out tests that are gone, divide and join segments, compare.",
        allow_abbrev=False,
    )
    actions: Subcommands = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_show(actions)
    _add_prune(actions)
    _add_split(actions)
    _add_join(actions)
    _add_diff(actions)


def _add_show(actions: Subcommands) -> None:
    parser = actions.add_parser(
        "show",
        help="tests, time, runs and ghosts of each segment",
        description="For each segment: how much it knows, from which runs, which of its tests are of files that "
        "are gone, and the costliest tests. Exit code 3: a file could not be read.",
        allow_abbrev=False,
    )
    parser.add_argument("segments", metavar="SEGMENT", nargs="*", help="a segment; default: all")
    _add_output(parser)
    _add_store(parser)
    parser.set_defaults(command=_show)


def _add_prune(actions: Subcommands) -> None:
    parser = actions.add_parser(
        "prune",
        help="take out tests that are gone",
        description="Take tests out of the store: those to which at least one of --ghosts, --not-seen-for and "
        "--tests applies; --ghosts if none is given. Exit code 3: a file could not be read.",
        allow_abbrev=False,
    )
    parser.add_argument("segments", metavar="SEGMENT", nargs="*", help="a segment; default: all")
    parser.add_argument("--ghosts", action="store_true", help="tests of files that are gone")
    parser.add_argument("--not-seen-for", metavar="DAYS", help="tests that no run of the last DAYS days had")
    parser.add_argument(
        "--tests",
        metavar="FILE",
        help="tests that are not in this list of node ids (- for standard input), as pytest --collect-only -q "
        "prints it",
    )
    parser.add_argument("--yes", action="store_true", help="also where over half of a segment goes")
    _add_dry_run(parser)
    _add_store(parser)
    parser.set_defaults(command=_prune)


def _add_split(actions: Subcommands) -> None:
    parser = actions.add_parser(
        "split",
        help="give the files of a folder to a suite of their own",
        description="Move the history of the files below each PATH, seen from the root folder of SEGMENT, to "
        "that of SUITE, whose root folder PATH then is.",
        allow_abbrev=False,
    )
    parser.add_argument("segment", metavar="SEGMENT", help="the segment that is divided")
    parser.add_argument("suites", metavar="PATH=SUITE", nargs="+", help="a folder, and its suite")
    parser.add_argument("--keep-paths", action="store_true", help="SUITE has the same root folder as before")
    _add_dry_run(parser)
    _add_store(parser)
    parser.set_defaults(command=_split)


def _add_join(actions: Subcommands) -> None:
    parser = actions.add_parser(
        "join",
        help="make the histories of several segments one",
        description="Move the histories of all SEGMENTs into one, with the samples of all their runs.",
        allow_abbrev=False,
    )
    parser.add_argument("segments", metavar="SEGMENT", nargs="+", help="a segment that is joined")
    parser.add_argument("--into", metavar="SEGMENT", required=True, help="the segment that they become")
    parser.add_argument(
        "--prefix",
        metavar="SUITE=PATH",
        action="append",
        default=[],
        help="the folder of a suite's files, seen from the new root folder; may be given several times",
    )
    _add_dry_run(parser)
    _add_store(parser)
    parser.set_defaults(command=_join)


def _add_diff(actions: Subcommands) -> None:
    parser = actions.add_parser(
        "diff",
        help="what differs between two stores",
        description="Compare two stores: files, or folders segment by segment. Exit code 1: they differ.",
        allow_abbrev=False,
    )
    parser.add_argument("a", metavar="A", type=Path, help="a store")
    parser.add_argument("b", metavar="B", type=Path, help="another one")
    _add_output(parser)
    parser.set_defaults(command=_diff)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", metavar="NAME", default=TEXT, help="text (default) or json")
    parser.add_argument("--top", metavar="N", default=TOP, help=f"how many tests to name; default: {TOP}")


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", metavar="PATH", help=STORE_HELP)


def _show(given: argparse.Namespace) -> int:
    problems: list[str] = []
    settings = _settings(given, problems)
    top = number("--top", given.top, 0, problems)
    check_format(given.format, problems)
    _stop_at(problems)
    here = FilesHere(settings.rootdir, sys.path)
    view = look_into(settings.store, given.segments, settings.segment.suite, here, top)
    if given.format == JSON:
        print(store_json.shown(view, settings.store.path))
    elif view.segments:
        print(store_text.shown(view, time.time(), settings.segment.suite, _safe_here()))
    return _told(view.unusable)


def _prune(given: argparse.Namespace) -> int:
    problems: list[str] = []
    settings = _settings(given, problems)
    wanted = given.not_seen_for
    days = None if wanted is None else number("--not-seen-for", wanted, 1, problems)
    _stop_at(problems)
    by_file = given.ghosts or (days is None and given.tests is None)
    rule = Rule(
        suite=settings.segment.suite,
        here=FilesHere(settings.rootdir, sys.path) if by_file else None,
        before=None if days is None else time.time() - days * SECONDS_PER_DAY,
        listed=None if given.tests is None else _listed(given.tests, settings.rootdir),
    )
    done = prune(settings.store, given.segments, rule, settings.rootdir, dry_run=given.dry_run, sure=given.yes)
    for pruned in done.pruned:
        print(store_phrases.pruned(pruned, _safe_here(), dry_run=given.dry_run))
    for segment in done.passed_over:
        print(f"{segment.slug}: left as it is; start it in the root folder of {segment.suite}")
    return _told(done.unusable)


def _split(given: argparse.Namespace) -> int:
    problems: list[str] = []
    settings = _settings(given, problems)
    suites = suites_by_folder(given.suites, given.segment, keep_paths=given.keep_paths, problems=problems)
    _stop_at(problems)
    changes = split(settings.store, given.segment, suites, keep_paths=given.keep_paths, dry_run=given.dry_run)
    return _changed(changes, dry_run=given.dry_run)


def _join(given: argparse.Namespace) -> int:
    problems: list[str] = []
    settings = _settings(given, problems)
    sources = segments_named(given.segments, problems)
    into = segment_into(given.into, problems)
    prefixes = folders_by_suite(given.prefix, sources, into, problems)
    if into is None or problems:
        raise UsageError(problems)
    changes = join_segments(settings.store, given.segments, into, prefixes, dry_run=given.dry_run)
    return _changed(changes, dry_run=given.dry_run)


def _diff(given: argparse.Namespace) -> int:
    problems: list[str] = []
    top = number("--top", given.top, 0, problems)
    check_format(given.format, problems)
    _stop_at(problems)
    found = compare(given.a, given.b)
    if given.format == JSON:
        print(store_json.difference(found, top))
    else:
        print(store_text.difference(found, top, _safe_here()))
    return OK if all(comparison.is_equal for comparison in found) else FINDINGS


def _settings(given: argparse.Namespace, problems: list[str]) -> Settings:
    return settings_here({"shard_store": ("--store", given.store)}, problems)


def _stop_at(problems: list[str]) -> None:
    if problems:
        raise UsageError(problems)


def _listed(source: str, rootdir: Path) -> frozenset[ItemKey]:
    names = NodeIds(rootdir)
    return listed_tests([names.key_of(nodeid) for nodeid in read_test_ids(source)])


def _changed(changes: Iterable[Change], *, dry_run: bool) -> int:
    for change in changes:
        print(store_phrases.changed(change, dry_run=dry_run))
    return OK


def _told(unusable: Sequence[UnusableStore]) -> int:
    """Names the files that could not be used; the exit code."""
    for found in unusable:
        print(f"smartshard: {found.path} {found.reason}", file=sys.stderr)
    return MISSING if unusable else OK


def _safe_here() -> Callable[[str], str]:
    """Makes foreign names safe to print where the output goes to."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    return partial(printable, ascii_only=not is_unicode)
