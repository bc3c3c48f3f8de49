"""What ``smartshard store`` says of its changes, a line for each segment."""

from __future__ import annotations

from collections.abc import Callable

from pytest_smartshard.operations.pruning import Pruned
from pytest_smartshard.operations.rearranging import Change
from pytest_smartshard.wording import listed, plural, seconds


def pruned(found: Pruned, safe: Callable[[str], str], *, dry_run: bool) -> str:
    """What goes out of a segment; *safe* makes foreign names safe to print."""
    slug = found.stored.segment.slug
    if not found.taken:
        return f"{slug}: nothing to take out of {plural(found.left, 'test')}"
    files = plural(len({test.key.file for test in found.taken}), "file")
    what = f"{plural(len(found.taken), 'test')} of {files} ({seconds(sum(test.cost for test in found.taken))})"
    names = listed([safe(str(test.key)) for test in found.taken])
    if not dry_run:
        return f"{slug}: took out {what}, {found.left:,} left: {names}"
    sure = ", which is over half and needs --yes" if found.is_most else ""
    return f"{slug}: would take out {what}, {found.left:,} left{sure}: {names}"


def changed(found: Change, *, dry_run: bool) -> str:
    """What a segment holds after it was split or joined."""
    slug = found.segment.slug
    if found.is_removed:
        return f"{slug}: {'would be ' if dry_run else ''}removed, its tests are all elsewhere now"
    content = f"{plural(found.tests, 'test')} of {plural(found.files, 'file')} in {found.path}"
    return f"{slug}: would hold {content}" if dry_run else f"{slug}: now holds {content}"
