"""Which history and which proof a run belongs to, and which part of a run a process is."""

from __future__ import annotations

import hashlib
import re

from pytest_smartshard.lazy_dataclasses import dataclass

WHOLE_SUITE = "all"
"""Selection of a run without ``-k``, ``-m``, ``--deselect`` or arguments."""

LONGEST_NAME = 60
"""Characters of a safe name: a segment has three of them, and the name of a file 255 bytes."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def safe_name(text: str) -> str:
    """*text* as a file name on every system; different texts give different names.

    Where characters had to be replaced or the text is too long, eight hex digits of its SHA-256 are appended.
    """
    name = _UNSAFE.sub("-", text).strip(".-")
    if name == text and len(name) <= LONGEST_NAME:
        return name
    suffix = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    kept = name[: LONGEST_NAME - 1 - len(suffix)]
    return f"{kept}-{suffix}" if kept else suffix


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One history and one proof: suite + environment + selection.

    Each part is a safe file name; ``@`` separates them in :attr:`slug`, the segment's name on disk.
    """

    suite: str
    environment: str
    selection: str = WHOLE_SUITE

    @property
    def slug(self) -> str:
        return f"{self.suite}@{self.environment}@{self.selection}"

    @classmethod
    def from_slug(cls, slug: str) -> Segment:
        """The segment of that name. Raises ValueError for anything but three safe names.

        Names come from artifacts too, and must not lead out of the folder that a store lies in.
        """
        parts = slug.split("@")
        if len(parts) != 3 or any(not part or safe_name(part) != part for part in parts):
            raise ValueError(f"{slug!r} is no name of a segment")
        return cls(*parts)


@dataclass(frozen=True, slots=True, order=True)
class ShardIndex:
    """Shard ``number`` of ``count``; both 1-based, ``1 <= number <= count``."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIdentity:
    """One execution of all shards, and which attempt at it a process is.

    ``run`` never contains the attempt. ``generation`` is 0 for the run itself and counts up for runs of
    what was left. ``attempt`` is 1-based.
    """

    run: str
    generation: int = 0
    attempt: int = 1
