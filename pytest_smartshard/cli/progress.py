"""Progress of a command that takes long, on a terminal only."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TextIO

QUIET_SECONDS = 1.0
"""What ends sooner shows nothing."""

STEP_SECONDS = 0.1
"""Between two changes of the line."""


@contextlib.contextmanager
def progress_on(stream: TextIO, noun: str) -> Iterator[Callable[[int, int], None]]:
    """A function to be called with how much is done and how much there is, which tells it on *stream*.

    The line is taken away at the end. Where *stream* is no terminal nothing is written.
    """
    began = time.monotonic()
    shown_at = 0.0
    width = 0

    def show(done: int, total: int) -> None:
        nonlocal shown_at, width
        now = time.monotonic()
        if now - began < QUIET_SECONDS or now - shown_at < STEP_SECONDS or not stream.isatty():
            return
        text = f"smartshard: {done:,} of {total:,} {noun}"
        stream.write(f"\r{text.ljust(width)}")
        stream.flush()
        shown_at, width = now, max(width, len(text))

    try:
        yield show
    finally:
        if width:
            stream.write(f"\r{' ' * width}\r")
            stream.flush()
