"""What is written behind ``smartshard store``: numbers, folders, suites. All mistakes are told together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath, PureWindowsPath

from pytest_smartshard.model.segment import Segment, safe_name
from pytest_smartshard.operations.stores import segments_named

TEXT, JSON = "text", "json"

_NUMBER = re.compile(r"[0-9]{1,7}")


def number(flag: str, text: str, least: int, problems: list[str]) -> int:
    """A whole number of at least *least*."""
    if _NUMBER.fullmatch(text) and int(text) >= least:
        return int(text)
    problems.append(f"{flag}={text}: not a whole number from {least} on; write one, such as {flag}=30")
    return least


def check_format(text: str, problems: list[str]) -> None:
    if text not in (TEXT, JSON):
        problems.append(f"--format={text}: no such choice; use one of {TEXT}, {JSON}")


def segment_into(text: str, problems: list[str]) -> Segment | None:
    """The segment that ``--into`` names."""
    try:
        return Segment.from_slug(text)
    except ValueError:
        problems.append(
            f"--into={text}: not the name of a segment; write suite@environment@selection, as in the file names "
            "of a store"
        )
        return None


def suites_by_folder(given: Iterable[str], name: str, *, keep_paths: bool, problems: list[str]) -> dict[str, str]:
    """From each ``PATH=SUITE`` the suite by its folder; *name* is the segment that is divided."""
    own = {segment.suite for segment in segments_named([name], problems)}
    found: dict[str, str] = {}
    for text in given:
        path, _, suite = text.rpartition("=")
        folder = _folder(path)
        if folder is None:
            problems.append(f"{text}: not a folder and a suite; write PATH=SUITE, such as backend=backend")
        elif not suite or safe_name(suite) != suite:
            problems.append(
                f"{text}: not a name for a suite; write {path}={safe_name(suite or folder)}, or another name"
            )
        elif suite in own:
            problems.append(f"{text}: {name} is of that suite itself; give the folder another one")
        elif found.get(folder, suite) != suite:
            problems.append(f"{text}: {path} becomes {found[folder]} already; leave one of them out")
        elif not keep_paths and suite in found.values() and folder not in found:
            problems.append(f"{text}: {suite} has one root folder; name one, or add --keep-paths")
        else:
            found[folder] = suite
    return found


def folders_by_suite(
    given: Iterable[str], sources: Sequence[Segment], into: Segment | None, problems: list[str]
) -> dict[str, str]:
    """From each ``--prefix SUITE=PATH`` the folder by its suite."""
    suites = sorted({segment.suite for segment in sources})
    found: dict[str, str] = {}
    for text in given:
        suite, _, path = text.partition("=")
        folder = _folder(path)
        if folder is None:
            problems.append(
                f"--prefix={text}: not a suite and a folder; write SUITE=PATH, such as backend=backend"
            )
        elif suite not in suites:
            problems.append(
                f"--prefix={text}: no segment of that suite is joined; use one of {', '.join(suites)}"
            )
        elif into is not None and suite == into.suite:
            problems.append(
                f"--prefix={text}: --into is of that suite too, and its files stay where they are; join into "
                "another suite"
            )
        elif found.setdefault(suite, folder) != folder:
            problems.append(f"--prefix={text}: {suite} is in {found[suite]} already; leave one of them out")
    return found


def _folder(path: str) -> str | None:
    """A folder below the root folder as file keys have it; None for what is none."""
    is_windows = bool(PureWindowsPath(path).drive) or "\\" in path
    parts = PureWindowsPath(path).parts if is_windows else PurePosixPath(path).parts
    if not parts or ".." in parts or parts[0].startswith(("/", "\\")) or PureWindowsPath(path).drive:
        return None
    return "/".join(parts)
