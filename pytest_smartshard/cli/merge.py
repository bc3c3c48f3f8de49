"""``smartshard merge``: take what the shards of a run measured into the stores."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from pytest_smartshard.cli.project import STORE_HELP, Subcommands, settings_here
from pytest_smartshard.errors import UsageError
from pytest_smartshard.exits import MISSING, OK
from pytest_smartshard.journal.run_folder import journals_below
from pytest_smartshard.operations.gathering import read_journals
from pytest_smartshard.operations.taking_in import Disagreement, Gap, TakenIn, take_in
from pytest_smartshard.wording import plural


def add_to(commands: Subcommands) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser(
        "merge",
        help="take what shards measured into the store",
        description="Read the journals at or below each PATH, in whatever layout the artifacts have, and join "
        "them into the store of each segment. Merging again, or in another order, changes nothing. "
        "Exit code 3: shards are missing or planned differently; 4: nothing could be done.",
        allow_abbrev=False,
    )
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="a folder of artifacts, or a journal")
    parser.add_argument(
        "--store",
        metavar="PATH",
        help=STORE_HELP,
    )
    parser.add_argument("--quiet", action="store_true", help="print only what is wrong")
    parser.set_defaults(command=command)


def command(given: argparse.Namespace) -> int:
    """Returns the exit code. Raises UsageError, NewerFormat and OSError."""
    problems: list[str] = []
    place = settings_here({"shard_store": ("--store", given.store)}, problems).store
    paths = _journal_paths(given.paths, problems)
    if problems:
        raise UsageError(problems)
    journals, notes = read_journals(paths)
    if not journals:
        looked = ", ".join(map(str, given.paths))
        raise UsageError([*notes, f"PATH={looked}: no journal of a shard is there; name the folder of a run"])
    taken = take_in(journals, place)
    for note in [*notes, *(note for segment in taken for note in segment.notes)]:
        print(note)
    for segment in taken:
        if not given.quiet:
            print(_summary(segment))
        for gap in segment.gaps:
            print(_missing(segment, gap))
        for disagreement in segment.disagreements:
            print(_differing(segment, disagreement))
    return MISSING if any(segment.gaps or segment.disagreements for segment in taken) else OK


def _journal_paths(paths: Iterable[Path], problems: list[str]) -> list[Path]:
    """All journals, each once. Paths that do not exist are told in *problems*."""
    problems.extend(
        f"PATH={path}: does not exist; name a folder of artifacts or a journal"
        for path in paths
        if not path.exists()
    )
    found = {journal.resolve(): journal for path in paths for journal in journals_below(path)}
    return list(found.values())


def _summary(taken: TakenIn) -> str:
    change = "now knows" if taken.changed else "already knew all of it:"
    journals = plural(taken.journals, "journal")
    return f"{taken.segment.slug}: {journals} read, {taken.store} {change} {plural(taken.tests, 'test')}"


def _differing(taken: TakenIn, found: Disagreement) -> str:
    run = f"{taken.segment.slug}: the shards of run {found.run}"
    if len(found.digests) == 1:
        return (
            f"{run} collected different tests, so some may have run twice or never; see that all have the same "
            "tests, with the same ids in every process"
        )
    digests = ", ".join(found.digests)
    return (
        f"{run} followed different plans ({digests}), so tests may have run twice or never; give all shards the "
        "same store, options and environment"
    )


def _missing(taken: TakenIn, gap: Gap) -> str:
    numbers = ", ".join(map(str, gap.missing))
    which = "shard" if len(gap.missing) == 1 else "shards"
    generation = f" (generation {gap.generation})" if gap.generation else ""
    return (
        f"{taken.segment.slug}: run {gap.run}{generation} lacks {which} {numbers} of {gap.count}; give merge the "
        ".smartshard/runs folders of all its jobs, kept also where tests fail, or run what is missing"
    )
