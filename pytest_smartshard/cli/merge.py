"""``smartshard merge``: prove a run, and bring together what its shards left."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from pytest_smartshard.cli.progress import progress_on
from pytest_smartshard.cli.project import STORE_HELP, Subcommands, settings_here
from pytest_smartshard.errors import UsageError
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.operations.merging import MergeRequest, merge
from pytest_smartshard.reports.verdict import verdict_lines

NOTHING = "none"


def add_to(commands: Subcommands) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser(
        "merge",
        help="prove that every test ran once, and bring together what the shards left",
        description="Read the journals of one run at or below each PATH, in whatever layout the artifacts have "
        "(zip files too), prove that every test ran exactly once, and join the durations into the store of each "
        "segment. Merging again, or in another order, changes nothing. Exit code 0: proved and green; 1: proved, "
        "and tests failed; 2: shards stopped on purpose; 3: not proved; 4: nothing could be done.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths", metavar="PATH", nargs="+", type=Path, help="a folder of artifacts, a zip file, or a journal"
    )
    parser.add_argument("--store", metavar="PATH", help=STORE_HELP)
    parser.add_argument(
        "--run", metavar="ID", help="the run to judge; default: the CI's own if it is there, else the newest"
    )
    parser.add_argument(
        "--expect",
        metavar="SEGMENTS",
        help="segments that must be there, separated by commas, or 'none'; default: those of the last "
        "complete run",
    )
    parser.add_argument(
        "--cov", action="store_true", help="combine the coverage of all shards, report it, and judge fail_under"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="folder for reports and combined files; default: .smartshard/merged below the root folder",
    )
    parser.add_argument("--check", action="store_true", help="prove only, and write nothing")
    parser.add_argument("--quiet", action="store_true", help="print only what is wrong")
    # What the last of several shards on one machine starts: it knows of this segment only.
    parser.add_argument("--last-shard", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(command=command)


def command(given: argparse.Namespace) -> int:
    """Returns the exit code. Raises UsageError, NewerFormat and OSError."""
    problems: list[str] = []
    settings = settings_here({"shard_store": ("--store", given.store)}, problems)
    expect = _expected(given.expect, problems)
    problems.extend(_absent(given.paths))
    if problems:
        raise UsageError(problems)
    request = MergeRequest(
        paths=given.paths,
        place=settings.store,
        run=given.run,
        likely=settings.run,
        expect=[] if given.last_shard else expect,
        check=given.check,
        cov=given.cov,
        out=Path(given.out) if given.out else settings.home / "merged",
        project=settings.rootdir,
        is_last_shard=given.last_shard,
    )
    with progress_on(sys.stderr) as progress:
        merged = merge(request, progress)
    for line in verdict_lines(merged, quiet=given.quiet, is_last_shard=given.last_shard):
        print(line)
    if merged.coverage is not None and not given.quiet:
        print(f"\n{merged.coverage.text.rstrip()}")
    return int(merged.verdict)


def _absent(paths: Iterable[Path]) -> list[str]:
    return [
        f"PATH={path}: does not exist; name a folder of artifacts or a journal"
        for path in paths
        if not path.exists()
    ]


def _expected(given: str | None, problems: list[str]) -> list[Segment] | None:
    """The segments that ``--expect`` names, None where it is not given."""
    if given is None:
        return None
    found = []
    for name in given.split(",") if given != NOTHING else ():
        try:
            found.append(Segment.from_slug(name.strip()))
        except ValueError:
            problems.append(
                f"--expect={given}: {name!a} is not the name of a segment; write suite@environment@selection, "
                "separated by commas, or none"
            )
    return found
