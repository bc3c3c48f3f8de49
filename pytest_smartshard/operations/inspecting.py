"""Looking into a store: how large, how fresh and how lopsided the history of each segment is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.shared import (
    COLLECT,
    EACH_TEST,
    HIGHER_SCOPES,
    START_UP,
    WHOLE_SUITE,
    place_of_need,
)
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.ghosts import FilesHere, Presence
from pytest_smartshard.operations.stores import (
    StoredSegment,
    UnusableStore,
    read_stores,
    store_files,
)
from pytest_smartshard.proving.joining import KEPT_RUNS, Age, age_of, by_run, is_complete, newest_complete
from pytest_smartshard.proving.samples import decode_column
from pytest_smartshard.store.place import StorePlace

TOP_SHARE = 100
"""One in so many tests, the costliest, counts as the top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTest:
    """A test and what it is expected to cost, in microseconds. Of a shared cost the key is place and name."""

    key: ItemKey
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSeen:
    """One run. ``started``: seconds since the epoch. ``unseen``: tests of the store that have no sample of it;
    None where its samples are so old that they were dropped."""

    run: str
    started: float
    is_complete: bool
    unseen: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ghosts:
    """Tests of files that are gone: names of the files, number and costs (microseconds) of the tests.

    ``unjudged``: tests of modules of which nothing can be said here.
    """

    files: tuple[str, ...]
    tests: int
    cost: int
    unjudged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """A fixture that several tests share.

    ``place``: the file, or ``""`` for the whole suite. ``name``: scope, class or package, fixture. ``cost``:
    microseconds of one set-up and tear-down. ``tests`` are known to need it.
    """

    place: str
    name: str
    cost: int
    tests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedView:
    """What a shard pays whatever its tests are. Costs are microseconds.

    ``start_up`` of a process and what running ``each_test`` takes beside its duration are 0 where they are not
    known. ``collecting``: of the ``collected`` files together; ``dearest_files`` and ``dearest_fixtures`` have
    the costliest first. ``fixtures`` are known, and setting up each once takes ``fixtures_cost``.
    """

    start_up: int
    each_test: int
    collected: int
    collecting: int
    dearest_files: tuple[KnownTest, ...]
    fixtures: int
    fixtures_cost: int
    dearest_fixtures: tuple[Fixture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentView:
    """What is known of one segment. Costs are microseconds.

    ``said``: the name in the file where that is another one. ``runs`` have samples, ``other_runs`` are only
    remembered. ``ghosts`` is None for another suite than the one at hand: its files are elsewhere. ``biggest``
    are the costliest tests; the ``top_tests`` costliest hold ``top_cost``. ``shared`` is None where no run has
    measured shared costs.
    """

    stored: StoredSegment
    said: str
    tests: int
    files: int
    total: int
    runs: int
    other_runs: int
    newest: RunSeen | None
    complete: RunSeen | None
    ghosts: Ghosts | None
    biggest: tuple[KnownTest, ...]
    top_tests: int
    top_cost: int
    shared: SharedView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreView:
    """All segments asked for, and the files that could not be used."""

    segments: tuple[SegmentView, ...]
    unusable: tuple[UnusableStore, ...]


def look_into(place: StorePlace, names: Sequence[str], suite: str, here: FilesHere, top: int) -> StoreView:
    """What is in the store at *place*, of the segments *names* or of all.

    *here* has the files of *suite*. Of the tests the *top* costliest are named. Raises UsageError and OSError.
    """
    stores = read_stores(place, store_files(place, names), names)
    views = [view_of(stored, here if stored.segment.suite == suite else None, top) for stored in stores.segments]
    return StoreView(segments=tuple(views), unusable=stores.unusable)


def view_of(stored: StoredSegment, here: FilesHere | None, top: int) -> SegmentView:
    """One segment; *here* is None where its files are elsewhere."""
    history = stored.history
    tests = costs_of(history)
    total = sum(test.cost for test in tests)
    in_top = -(-len(tests) // TOP_SHARE)
    all_runs = (*history.runs, *history.other_runs)
    newest = max(((age_of(attempts), name) for name, attempts in by_run(all_runs).items()), default=None)
    return SegmentView(
        stored=stored,
        said=history.segment if history.segment != stored.segment.slug else "",
        tests=len(tests),
        files=len(history.files),
        total=total,
        runs=len(by_run(history.runs)),
        other_runs=len(by_run(all_runs)) - len(by_run(history.runs)),
        newest=_seen(history, newest),
        complete=_seen(history, newest_complete(all_runs)),
        ghosts=None if here is None else _ghosts(tests, here),
        biggest=tuple(tests[:top]),
        top_tests=in_top,
        top_cost=sum(test.cost for test in tests[:in_top]),
        shared=_shared(history, top) if history.shared else None,
    )


def costs_of(history: History) -> list[KnownTest]:
    """All tests, the costliest first, equal ones by name."""
    return _costs_in(history.files)


def shared_costs_of(history: History) -> list[KnownTest]:
    """All shared costs, the costliest first, equal ones by place and name."""
    return _costs_in(history.shared)


def _costs_in(files: Mapping[str, FileHistory]) -> list[KnownTest]:
    tests = [
        KnownTest(key=ItemKey(file, tail), cost=cost)
        for file, known in files.items()
        for tail, cost in zip(known.tails, known.costs, strict=True)
    ]
    return sorted(tests, key=lambda test: (-test.cost, test.key))


def _shared(history: History, top: int) -> SharedView:
    costs = shared_costs_of(history)
    files = [known for known in costs if known.key.tail == COLLECT and known.key.file != WHOLE_SUITE]
    fixtures = [known for known in costs if known.key.tail.partition(" ")[0] in HIGHER_SCOPES]
    of_process = {known.key.tail: known.cost for known in costs if known.key.file == WHOLE_SUITE}
    users = _users(history)
    return SharedView(
        start_up=of_process.get(START_UP, 0),
        each_test=of_process.get(EACH_TEST, 0),
        collected=len(files),
        collecting=sum(known.cost for known in files),
        dearest_files=tuple(files[:top]),
        fixtures=len(fixtures),
        fixtures_cost=sum(known.cost for known in fixtures),
        dearest_fixtures=tuple(
            Fixture(place=known.key.file, name=known.key.tail, cost=known.cost, tests=users[known.key])
            for known in fixtures[:top]
        ),
    )


def _users(history: History) -> Counter[ItemKey]:
    """How many tests need each shared cost, by its place and name."""
    users: Counter[ItemKey] = Counter()
    for file, known in history.files.items():
        for place, tests in Counter(known.needing).items():
            users.update(
                {ItemKey(place_of_need(need, file), need): tests for need in known.needs[place]},
            )
    return users


def last_seen(history: History) -> dict[ItemKey, float]:
    """When the newest run began that has a sample of each test: seconds since the epoch, 0 for none."""
    found: dict[ItemKey, float] = {}
    for file, known in history.files.items():
        for tail in known.tails:
            found[ItemKey(file, tail)] = 0.0
        for run, column in zip(history.runs, known.columns, strict=True):
            for tail, sample in zip(known.tails, decode_column(column, len(known.tails)), strict=True):
                if sample is not None:
                    key = ItemKey(file, tail)
                    found[key] = max(found[key], run.started)
    return found


def _seen(history: History, newest: tuple[Age, str] | None) -> RunSeen | None:
    if newest is None:
        return None
    (_, started), name = newest
    all_runs = sorted((*history.runs, *history.other_runs), key=lambda run: run.age_order)
    attempts = by_run(all_runs)[name]
    is_whole = {run.identity for run in attempts} <= {run.identity for run in all_runs[-KEPT_RUNS:]}
    return RunSeen(
        run=name,
        started=started,
        is_complete=is_complete(run for run in attempts if run.generation == 0),
        unseen=_unseen(history, name) if is_whole else None,
    )


def _unseen(history: History, name: str) -> int:
    """How many tests have no sample of the run."""
    places = [place for place, run in enumerate(history.runs) if run.run == name]
    unseen = 0
    for known in history.files.values():
        columns = [decode_column(known.columns[place], len(known.tails)) for place in places]
        seen = sum(any(sample is not None for sample in row) for row in zip(*columns, strict=True))
        unseen += len(known.tails) - seen
    return unseen


def _ghosts(tests: Iterable[KnownTest], here: FilesHere) -> Ghosts:
    gone: list[KnownTest] = []
    unjudged = 0
    for test in tests:
        presence = here.presence(test.key.file)
        if presence is Presence.GONE:
            gone.append(test)
        elif presence is Presence.UNKNOWN:
            unjudged += 1
    return Ghosts(
        files=tuple(sorted({test.key.file for test in gone})),
        tests=len(gone),
        cost=sum(test.cost for test in gone),
        unjudged=unjudged,
    )
