"""The fingerprint by which shards find out that they planned alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from pytest_smartshard.model.inventory import DIGEST_DIGITS


def plan_digest(
    owners: Mapping[str, Sequence[int]],
    cuts: Mapping[str, Mapping[str, int]],
    together: Mapping[str, int],
    history: str,
    options: Sequence[str],
) -> str:
    """SHA-256 over owners, cuts, labels, the history's digest and the options, cut to 12 hex digits.

    The mappings are taken in their own order, which planning has sorted.
    """
    encode = json.JSONEncoder(separators=(",", ":")).encode
    digest = hashlib.sha256(encode([list(options), history, together]).encode("ascii"))
    for file, shards in owners.items():
        # A file at a time: the text of all of them would be the largest thing in memory.
        digest.update(encode([file, shards, cuts.get(file, {})]).encode("ascii"))
    return digest.hexdigest()[:DIGEST_DIGITS]
