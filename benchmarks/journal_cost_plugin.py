"""Pytest plugin of ``journal_cost.py``: adds up the time that the run spends inside the journal's writer.

At the end it writes the same lines once more, each with one ``os.write`` to a file beside the journal. The sums
go as JSON to the file that ``SMARTSHARD_BENCH_ANSWER`` names. An xdist worker has no journal.
"""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_smartshard.journal.writing import JournalWriter

ANSWER = "SMARTSHARD_BENCH_ANSWER"


class Clock:
    """Nanoseconds spent inside the functions that it has wrapped, by the wall and as processor time of the
    thread, and the journal that was written meanwhile."""

    def __init__(self) -> None:
        self.wall = 0
        self.cpu = 0
        self.path: Path | None = None

    def timed(self, function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def wrapper(writer: JournalWriter, *arguments: Any) -> None:
            cpu, wall = time.thread_time_ns(), time.perf_counter_ns()
            function(writer, *arguments)
            self.wall += time.perf_counter_ns() - wall
            self.cpu += time.thread_time_ns() - cpu
            self.path = writer.path

        return wrapper


def written_again(lines: list[bytes], path: Path) -> int:
    """Nanoseconds of wall clock that one ``os.write`` for each of *lines* takes, to a new file at *path*."""
    spent = 0
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        for line in lines:
            start = time.perf_counter_ns()
            os.write(target, line)
            spent += time.perf_counter_ns() - start
    finally:
        os.close(target)
    return spent


CLOCK = Clock()


def pytest_configure() -> None:
    for name in ("begin", "add"):
        setattr(JournalWriter, name, CLOCK.timed(getattr(JournalWriter, name)))


def pytest_unconfigure() -> None:
    if CLOCK.path is None:
        return
    lines = CLOCK.path.read_bytes().splitlines(keepends=True)
    told = [line for line in lines if json.loads(line)["kind"] in ("start", "test")]
    bound = written_again(told, CLOCK.path.with_name("bound"))
    answer = {
        "wall": CLOCK.wall,
        "cpu": CLOCK.cpu,
        "bound": bound,
        "lines": len(told),
        "bytes": sum(map(len, told)),
    }
    Path(os.environ[ANSWER]).write_text(json.dumps(answer), encoding="utf-8")
