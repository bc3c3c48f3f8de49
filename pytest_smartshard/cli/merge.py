"""``smartshard merge``: prove a run, and bring together what its shards left."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from pytest_smartshard.cli.progress import progress_on
from pytest_smartshard.cli.project import STORE_HELP, Subcommands, settings_here
from pytest_smartshard.errors import UsageError
from pytest_smartshard.journal.run_folder import MERGED
from pytest_smartshard.model.merged import MergedRun
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.operations.merging import MergeRequest, merge
from pytest_smartshard.operations.reporting import Root, leave_reports, tell_ci
from pytest_smartshard.providers.speaking import Said
from pytest_smartshard.reports.display import log_line
from pytest_smartshard.reports.verdict import verdict_lines
from pytest_smartshard.settings.naming import within_repository
from pytest_smartshard.settings.resolve import Settings

NOTHING = "none"


def add_to(commands: Subcommands) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser(
        "merge",
        help="prove that every test ran once, and bring together what the shards left",
        description="Read the journals of one run at or below each PATH, in whatever layout the artifacts have "
        "(zip files too), prove that every test ran exactly once, and join the durations into the store of each "
        "segment. Merging again, or in another order, changes nothing. Reports go to the folder --out, and a CI "
        "system that can show them is told what is wrong. Exit code 0: proved and green; 1: proved, and tests "
        "failed; 2: shards stopped on purpose; 3: not proved; 4: nothing could be done.",
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
        "--junit",
        action="store_true",
        help="make one JUnit file of those that the shards left, and their journals",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="folder for reports and combined files; default: .smartshard/merged below the root folder",
    )
    parser.add_argument(
        "--check", action="store_true", help="prove only: write nothing, and tell nothing to a CI system"
    )
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
    problems.extend(
        f"{flag} with --check: nothing is written then; leave one of them out"
        for flag, is_given in (("--cov", given.cov), ("--junit", given.junit), ("--out", given.out))
        if is_given and given.check
    )
    folder = _out(given, settings, problems)
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
        junit=given.junit,
        out=folder,
        project=settings.rootdir,
        is_last_shard=given.last_shard,
    )
    with progress_on(sys.stderr) as progress:
        merged = merge(request, progress)
    said = Said() if given.check else _leave(merged, request.out, settings, is_last_shard=given.last_shard)
    for line in verdict_lines(merged, quiet=given.quiet, is_last_shard=given.last_shard):
        print(log_line(line))
    if merged.coverage is not None and not given.quiet:
        # Names of files are in it.
        print("\n".join(["", *map(log_line, merged.coverage.text.rstrip().splitlines())]))
    for line in said.lines:
        print(line)
    sys.stdout.flush()
    for note in said.notes:
        print(log_line(f"smartshard: {note}"), file=sys.stderr)
    return int(merged.verdict)


def _leave(merged: MergedRun, folder: Path, settings: Settings, *, is_last_shard: bool) -> Said:
    """Write the reports, and say to the CI system what became of the run; what the last shard does is no news."""
    left = leave_reports(merged, folder, home=settings.home)
    if is_last_shard:
        return Said(notes=left.notes)
    root = Root(suite=settings.segment.suite, folder=within_repository(settings.rootdir))
    said = tell_ci(left, root, os.environ)
    return Said(lines=said.lines, notes=(*left.notes, *said.notes))


def _out(given: argparse.Namespace, settings: Settings, problems: list[str]) -> Path:
    """The folder that the reports go to."""
    if given.out is None:
        return settings.home / MERGED
    folder = Path(given.out)
    if not given.out:
        problems.append("--out=: no value; give one, or leave the option out")
    elif folder.exists() and not folder.is_dir():
        problems.append(f"--out={given.out}: is a file; name a folder, which need not be there yet")
    return folder


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
