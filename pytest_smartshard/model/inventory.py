"""Every test of a suite by name: what a proof is held against."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.suite import ItemKey

DIGEST_DIGITS = 12
"""Hex digits kept of a fingerprint: two of a million share them with a chance of 1 in 500."""


def names_digest(names: Iterable[str]) -> str:
    """SHA-256 over sorted names, cut to 12 hex digits; repeated names count each time."""
    text = json.dumps(sorted(names), separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:DIGEST_DIGITS]


@dataclass(frozen=True, slots=True)
class Inventory:
    """All tests that a shard collected, its own and others', after other plugins deselected.

    ``files`` holds their stored tails by file, both sorted, one for each test. ``uncollected`` are the keys of
    test files, sorted, that the shard saw and left to others. ``digest`` is the fingerprint of all these names.
    """

    digest: str
    files: Mapping[str, tuple[str, ...]]
    uncollected: tuple[str, ...] = ()

    @classmethod
    def of(cls, keys: Iterable[ItemKey], uncollected: Iterable[str] = ()) -> Inventory:
        """The inventory of the tests with these stored names, and of files left to others, in whatever order."""
        files: dict[str, list[str]] = defaultdict(list)
        for file, tail in keys:
            files[file].append(tail)
        return cls.of_files(files, uncollected)

    @classmethod
    def of_files(cls, files: Mapping[str, Iterable[str]], uncollected: Iterable[str] = ()) -> Inventory:
        """The same of stored tails by file."""
        ordered = {file: tuple(sorted(files[file])) for file in sorted(files)}
        digest = names_digest([f"{file}::{tail}" for file, tails in ordered.items() for tail in tails])
        others = tuple(sorted(set(uncollected)))
        if others:
            digest = names_digest([f"tests {digest}", *(f"file {file}" for file in others)])
        return cls(digest, ordered, others)

    def __len__(self) -> int:
        return sum(map(len, self.files.values()))

    def __iter__(self) -> Iterator[ItemKey]:
        return (ItemKey(file, tail) for file, tails in self.files.items() for tail in tails)
