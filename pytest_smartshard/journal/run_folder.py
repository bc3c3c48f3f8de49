"""Names and places of what runs leave behind: ``runs/<run>/<segment>/<generation>-<K>-of-<N>-<attempt>``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex, safe_name

RUNS = "runs"

MERGED = "merged"
"""Folder below the home folder in which a merge leaves its reports."""

JOURNAL_SUFFIX = ".jsonl"
PLAN_SUFFIX = ".plan.json"
INVENTORY_SUFFIX = ".tests.json"

_JOURNAL = re.compile(r"(\d+)-(\d+)-of-(\d+)-(\d+)\.jsonl")


def segment_folder(home: Path, run: str, segment: Segment) -> Path:
    """Where the shards of one segment of one run write, below *home* (the ``.smartshard`` folder)."""
    return home / RUNS / safe_name(run) / segment.slug


def journal_name(identity: RunIdentity, shard: ShardIndex) -> str:
    return f"{identity.generation}-{shard.number}-of-{shard.count}-{identity.attempt}{JOURNAL_SUFFIX}"


def plan_name(generation: int, digest: str) -> str:
    """Named by digest: shards that planned alike share the file, others do not overwrite it."""
    return f"{generation}-{digest}{PLAN_SUFFIX}"


def inventory_name(digest: str) -> str:
    """Named by digest, as plans are. What was collected belongs to no generation."""
    return f"{digest}{INVENTORY_SUFFIX}"


def attempts_of(folder: Path, generation: int, shard: ShardIndex) -> list[tuple[int, Path]]:
    """Attempts (1-based) that shard has journals of in *folder*, oldest first."""
    found = []
    for path in journals_in(folder):
        match = _JOURNAL.fullmatch(path.name)
        if match and tuple(map(int, match.groups()[:3])) == (generation, shard.number, shard.count):
            found.append((int(match[4]), path))
    return sorted(found)


def journals_in(folder: Path) -> list[Path]:
    """Journals directly in *folder*, by name; none where there is no such folder."""
    try:
        return sorted(path for path in folder.iterdir() if _JOURNAL.fullmatch(path.name))
    except OSError:
        return []


def journals_below(place: Path) -> Iterator[Path]:
    """Every journal at or anywhere below *place*, by name; links to folders are not followed."""
    if place.is_file():
        yield place
        return
    yield from sorted(path for path in place.rglob(f"*{JOURNAL_SUFFIX}") if path.is_file())
