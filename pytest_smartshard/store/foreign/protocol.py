"""What every format of another tool is: bytes in, runs with timed tests out."""

from __future__ import annotations

from typing import Protocol

from pytest_smartshard.checked import MOST_MICROSECONDS
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import IMPORTED
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.store.foreign.locating import Checkout
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND


class Unreadable(ValueError):
    """Why a file is none of its format, in words that follow the file's name: ``is no complete JSON``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One test as another tool timed it: whole microseconds, and one of our own outcomes."""

    duration: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRun:
    """What one run of another tool left.

    ``name`` follows from the content, so that the same file is the same run wherever it lies. ``started``:
    seconds since the epoch, None where the tool does not say. ``nameless``: names of tests, as the tool wrote
    them, whose file is not known. ``untimed`` counts the tests that have no duration: skipped, for the most part.
    """

    name: str
    started: float | None
    timings: dict[ItemKey, Timing]
    nameless: tuple[str, ...] = ()
    untimed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file holds. ``flaws`` says in words what in it had to be passed over."""

    runs: tuple[ForeignRun, ...]
    flaws: tuple[str, ...] = ()


class ForeignFormat(Protocol):
    """One format. Its reader gives the same for the same bytes and checkout, and follows nothing they say."""

    def recognises(self, raw: bytes) -> bool:
        """Whether *raw* begins as a file of this format does; whether it is one is for :meth:`read` to say."""
        ...

    def read(self, raw: bytes, checkout: Checkout) -> Reading:
        """What *raw* holds, under the names that tests have in *checkout*.

        Raises Unreadable.
        """
        ...


def run_name(tool: str, digest: str) -> str:
    """The name of a run that *tool* measured; *digest* is a fingerprint of what tells it from others."""
    return f"{IMPORTED}{tool}-{digest}"


def microseconds(seconds: float) -> int:
    """*seconds* (finite, from 0) as whole microseconds, cut to what a duration can be."""
    return min(MOST_MICROSECONDS, round(min(seconds, MOST_MICROSECONDS) * MICROSECONDS_PER_SECOND))
