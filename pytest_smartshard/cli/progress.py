"""Progress of a command that takes long, on a terminal only."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TextIO

QUIET_SECONDS = 1.0
"""What ends sooner shows nothing."""

STEP_SECONDS = 0.1
"""Between two changes of the line, while the same is being done."""


@contextlib.contextmanager
def progress_on(
    stream: TextIO, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[str, int, int], None]]:
    """A function to be called with what is being done, how much of it is done, and how much there is or 0.

    It tells that in one line on *stream*, which is taken away at the end. Where *stream* is no terminal nothing
    is written. *clock* gives seconds.
    """
    began = clock()
    shown = ""
    shown_at = began
    width = 0

    def show(what: str, done: int, total: int) -> None:
        nonlocal shown, shown_at, width
        now = clock()
        is_soon = what == shown and now - shown_at < STEP_SECONDS
        if now - began < QUIET_SECONDS or is_soon or not stream.isatty():
            return
        text = f"smartshard: {what}, {done:,} of {total:,}" if total else f"smartshard: {what}"
        stream.write(f"\r{text.ljust(width)}")
        stream.flush()
        shown, shown_at, width = what, now, max(width, len(text))

    try:
        yield show
    finally:
        if width:
            stream.write(f"\r{' ' * width}\r")
            stream.flush()
