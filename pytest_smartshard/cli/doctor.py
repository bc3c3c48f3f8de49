"""``smartshard doctor``: what would go wrong in a checkout, before it does."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from pytest_smartshard.choices import DOCTOR_FORMATS
from pytest_smartshard.cli.project import Subcommands
from pytest_smartshard.errors import UsageError
from pytest_smartshard.exits import FINDINGS, OK, USAGE
from pytest_smartshard.model.finding import ERROR, WARNING, Finding
from pytest_smartshard.operations.examining.examine import Examination, examine
from pytest_smartshard.reports.display import printable
from pytest_smartshard.wording import listed, plural

FORMAT = 1
"""Version of the JSON output."""


def add_to(commands: Subcommands) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser(
        "doctor",
        help="say what would go wrong in a checkout",
        description="Look at the CI files, the configuration, the tests and the recorded history of a checkout, "
        "and say what would go wrong with its shards. Nothing is run or changed. Exit code 1: something was "
        "found; 4: the CI files could not be looked at.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        nargs="?",
        type=Path,
        default=Path(),
        help="the checkout; default: this folder",
    )
    parser.add_argument("--format", default="text", metavar="FORMAT", help="text (the default) or json")
    parser.set_defaults(command=command)


def command(given: argparse.Namespace) -> int:
    """Returns the exit code. Raises UsageError, NewerFormat and OSError."""
    problems = []
    if not given.folder.is_dir():
        problems.append(f"FOLDER={given.folder}: is no folder; name a checkout")
    if given.format not in DOCTOR_FORMATS:
        problems.append(f"--format={given.format}: no such choice; use one of {', '.join(DOCTOR_FORMATS)}")
    if problems:
        raise UsageError(problems)
    seen = examine(given.folder)
    print(as_json(seen) if given.format == "json" else encodable(as_text(seen), sys.stdout.encoding))
    if seen.left_out:
        files = printable(listed(list(seen.left_out)))
        print(
            f"smartshard: {files}: not looked at, because reading YAML needs PyYAML; "
            "run pip install 'pytest-smartshard[ci]'",
            file=sys.stderr,
        )
        return USAGE
    return FINDINGS if seen.findings else OK


def as_text(seen: Examination) -> str:
    """Two lines for each finding, and one that sums up."""
    lines = []
    for one in seen.findings:
        lines.append(f"{printable(str(one.spot))}: {one.severity}: {printable(one.what)} [{one.code}]")
        lines.append(f"    {one.mend} ({one.page})")
    severities = Counter(one.severity for one in seen.findings)
    found = [plural(severities[name], name) for name in (ERROR, WARNING) if severities[name]]
    where = plural(len(seen.looked_at), "CI file")
    lines.append(
        f"{', '.join(found) or 'nothing found'}; looked at {where}, the configuration, tests and history"
    )
    return "\n".join(lines)


def as_json(seen: Examination) -> str:
    """One object; ASCII, as paths may hold anything."""
    document = {
        "format": FORMAT,
        "findings": [_as_table(one) for one in seen.findings],
        "looked_at": list(seen.looked_at),
        "left_out": list(seen.left_out),
    }
    return json.dumps(document, indent=1)


def _as_table(one: Finding) -> dict[str, object]:
    return {
        "code": one.code,
        "severity": one.severity,
        "path": one.spot.path,
        "line": one.spot.line or None,
        "what": one.what,
        "mend": one.mend,
        "page": one.page,
    }


def encodable(text: str, encoding: str | None) -> str:
    """*text* with escapes for what cannot be written in *encoding*."""
    return text.encode(encoding or "ascii", "backslashreplace").decode(encoding or "ascii")
