"""Progress of a command that takes long: on a terminal, after a second, and for no longer than it runs."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

import pytest

from pytest_smartshard.cli.progress import progress_on


@dataclass(slots=True)
class Clock:
    """Stands still until it is told to go on."""

    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True, slots=True)
class Terminal:
    """A real one: what is written to ``stream`` is shown."""

    stream: TextIO
    master: int

    def shown(self) -> str:
        """All that was written, once nothing more comes."""
        self.stream.flush()
        # Arrives after all that was written before it.
        os.write(self.stream.fileno(), b"\x04")
        found = b""
        while not found.endswith(b"\x04"):
            found += os.read(self.master, 4096)
        return found[:-1].decode("ascii")


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    master, slave = pty.openpty()
    try:
        with open(slave, "w", encoding="utf-8") as stream:
            yield Terminal(stream, master)
    finally:
        os.close(master)


def test_after_a_second_a_line_says_how_far_it_is_and_is_wiped_at_the_end(terminal: Terminal) -> None:
    clock = Clock()
    with progress_on(terminal.stream, clock) as progress:
        clock.seconds += 1
        progress("reading journals", 1_200, 5_000)
        clock.seconds += 1
        progress("joining", 0, 0)
    line = "\rsmartshard: reading journals, 1,200 of 5,000"
    width = len(line) - 1
    wiped = f"\r{' ' * width}\r"
    assert terminal.shown() == line + "\rsmartshard: joining".ljust(width + 1) + wiped


def test_what_takes_less_than_a_second_shows_nothing(terminal: Terminal) -> None:
    clock = Clock()
    with progress_on(terminal.stream, clock) as progress:
        progress("reading journals", 0, 2)
        clock.seconds += 0.9
        progress("reading journals", 1, 2)
    assert terminal.shown() == ""


def test_a_line_changes_ten_times_a_second_at_most_but_a_new_step_is_told_at_once(terminal: Terminal) -> None:
    clock = Clock()
    with progress_on(terminal.stream, clock) as progress:
        clock.seconds += 5
        for done in range(1, 31):
            progress("reading", done, 30)
            clock.seconds += 0.01
        progress("proving", 0, 0)
        progress("joining", 0, 0)
    told = terminal.shown().split("\r")[1:]
    assert [line.rstrip() for line in told] == [
        "smartshard: reading, 1 of 30",
        "smartshard: reading, 11 of 30",
        "smartshard: reading, 21 of 30",
        "smartshard: proving",
        "smartshard: joining",
        "",
        "",
    ]


def test_the_line_is_wiped_also_where_it_goes_wrong(terminal: Terminal) -> None:
    clock = Clock()

    with contextlib.suppress(ValueError), progress_on(terminal.stream, clock) as progress:
        clock.seconds += 2
        progress("reading", 1, 2)
        raise ValueError
    line = "\rsmartshard: reading, 1 of 2"
    assert terminal.shown() == f"{line}\r{' ' * (len(line) - 1)}\r"


def test_what_is_no_terminal_is_told_nothing() -> None:
    clock, stream = Clock(), io.StringIO()
    with progress_on(stream, clock) as progress:
        clock.seconds += 5
        progress("reading", 1, 2)
    assert stream.getvalue() == ""
