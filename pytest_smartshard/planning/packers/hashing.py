"""Placing by name alone."""

from __future__ import annotations

import hashlib

from pytest_smartshard.planning.packers.protocol import Bins, Units


def choose(name: str, choices: int) -> int:
    """A number from 0 to *choices* - 1 that depends on nothing but *name* (SHA-256, so alike everywhere)."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % choices


class Hashing:
    """Each unit goes where its name says, whatever else there is: no history, no other test matters."""

    needs_costs = False

    def pack(self, units: Units, bins: Bins) -> list[int]:
        return [
            choose(f"{file}::{tail}", bins.total) for file, tail in zip(units.files, units.tails, strict=True)
        ]
