"""Taking tests out of a store that are not to count any more."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from pathlib import Path

from pytest_smartshard.errors import UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import History
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.shared import WHOLE_SUITE
from pytest_smartshard.model.suite import ItemKey, function_of
from pytest_smartshard.operations.ghosts import FilesHere
from pytest_smartshard.operations.inspecting import KnownTest, costs_of, last_seen
from pytest_smartshard.operations.stores import (
    StoredSegment,
    Stores,
    UnusableStore,
    all_locked,
    read_stores,
    store_files,
    write_store,
)
from pytest_smartshard.proving.reshaping import reshaped
from pytest_smartshard.store.place import StorePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which tests go: all to which one of these applies. None means that it is not asked for.

    ``here``: tests of files that are gone there. ``before``: tests without a sample of a run that began at that
    time (seconds since the epoch) or later. ``listed``: tests that are not among these. ``suite`` is that of the
    folder that ``here`` and ``listed`` are about.
    """

    suite: str
    here: FilesHere | None = None
    before: float | None = None
    listed: Collection[ItemKey] | None = None

    @property
    def applies_to_suite_only(self) -> bool:
        """Whether it says nothing of other suites: their files and tests are elsewhere."""
        return self.here is not None or self.listed is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was taken out of a segment, the costliest first, and how many tests are left.

    ``emptied``: files whose shared costs go, because no test of theirs is left or they are gone themselves.
    """

    stored: StoredSegment
    taken: tuple[KnownTest, ...]
    left: int
    emptied: frozenset[str] = frozenset()

    @property
    def is_most(self) -> bool:
        """Whether over half of the segment goes; the usual cause is a wrong folder."""
        return len(self.taken) > self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """What came of it. ``passed_over`` are segments of other suites, of which the rule says nothing."""

    pruned: tuple[Pruned, ...]
    passed_over: tuple[Segment, ...]
    unusable: tuple[UnusableStore, ...]


def prune(
    place: StorePlace, names: Sequence[str], rule: Rule, root: Path, *, dry_run: bool, sure: bool
) -> Pruning:
    """Take the tests to which *rule* applies out of the segments *names*, or of all.

    With *dry_run* nothing is written. Where over half of a segment would go, nothing at all is changed and
    UsageError is raised, unless one is *sure*; *root* is the folder to name then. Raises UsageError also for
    names that do not fit, and OSError.
    """
    files = store_files(place, names)
    with contextlib.nullcontext() if dry_run else all_locked(files):
        stores = read_stores(place, files, names)
        passed_over = _other_suites(stores, rule, named=bool(names))
        pruned = [_pruned(stored, rule) for stored in stores.segments if stored.segment not in passed_over]
        problems = [_too_many(found, root) for found in pruned if found.is_most]
        if problems and not (sure or dry_run):
            raise UsageError(problems)
        if not dry_run:
            for found in pruned:
                _write(found)
    return Pruning(pruned=tuple(pruned), passed_over=passed_over, unusable=stores.unusable)


def listed_tests(keys: Sequence[ItemKey]) -> frozenset[ItemKey]:
    """The names under which durations of these tests are kept: with unstable parameters the function's."""
    return frozenset([*keys, *(key._replace(tail=function_of(key.tail)) for key in keys)])


def _other_suites(stores: Stores, rule: Rule, *, named: bool) -> tuple[Segment, ...]:
    if not rule.applies_to_suite_only:
        return ()
    others = tuple(stored.segment for stored in stores.segments if stored.segment.suite != rule.suite)
    if others and named:
        raise UsageError(
            [
                f"SEGMENT={segment.slug}: is of another suite than {rule.suite}, which is at hand here; start it "
                f"in the root folder of {segment.suite}"
                for segment in others
            ]
        )
    return others


def _pruned(stored: StoredSegment, rule: Rule) -> Pruned:
    history = stored.history
    tests = costs_of(history)
    to_take = _to_take(history, rule)
    taken = tuple(test for test in tests if test.key in to_take)
    with_tests = {test.key.file for test in tests if test.key not in to_take}
    emptied = frozenset(
        place
        for place in history.shared
        if place not in with_tests
        and place != WHOLE_SUITE
        # Of a file that never had a test here, as where a selection leaves none, its folder alone tells.
        and (place in history.files or (rule.here is not None and rule.here.is_gone(place)))
    )
    return Pruned(stored=stored, taken=taken, left=len(tests) - len(taken), emptied=emptied)


def _to_take(history: History, rule: Rule) -> set[ItemKey]:
    seen = last_seen(history)
    return {
        key
        for key, started in seen.items()
        if (rule.here is not None and rule.here.is_gone(key.file))
        or (rule.before is not None and started < rule.before)
        or (rule.listed is not None and key not in rule.listed)
    }


def _too_many(found: Pruned, root: Path) -> str:
    total = len(found.taken) + found.left
    return (
        f"{found.stored.segment.slug}: {len(found.taken):,} of {total:,} tests would go, over half; start it in "
        f"the root folder of the suite (here that is {root}), or add --yes"
    )


def _write(found: Pruned) -> None:
    stored = found.stored
    if found.taken or found.emptied:
        taken = {test.key for test in found.taken}
        after = reshaped(
            stored.history,
            lambda key: None if key in taken else key.file,
            lambda place: None if place in found.emptied else place,
        )
        write_store(stored.path, after, stored.segment)
