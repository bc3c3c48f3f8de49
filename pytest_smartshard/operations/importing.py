"""Taking durations that other tools measured into the store of a segment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pytest_smartshard.errors import UnusableFile, UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import History
from pytest_smartshard.model.record import ERROR, FAILED, FinishedTest, Journal, JournalHeader
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.suite import ItemKey, function_of
from pytest_smartshard.operations.changing import change_store
from pytest_smartshard.proving.joining import join
from pytest_smartshard.reports.display import printable
from pytest_smartshard.store.foreign.files import ForeignFile, read_foreign
from pytest_smartshard.store.foreign.locating import Checkout
from pytest_smartshard.store.foreign.protocol import ForeignRun
from pytest_smartshard.store.place import StorePlace
from pytest_smartshard.wording import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteMatch:
    """Of ``tests`` of a suite, ``lacking`` are those that the store has no duration of, sorted."""

    tests: int
    lacking: tuple[ItemKey, ...]

    @property
    def known(self) -> int:
        return self.tests - len(self.lacking)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of an import.

    ``read``: files by tool. ``runs``: in how many runs ``timed`` tests were measured; of these ``failed`` never
    passed, and ``forgotten`` are not in the segment's newest complete run, so the store did not take them.
    ``untimed``: tests without a duration, skipped ones for the most part. ``files`` hold the timed tests;
    ``absent`` of them are not here, ``here`` counts tests in the others. ``nameless``: names of tests whose file
    is not known. ``known``: tests in the store now. ``match``: where the suite's tests were given.
    """

    segment: Segment
    store: Path
    changed: bool
    known: int
    read: Mapping[str, int]
    runs: int
    timed: int
    failed: int
    untimed: int
    forgotten: tuple[ItemKey, ...]
    files: tuple[str, ...]
    here: int
    absent: tuple[str, ...]
    nameless: tuple[str, ...]
    match: SuiteMatch | None
    notes: tuple[str, ...]


def import_durations(
    paths: Iterable[Path], place: StorePlace, segment: Segment, rootdir: Path, suite: Sequence[ItemKey] | None
) -> Imported:
    """Join what the files at *paths* hold into the store of *segment*; *suite* is its tests where they are known.

    Each file is a run of its own, older than all that shards have measured, whenever it was written. Importing a
    file again changes nothing. Files that cannot be used are named in the notes. Raises UsageError where none
    can, or where the store is of another segment; NewerFormat; OSError where it cannot be written.
    """
    checkout = Checkout(rootdir, suite or ())
    notes: list[str] = []
    found = list(_readings(paths, checkout, notes))
    if not found:
        raise UsageError(
            [
                *notes,
                "nothing to import: name files of pytest-split, pytest-balance or JUnit, or a folder of them",
            ]
        )
    dated = _dated(found)
    runs = [run for run, _ in dated]
    timed = {key for run in runs for key in run.timings}
    if not timed:
        names = listed([ascii(name) for run in runs for name in run.nameless])
        problem = (
            f"{names}: no file below {rootdir} fits the class; start the import in the folder that pytest shows "
            "as rootdir, or name the suite's tests with --tests=FILE"
        )
        raise UsageError([*notes, problem])
    change = change_store(place, segment, lambda history: join(history, _journals(dated, segment, history)))
    passed = {key for run in runs for key, timing in run.timings.items() if timing.outcome not in (FAILED, ERROR)}
    files = tuple(sorted({key.file for key in timed}))
    absent = dict.fromkeys(file for file in files if not checkout.has(file))
    tails = {file: frozenset(history.tails) for file, history in change.after.files.items()}
    return Imported(
        segment=segment,
        store=change.path,
        changed=change.written,
        known=change.tests,
        read=dict(sorted(Counter(file.tool for file in found).items())),
        runs=len({run.name for run in runs}),
        timed=len(timed),
        failed=len(timed - passed),
        untimed=sum(run.untimed for run in runs),
        forgotten=tuple(sorted(key for key in timed if key.tail not in tails.get(key.file, ()))),
        files=files,
        here=sum(key.file not in absent for key in timed),
        absent=tuple(absent),
        nameless=tuple(sorted({name for run in runs for name in run.nameless})),
        match=None if suite is None else _match(suite, tails),
        notes=(*notes, *change.notes),
    )


def _readings(paths: Iterable[Path], checkout: Checkout, notes: list[str]) -> Iterable[ForeignFile]:
    """The files that hold a test; a note for each that does not, or of which something is passed over."""
    for path in paths:
        try:
            file = read_foreign(path, checkout)
        except UnusableFile as problem:
            notes.append(f"{printable(problem.path)} {problem.reason}: left out")
            continue
        notes.extend(f"{printable(str(path))}: {flaw}" for flaw in file.reading.flaws)
        if any(run.timings or run.nameless for run in file.reading.runs):
            yield file
        else:
            notes.append(f"{printable(str(path))} holds no durations: left out")


def _dated(files: Iterable[ForeignFile]) -> list[tuple[ForeignRun, float]]:
    """The runs of *files* with the time of the file, each once: the same content may lie there twice."""
    dated: dict[str, list[tuple[ForeignRun, float]]] = defaultdict(list)
    for file in sorted(files, key=lambda file: (file.changed, str(file.path))):
        for run in file.reading.runs:
            if all(run != other for other, _ in dated[run.name]):
                dated[run.name].append((run, file.changed))
    return [each for name in sorted(dated) for each in dated[name]]


def _journals(runs: Iterable[tuple[ForeignRun, float]], segment: Segment, history: History) -> Iterable[Journal]:
    """The runs as journals of shards that never finished: what such a one lacks is never taken for deleted.

    A run that does not say when it was is as old as its file, and stays as old as *history* has it: a file gets
    another time whenever it is copied.
    """
    known = {run.run: run.started for run in (*history.runs, *history.other_runs)}
    for run, changed in runs:
        if not run.timings:
            continue
        started = known.get(run.name, changed) if run.started is None else run.started
        header = JournalHeader(
            segment=segment,
            identity=RunIdentity(run=run.name),
            shard=ShardIndex(1, 1),
            digest="",
            started=started,
            selected=len(run.timings),
        )
        tests = tuple(
            FinishedTest(key=key, stored_tail=key.tail, outcome=timing.outcome, call=timing.duration)
            for key, timing in run.timings.items()
        )
        yield Journal(path="", header=header, tests=tests)


def _match(suite: Iterable[ItemKey], tails: Mapping[str, frozenset[str]]) -> SuiteMatch:
    tests = sorted(set(suite))

    def is_known(test: ItemKey) -> bool:
        # Under its function's name where the ids of its parameters change from process to process.
        return not tails.get(test.file, frozenset()).isdisjoint((test.tail, function_of(test.tail)))

    return SuiteMatch(tests=len(tests), lacking=tuple(test for test in tests if not is_known(test)))
