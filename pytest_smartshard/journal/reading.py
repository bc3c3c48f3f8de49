"""Reading journals back, whatever state their writer left them in."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pytest_smartshard.checked import parse_line, parse_table
from pytest_smartshard.checked import version as format_version
from pytest_smartshard.errors import NewerFormat, UnusableFile
from pytest_smartshard.journal import lines
from pytest_smartshard.journal.watchdog import is_watchdogs, stopped_test, told
from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.record import (
    CRASHED,
    CollectionError,
    FinishedTest,
    Journal,
    JournalFooter,
    JournalHeader,
    OwnedFile,
)
from pytest_smartshard.model.suite import ItemKey, function_of

_TAIL_BYTES = 4096
"""A footer is far shorter."""

_MOST_LINE_BYTES = 32 * 1024**2
"""What is longer is read as several lines. A file of 100,000 tests has a line of 10 MB."""

MOST_FLAWS = 1_000
"""Lines that may be empty or set aside. What holds more of them is no journal, but may cost much time."""


def read_journal(path: Path) -> Journal:
    """The journal at *path*. A torn line and what is no line of a journal are set aside and named in ``flaws``.

    Raises UnusableFile where there is no header, NewerFormat for a later version's journal.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnusableFile(str(path), error.strerror or str(error)) from error
    return parse_journal(raw, str(path))


def parse_journal(raw: bytes, path: str) -> Journal:
    """As :func:`read_journal`, of what was read from *path* (for messages)."""
    rest = _lines_of(raw)
    header, version = _header(path, next(rest, b""))
    files: list[OwnedFile] = []
    errors: list[CollectionError] = []
    begun: dict[ItemKey, Limit | None] = {}
    stacks = ""
    ends = _Ends()
    footer: JournalFooter | None = None
    flaws: list[str] = []
    empty = 0
    for number, text in enumerate(rest, start=2):
        if empty + len(flaws) > MOST_FLAWS:
            raise UnusableFile(path, f"has more than {MOST_FLAWS:,} lines that are none of a journal")
        if text == b"\n":
            empty += 1
            continue
        if is_watchdogs(text):
            stacks = told(text, rest)
            break
        try:
            line = parse_line(text)
            kind = line.get("kind")
            if kind == lines.TEST:
                test = lines.parse_test(line)
                ends.add(test, had_begun=test.key in begun)
                begun.pop(test.key, None)
            elif kind == lines.START:
                key, limit = lines.parse_start(line)
                begun[key] = limit
            elif kind == lines.FILE:
                files.append(lines.parse_file(line, version))
            elif kind == lines.ERROR:
                errors.append(lines.parse_error(line))
            elif kind == lines.FOOTER:
                footer = lines.parse_footer(line)
            else:
                raise ValueError(f"unknown kind {kind!r}")
        except ValueError:
            what = "no journal line" if text.endswith(b"\n") else "torn"
            flaws.append(f"line {number} is {what} and was set aside")
    if stacks and begun:
        # Without workers, whose stacks are elsewhere, one test runs at a time: the last that began.
        key, limit = begun.popitem()
        ends.add(stopped_test(key, _stored_tail(key, files), limit, stacks), had_begun=True)
    return Journal(
        path=path,
        header=header,
        files=tuple(files),
        errors=tuple(errors),
        tests=tuple(ends.tests),
        begun=tuple(begun),
        footer=footer,
        flaws=tuple(flaws),
    )


def _stored_tail(key: ItemKey, files: Iterable[OwnedFile]) -> str:
    """The tail that the shard keeps the duration of that test under: its own, or its function's."""
    selected = {tail for file in files if file.file == key.file for tail in file.selected or ()}
    function = function_of(key.tail)
    return function if key.tail not in selected and function in selected else key.tail


class _Ends:
    """The tests that ended, in that order.

    A worker that dies when a test has ended, and before it says that it goes on to the next, gives that test a
    second end: it has crashed. That one counts.
    """

    def __init__(self) -> None:
        self.tests: list[FinishedTest] = []
        self._places: dict[tuple[ItemKey, str], int] = {}

    def add(self, test: FinishedTest, *, had_begun: bool) -> None:
        name = (test.key, test.lane)
        if test.outcome == CRASHED and not had_begun and name in self._places:
            self.tests[self._places[name]] = test
            return
        self._places[name] = len(self.tests)
        self.tests.append(test)


def _lines_of(raw: bytes) -> Iterator[bytes]:
    """Each line with its end, one after another: a list of all could take many times the space of *raw*."""
    stream = io.BytesIO(raw)
    return iter(lambda: stream.readline(_MOST_LINE_BYTES), b"")


def read_header(path: Path) -> JournalHeader:
    """Only the first line. Raises UnusableFile or NewerFormat as :func:`read_journal` does."""
    try:
        with open(path, "rb") as file:
            return _header(str(path), file.readline())[0]
    except OSError as error:
        raise UnusableFile(str(path), error.strerror or str(error)) from error


def read_footer(path: Path) -> JournalFooter | None:
    """Only the last line; None where the journal has no footer (yet)."""
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
        line = parse_table(last)
        return lines.parse_footer(line) if line.get("kind") == lines.FOOTER else None
    except (OSError, ValueError):
        return None


def _header(path: str, first: bytes) -> tuple[JournalHeader, int]:
    """The header, and the version of the journal's format."""
    try:
        line = parse_table(first)
        found = format_version(line)
        if line.get("kind") == lines.HEADER and found > lines.FORMAT:
            raise NewerFormat(path, found, lines.FORMAT)
        return lines.parse_header(line), found
    except ValueError as error:
        raise UnusableFile(path, "has no journal header") from error
