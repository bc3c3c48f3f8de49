"""What the watchdog of a process wrote when it ended it: Python's own words, behind the last line of a journal.

A call into C that never comes back and keeps Python's lock can be ended only from outside. The watchdog appends a
line that begins with ``Timeout (0:00:50``, has :mod:`faulthandler` append the stacks, and ends the process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_smartshard.dispatching.limits import limit_words
from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.record import TIMED_OUT, FinishedTest
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

MOST_BYTES = 64_000
"""Of stacks that are kept. Python itself shows no more than 100 threads, and 100 calls of each."""

_FIRST = re.compile(rb"Timeout \((\d{1,4}):(\d\d):(\d\d)(\.\d+)?\)!\r?\n")


def is_watchdogs(line: bytes) -> bool:
    """Whether the watchdog's words begin with that line."""
    return _FIRST.fullmatch(line) is not None


def told(first: bytes, rest: Iterator[bytes]) -> str:
    """What it wrote, as text; *rest* are the lines after the *first*."""
    stacks = first
    for line in rest:
        stacks += line
        if len(stacks) > MOST_BYTES:
            break
    return stacks[:MOST_BYTES].decode("utf-8", "backslashreplace").replace("\r\n", "\n")


def stopped_test(key: ItemKey, stored_tail: str, limit: Limit | None, stacks: str) -> FinishedTest:
    """The end of the test that ran when the process was ended."""
    words = f", {limit_words(limit)}" if limit is not None else ""
    return FinishedTest(
        key=key,
        stored_tail=stored_tail,
        outcome=TIMED_OUT,
        call=_microseconds(stacks),
        details="\n".join([f"Timeout: its process was ended{words}", stacks]),
        limit=limit.microseconds if limit is not None else 0,
    )


def _microseconds(stacks: str) -> int:
    """What the watchdog waited for."""
    match = _FIRST.match(stacks.encode("utf-8"))
    assert match is not None
    hours, minutes, seconds = map(int, match.groups()[:3])
    fraction = float(match[4] or 0)
    return round(((hours * 60 + minutes) * 60 + seconds + fraction) * MICROSECONDS_PER_SECOND)
