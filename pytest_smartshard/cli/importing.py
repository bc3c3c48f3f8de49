"""``smartshard import``: take durations that other tools measured into a store."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pytest_smartshard.cli.project import (
    STORE_HELP,
    Subcommands,
    add_segment_option,
    read_test_ids,
    segment_named,
    settings_here,
)
from pytest_smartshard.errors import UsageError
from pytest_smartshard.exits import OK
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.importing import Imported, import_durations
from pytest_smartshard.operations.opening import prepare_home
from pytest_smartshard.reports.display import shortened
from pytest_smartshard.store.foreign.files import files_below
from pytest_smartshard.store.keys import NodeIds
from pytest_smartshard.wording import listed, percent, plural

LONGEST_SHOWN = 100
"""Columns of a name in a message."""

SHOWN = 5
"""Names in a message."""


def add_to(commands: Subcommands) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser(
        "import",
        help="take durations of pytest-split, pytest-balance or JUnit files into the store",
        description="Read the durations that other tools left at or below each PATH, told apart by content, "
        "and join them into the store of one segment. What shards have measured counts for more; importing again "
        "changes nothing. Exit code 4: nothing could be done.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths", metavar="PATH", nargs="+", type=Path, help="a file, packed with gzip or not, or a folder of them"
    )
    parser.add_argument("--store", metavar="PATH", help=STORE_HELP)
    add_segment_option(parser)
    parser.add_argument(
        "--tests",
        metavar="FILE",
        help="the suite's tests, as pytest --collect-only -q prints them, to say how many have a duration now; "
        "- for standard input",
    )
    parser.add_argument("--quiet", action="store_true", help="print only what is wrong")
    parser.set_defaults(command=command)


def command(given: argparse.Namespace) -> int:
    """Returns the exit code. Raises UsageError, NewerFormat and OSError."""
    problems: list[str] = []
    settings = settings_here({"shard_store": ("--store", given.store)}, problems)
    segment = segment_named(given.segment, settings, problems)
    paths = _files(given.paths, problems)
    suite = _suite(given.tests, settings.rootdir, problems)
    if problems:
        raise UsageError(problems)
    imported = import_durations(paths, settings.store, segment, settings.rootdir, suite)
    if settings.store.path.is_relative_to(settings.home):
        prepare_home(settings.home)
    for note in imported.notes:
        print(note)
    if not given.quiet:
        for line in _summary(imported):
            print(line)
    for line in _warnings(imported, settings.rootdir):
        print(line)
    return OK


def _files(paths: Iterable[Path], problems: list[str]) -> list[Path]:
    """All files to be read, each once. Paths at which nothing is are told in *problems*."""
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            problems.append(f"PATH={path}: does not exist; name a file with durations, or a folder of such files")
            continue
        below = list(files_below(path))
        if not below:
            problems.append(
                f"PATH={path}: no file of durations is there; name files, or a folder with .xml, .json, .jsonl "
                "or .test_durations"
            )
        found.update({file.resolve(): file for file in below})
    return list(found.values())


def _suite(source: str | None, rootdir: Path, problems: list[str]) -> list[ItemKey] | None:
    """The suite's tests where ``--tests`` names them."""
    if source is None:
        return None
    try:
        names = NodeIds(rootdir)
        return [names.key_of(nodeid) for nodeid in read_test_ids(source)]
    except UsageError as error:
        problems.extend(error.problems)
    return None


def _summary(imported: Imported) -> Iterator[str]:
    read = ", ".join(f"{count:,} of {tool}" for tool, count in imported.read.items())
    files = plural(sum(imported.read.values()), "file")
    change = "now knows" if imported.changed else "already knew all of it:"
    yield (
        f"{imported.segment.slug}: {files} read ({read}), {plural(imported.runs, 'run')}; "
        f"{imported.store} {change} {plural(imported.known, 'test')}"
    )
    here = len(imported.files) - len(imported.absent)
    yield (
        f"{plural(imported.timed, 'test')} with a duration in {plural(len(imported.files), 'file')}, "
        f"of which {here:,} {'is' if here == 1 else 'are'} here ({percent(here, len(imported.files))})"
    )
    if imported.failed:
        yield f"{plural(imported.failed, 'test')} of these never passed: kept apart until a run passes"
    if imported.untimed:
        yield f"{plural(imported.untimed, 'test')} skipped or without a time: no duration"
    if imported.match is not None:
        match = imported.match
        yield (
            f"{match.known:,} of {plural(match.tests, 'test')} of the suite now "
            f"{'has' if match.known == 1 else 'have'} a duration ({percent(match.known, match.tests)})"
        )


def _warnings(imported: Imported, rootdir: Path) -> Iterator[str]:
    if imported.absent:
        yield f"not here: {_listed(imported.absent)}"
    if imported.nameless:
        mend = "" if imported.match else "; with --tests=FILE they are looked for among the suite's tests"
        yield (
            f"{plural(len(imported.nameless), 'test')} left out, as no file here fits the class: "
            f"{_listed(imported.nameless)}{mend}"
        )
    if imported.forgotten:
        yield (
            f"{plural(len(imported.forgotten), 'test')} left out, as the newest complete run has no such test: "
            f"{_listed(list(map(str, imported.forgotten)))}"
        )
    match = imported.match
    if match is not None and match.lacking:
        yield f"tests without a duration: {_listed(list(map(str, match.lacking)))}"
    here, everything = imported.here, imported.timed + len(imported.nameless)
    if 2 * here < everything:
        yield (
            f"smartshard: WARNING: only {here:,} of {plural(everything, 'imported test')} are in files that are "
            f"here ({percent(here, everything)}), so the durations are of another suite, or of another root "
            f"folder than {rootdir}; start the import in the folder that pytest showed as rootdir when they were "
            "measured"
        )
    elif match is not None and 2 * match.known < match.tests:
        yield (
            f"smartshard: WARNING: only {match.known:,} of {plural(match.tests, 'test')} of the suite have a "
            f"duration now ({percent(match.known, match.tests)}), so a plan will be mostly a guess; import the "
            "files of all jobs of a run, and see that they are of this suite"
        )


def _listed(names: Sequence[str]) -> str:
    shown = [shortened(name, LONGEST_SHOWN, ascii_only=True) for name in names[:SHOWN]]
    return listed([*shown, *names[SHOWN:]], SHOWN)
