"""Runs whose truth is known: shards that plan by stores of their own, die, stop, are repeated, run what was left.

Everything goes through the real planner and real journals on disk. What happened is written down apart, test by
test, and :func:`truth_of` works out from that alone what a merge has to say.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st
from making import history_of

from pytest_smartshard.journal.inventory_file import inventory_text
from pytest_smartshard.journal.run_folder import inventory_name, journal_name, segment_folder
from pytest_smartshard.journal.writing import JournalWriter
from pytest_smartshard.model.inventory import Inventory, names_digest
from pytest_smartshard.model.record import FinishedTest, JournalFooter, JournalHeader, OwnedFile
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.suite import CollectedTest, ItemKey, Suite, SuiteFile
from pytest_smartshard.planning.placement import shard_of
from pytest_smartshard.planning.planner import PlanOptions, make_plan

RUN = "ci-7"

Names = tuple[ItemKey, ...]
"""The tests of a suite: a name stands there once for each test that has it."""


@dataclass(frozen=True, slots=True)
class Event:
    """A test came to its end."""

    generation: int
    shard: ShardIndex
    job: int
    attempt: int
    key: ItemKey
    outcome: str


@dataclass(frozen=True, slots=True)
class Job:
    """One process that ran a shard: what it saw and was to run, and how it ended.

    ``reason`` is None where it died.
    """

    number: int
    generation: int
    shard: ShardIndex
    attempt: int
    digest: str
    suite: Names
    own: Names
    reason: str | None


@dataclass(slots=True)
class History:
    """All that happened in one segment."""

    segment: Segment
    jobs: list[Job] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Truth:
    """What a merge has to say of one segment."""

    verdict: int
    lost: Mapping[ItemKey, int]
    doubled: frozenset[ItemKey]


@st.composite
def suites(draw: st.DrawFn) -> Names:
    """A few files with a few tests; some names are shared by two tests."""
    names = []
    for file in range(draw(st.integers(1, 3))):
        for test in range(draw(st.integers(0 if file else 1, 6))):
            count = draw(st.sampled_from([1] * 9 + [2]))
            names += [ItemKey(f"test_{file}.py", f"test_{test}")] * count
    return tuple(sorted(names))


@dataclass(slots=True)
class Simulation:
    """Draws what happens, runs it, and leaves the artifacts of each job in a folder of its own below *home*."""

    home: Path
    data: st.DataObject
    jobs: int = 0

    def segment(self, segment: Segment) -> History:
        """All that happens in one segment: a run, and up to two generations of what was left."""
        draw = self.data.draw
        history = History(segment)
        suite = draw(suites())
        self._generation(history, 0, suite, suite)
        for generation in range(1, draw(st.sampled_from([1, 1, 1, 2, 3]))):
            if draw(st.integers(0, 5)) == 0:  # the checkout has moved on
                suite = tuple(sorted({*suite[1:], ItemKey("test_new.py", f"test_{generation}")}))
            rest = rest_of(history, suite, draw(st.sampled_from(["all", "unfinished"])))
            self._generation(history, generation, suite, rest)
        return history

    def _generation(self, history: History, generation: int, suite: Names, rest: Names) -> None:
        draw = self.data.draw
        count = draw(st.integers(1, 4))
        stores = {0: self._costs(suite), 1: self._costs(suite)}
        for number in range(1, count + 1):
            attempts = draw(st.sampled_from([1] * 8 + [0, 2, 2, 3]))
            for attempt in range(1, attempts + 1):
                store = stores[draw(st.sampled_from([0] * 12 + [1]))]
                seen, mine = suite, rest
                if draw(st.integers(0, 30)) == 0:  # another checkout
                    seen, mine = suite[1:], rest[1:]
                for _ in range(draw(st.sampled_from([1] * 30 + [2]))):
                    self._job(history, generation, ShardIndex(number, count), attempt, store, seen, mine)

    def _costs(self, suite: Names) -> dict[str, dict[str, int]]:
        costs: dict[str, dict[str, int]] = {}
        for file, tail in suite:
            costs.setdefault(file, {})[tail] = self.data.draw(st.integers(100, 10_000))
        return costs

    def _job(
        self,
        history: History,
        generation: int,
        shard: ShardIndex,
        attempt: int,
        store: dict[str, dict[str, int]],
        seen: Names,
        rest: Names,
    ) -> None:
        draw = self.data.draw
        planned = make_plan(
            _as_suite(rest),
            history_of(store, digest=names_digest(map(str, sorted(store.items())))),
            PlanOptions(shards=shard.count),
        )
        plan = planned.plan
        own = tuple(key for key in rest if shard_of(plan, key.file, CollectedTest(key.tail)) == shard.number)
        ran = len(own) if draw(st.integers(0, 3)) else draw(st.integers(0, len(own)))
        reason: str | None = ""
        if ran < len(own):
            reason = draw(st.sampled_from([None, None, "stopping after 1 failures", "interrupted"]))
        elif draw(st.integers(0, 12)) == 0:
            reason = None
        self.jobs += 1
        job = Job(self.jobs, generation, shard, attempt, plan.digest, seen, own, reason)
        history.jobs.append(job)
        outcomes = draw(st.lists(st.sampled_from(["passed"] * 9 + ["failed"]), min_size=ran, max_size=ran))
        tests = [
            FinishedTest(key=key, stored_tail=key.tail, outcome=outcome, call=1_000)
            for key, outcome in zip(own, outcomes, strict=False)
        ]
        history.events += [
            Event(generation, shard, job.number, attempt, test.key, test.outcome) for test in tests
        ]
        self._leave(history.segment, job, tests, draw(st.booleans()))

    def _leave(self, segment: Segment, job: Job, tests: Sequence[FinishedTest], is_torn: bool) -> None:
        """The artifact of a job, as the recorder writes it; where it died, perhaps with a torn last line."""
        folder = segment_folder(self.home / f"job-{job.number}", RUN, segment)
        inventory = Inventory.of(job.suite)
        identity = RunIdentity(run=RUN, generation=job.generation, attempt=job.attempt)
        header = JournalHeader(
            segment=segment,
            identity=identity,
            shard=job.shard,
            digest=job.digest,
            collection=inventory.digest,
            started=1_000.0 + job.number,
            selected=len(job.own),
        )
        path = folder / journal_name(identity, job.shard)
        with JournalWriter(path, header, _owned_files(job)) as writer:
            for test in tests:
                writer.begin(test.key)
                writer.add(test)
            if len(tests) < len(job.own) and job.reason != "stopping after 1 failures":
                writer.begin(job.own[len(tests)])
            if job.reason is not None:
                red = any(test.outcome == "failed" for test in tests)
                writer.finish(
                    JournalFooter(
                        exit_code=2 if job.reason else int(red), ran=len(tests), seconds=1.0, reason=job.reason
                    )
                )
        if job.reason is None and is_torn:
            with open(path, "ab") as file:
                file.write(b'{"kind":"test","file":"tes')
        if self.data.draw(st.integers(0, 8)):
            (folder / inventory_name(inventory.digest)).write_text(inventory_text(inventory), "ascii")


def _as_suite(names: Iterable[ItemKey]) -> Suite:
    files: dict[str, list[CollectedTest]] = {}
    for file, tail in names:
        files.setdefault(file, []).append(CollectedTest(tail))
    return Suite(files=tuple(SuiteFile(key=file, tests=tuple(files[file])) for file in sorted(files)))


def _owned_files(job: Job) -> list[OwnedFile]:
    remaining: dict[str, list[str]] = {}
    for file, tail in job.suite:
        remaining.setdefault(file, []).append(tail)
    return [
        OwnedFile(
            file=file,
            collected=len(tails),
            collected_digest=names_digest(tails),
            remaining=len(tails),
            remaining_digest=names_digest(tails),
            selected=tuple(tail for key, tail in job.own if key == file),
        )
        for file, tails in remaining.items()
    ]


def ends_that_count(history: History, key: ItemKey) -> list[tuple[int, list[Event]]]:
    """For each generation in which *key* ended: the ends that count there, of each shard those of its last try.

    Ends of a shard whose last attempt was given other tests count only where there is nothing else.
    """
    found = []
    leftovers: list[Event] = []
    for generation in sorted({job.generation for job in history.jobs}):
        counting: list[Event] = []
        for shard in sorted({job.shard for job in history.jobs if job.generation == generation}):
            jobs = [job for job in history.jobs if (job.generation, job.shard) == (generation, shard)]
            last = max(job.attempt for job in jobs)
            events = [e for e in history.events if (e.generation, e.shard, e.key) == (generation, shard, key)]
            if not events:
                continue
            newest = max(event.attempt for event in events)
            newest_events = [event for event in events if event.attempt == newest]
            if any(key in job.own for job in jobs if job.attempt == last):
                counting += newest_events
            else:
                leftovers += newest_events
        if counting:
            found.append((generation, counting))
    if not found and leftovers:
        found.append((leftovers[-1].generation, leftovers[-1:]))
    return found


def final_ends(history: History, key: ItemKey, count: int) -> list[Event]:
    """The ends of the newest generation that ran all *count* tests of that name, else of that which ran most."""
    generations = ends_that_count(history, key)
    whole = [ends for _, ends in generations if len(ends) >= max(1, count)]
    if whole:
        return whole[-1]
    most = max((len(ends) for _, ends in generations), default=0)
    return next((ends for _, ends in reversed(generations) if len(ends) == most), [])


def rest_of(history: History, suite: Names, mode: str) -> Names:
    """What a generation that comes next has to run."""
    left = []
    for key in suite:
        ends = final_ends(history, key, suite.count(key))
        if len(ends) < suite.count(key) or (mode == "all" and any(end.outcome == "failed" for end in ends)):
            left.append(key)
    return tuple(left)


def never_ended(history: History) -> set[ItemKey]:
    """Tests that some job was to run, also of an earlier checkout, and that did not all come to an end."""
    return {
        key
        for job in history.jobs
        for key in job.own
        if len(final_ends(history, key, job.own.count(key))) < job.own.count(key)
    }


def more_than_given(history: History, suite: Counter[ItemKey]) -> set[ItemKey]:
    """Tests of a name that ended more often than any job was given them, and than *suite* has them."""
    found = set()
    for key in {event.key for event in history.events}:
        most = max(suite[key], *(job.own.count(key) for job in history.jobs))
        if len(final_ends(history, key, suite[key])) > most:
            found.add(key)
    return found


def truth_of(history: History) -> Truth:
    """From what happened, and nothing that was written."""
    newest = max(job.generation for job in history.jobs) if history.jobs else 0
    last_jobs = [
        job
        for job in history.jobs
        if job.generation == newest
        and job.attempt == max(j.attempt for j in history.jobs if (j.generation, j.shard) == (newest, job.shard))
    ]
    suites_seen = {job.suite for job in last_jobs}
    suite: Counter[ItemKey] = Counter()
    for seen in suites_seen:
        suite |= Counter(seen)
    finals = {key: final_ends(history, key, count) for key, count in suite.items()}
    lost = {key: count - len(finals[key]) for key, count in suite.items() if len(finals[key]) < count}
    ran = {event.key for event in history.events}
    doubled = frozenset(more_than_given(history, suite))
    numbers = [job.shard.number for job in last_jobs]
    is_whole = (
        sorted(numbers) == list(range(1, last_jobs[0].shard.count + 1))
        and len({job.digest for job in last_jobs}) == 1
        and len(suites_seen) == 1
        and all(job.reason is not None for job in last_jobs)
        and suite.total() > 0
    )
    if not is_whole or doubled:
        return Truth(3, lost, doubled)
    if lost:
        return Truth(2 if all(_was_stopped(history, key) for key in lost) else 3, lost, doubled)
    red = any(end.outcome == "failed" for ends in finals.values() for end in ends)
    red = red or any(
        end.outcome == "failed" for key in ran for end in final_ends(history, key, max(1, suite[key]))
    )
    return Truth(int(red), lost, doubled)


def _was_stopped(history: History, key: ItemKey) -> bool:
    """Whether the shard that last had the test to run says that it stopped."""
    for generation in sorted({job.generation for job in history.jobs}, reverse=True):
        for shard in sorted({job.shard for job in history.jobs if job.generation == generation}):
            jobs = [job for job in history.jobs if (job.generation, job.shard) == (generation, shard)]
            last = [job for job in jobs if job.attempt == max(j.attempt for j in jobs)]
            if any(key in job.own for job in last):
                return all(job.reason for job in last)
    return False


def scattered(folder: Path, seed: int) -> list[Path]:
    """The artifacts in some order, some of them twice."""
    paths = sorted(folder.iterdir())
    chosen = random.Random(seed)
    paths += chosen.sample(paths, len(paths) // 3)
    chosen.shuffle(paths)
    return paths
