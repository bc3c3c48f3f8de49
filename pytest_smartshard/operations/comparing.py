"""What differs between two stores, as far as it decides how a suite is divided: costs, and who has which."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_smartshard.errors import UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import History
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.inspecting import KnownTest, costs_of, shared_costs_of
from pytest_smartshard.operations.stores import StoredSegment, files_in, read_usable
from pytest_smartshard.store.place import StorePlace


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedCost:
    """A test or shared cost that takes something else in B than in A, in microseconds, above 0."""

    key: ItemKey
    before: int
    after: int

    @property
    def change(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """``only_a`` and ``only_b`` have the costliest first, ``changed`` the one whose cost changed most."""

    only_a: tuple[KnownTest, ...] = ()
    only_b: tuple[KnownTest, ...] = ()
    changed: tuple[ChangedCost, ...] = ()

    @property
    def is_none(self) -> bool:
        return not (self.only_a or self.only_b or self.changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One segment of two stores. Totals are microseconds.

    ``a`` and ``b`` say which segment each side has, None where it has none. ``only_a`` and ``only_b`` have the
    costliest test first, ``changed`` the one whose cost changed most. ``shared`` is the same of shared costs,
    with place and name for file and tail. ``other_needs`` are the tests in both that need something else, sorted.
    ``same_runs``: both know the same runs.
    """

    a: Segment | None
    b: Segment | None
    tests_a: int
    tests_b: int
    total_a: int
    total_b: int
    only_a: tuple[KnownTest, ...]
    only_b: tuple[KnownTest, ...]
    changed: tuple[ChangedCost, ...]
    shared: Difference
    other_needs: tuple[ItemKey, ...]
    same_runs: bool

    @property
    def is_equal(self) -> bool:
        """Whether both divide a suite alike: the same tests and shared costs, with the same costs and needs."""
        tests = Difference(only_a=self.only_a, only_b=self.only_b, changed=self.changed)
        return None not in (self.a, self.b) and tests.is_none and self.shared.is_none and not self.other_needs


def compare(a: Path, b: Path) -> list[Comparison]:
    """Two stores that are one file each, or all segments of two folders, sorted by name.

    Raises UsageError where there is nothing to compare or a file cannot be used, and OSError.
    """
    problems = [
        f"{name}={path}: does not exist; name a store: a folder, or one of its files"
        for name, path in (("A", a), ("B", b))
        if not path.exists()
    ]
    if not problems and a.is_dir() != b.is_dir():
        problems.append(f"A={a} B={b}: a folder and a file; name two folders or two files")
    if problems:
        raise UsageError(problems)
    before, after = _segments_at("A", a), _segments_at("B", b)
    if not a.is_dir():
        return [_compared(before[0], after[0])]
    by_segment = [{stored.segment: stored for stored in side} for side in (before, after)]
    return [
        _compared(by_segment[0].get(segment), by_segment[1].get(segment))
        for segment in sorted({*by_segment[0], *by_segment[1]})
    ]


def _segments_at(name: str, path: Path) -> tuple[StoredSegment, ...]:
    is_file = not path.is_dir()
    files = [path] if is_file else files_in(path)
    if not files:
        raise UsageError([f"{name}={path}: no store is there; name the folder that the .json files are in"])
    return read_usable(StorePlace(path, is_file=is_file), files)


def _compared(a: StoredSegment | None, b: StoredSegment | None) -> Comparison:
    histories = [History() if side is None else side.history for side in (a, b)]
    tests_a, tests_b = map(costs_of, histories)
    tests = _difference(tests_a, tests_b)
    needs_a, needs_b = map(_needs_of, histories)
    runs_a, runs_b = ({run.identity for run in history.runs} for history in histories)
    return Comparison(
        a=None if a is None else a.segment,
        b=None if b is None else b.segment,
        tests_a=len(tests_a),
        tests_b=len(tests_b),
        total_a=sum(test.cost for test in tests_a),
        total_b=sum(test.cost for test in tests_b),
        only_a=tests.only_a,
        only_b=tests.only_b,
        changed=tests.changed,
        shared=_difference(*map(shared_costs_of, histories)),
        other_needs=tuple(
            sorted(key for key, needs in needs_a.items() if needs_b.get(key, needs) != needs),
        ),
        same_runs=runs_a == runs_b,
    )


def _difference(a: Sequence[KnownTest], b: Sequence[KnownTest]) -> Difference:
    cost_a, cost_b = ({known.key: known.cost for known in side} for side in (a, b))
    changed = [
        ChangedCost(key=known.key, before=known.cost, after=cost_b[known.key])
        for known in a
        if cost_b.get(known.key, known.cost) != known.cost
    ]
    return Difference(
        only_a=tuple(known for known in a if known.key not in cost_b),
        only_b=tuple(known for known in b if known.key not in cost_a),
        changed=tuple(sorted(changed, key=lambda known: (-abs(known.change), known.key))),
    )


def _needs_of(history: History) -> dict[ItemKey, tuple[str, ...]]:
    """What each test needs, nothing where nothing is known of it."""
    return {
        ItemKey(file, tail): known.needs[known.needing[place]] if known.needing else ()
        for file, known in history.files.items()
        for place, tail in enumerate(known.tails)
    }
