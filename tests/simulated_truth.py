"""What happened in a simulated run, test by test, and what a merge has to say of it: from that alone, and nothing
that was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.model.suite import ItemKey

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One process that ran a shard: what it saw and was to run, and how it ended.

    ``files`` are all test files that it saw, ``left`` those of them that it left to others, ``collected`` those
    that it told to have collected, ``suite`` the tests in these.
    ``owners`` are, of the files that it told of, the shards that own them by its plan. ``broken`` files could not
    be collected. ``inventory`` is the digest of the list of tests that it left. ``reason`` is None where it died.
    """

    number: int
    generation: int
    shard: ShardIndex
    attempt: int
    digest: str
    pruned: bool
    files: tuple[str, ...]
    collected: frozenset[str]
    left: frozenset[str]
    suite: Names
    own: Names
    owners: Mapping[str, tuple[int, ...]]
    broken: frozenset[str]
    inventory: str
    reason: str | None

    @property
    def collection(self) -> object:
        """What it has in common with all others that saw the same."""
        return (self.pruned, self.files if self.pruned else self.suite)

    def tests_of(self, file: str) -> Names:
        return tuple(key for key in self.suite if key.file == file)


@dataclass(slots=True)
class History:
    """All that happened in one segment."""

    segment: Segment
    jobs: list[Job] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def newest(self) -> int:
        """The last generation."""
        return max(job.generation for job in self.jobs)

    def last_jobs(self) -> list[Job]:
        """Those of the last attempt at each shard of the last generation."""
        jobs = [job for job in self.jobs if job.generation == self.newest]
        return [job for job in jobs if job.attempt == max(j.attempt for j in jobs if j.shard == job.shard)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a merge has to say of one segment. Of a lost file no test is known, so that it stands for them."""

    verdict: int
    lost: Mapping[ItemKey, int]
    doubled: frozenset[ItemKey]
    errors: frozenset[str]
    only_pruned: frozenset[str]


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
        if len(ends) < suite.count(key) or (mode == "all" and any(end.outcome != "passed" for end in ends)):
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
    last_jobs = history.last_jobs()
    suite, unread = _whole_suite(history, last_jobs)
    finals = {key: final_ends(history, key, count) for key, count in suite.items()}
    lost = {key: count - len(finals[key]) for key, count in suite.items() if len(finals[key]) < count}
    lost.update({ItemKey(file, ""): 1 for file in unread})
    doubled = frozenset(more_than_given(history, suite))
    errors = frozenset(file for job in last_jobs for file in job.broken)
    return Truth(
        verdict=_verdict(history, last_jobs, suite, lost, bool(doubled), bool(errors)),
        lost=lost,
        doubled=doubled,
        errors=errors,
        only_pruned=frozenset(_only_pruned(history, suite, errors)),
    )


def _whole_suite(history: History, last_jobs: Sequence[Job]) -> tuple[Counter[ItemKey], set[str]]:
    """All tests that the last jobs collected, and files that all of them left to others.

    Of these an earlier attempt may have told what is in them.
    """
    suite: Counter[ItemKey] = Counter()
    for job in last_jobs:
        suite |= Counter(job.suite)
    if not all(job.pruned for job in last_jobs):
        return suite, set()
    unread = {file for job in last_jobs for file in job.left}
    unread.difference_update(*(job.collected for job in last_jobs))
    for job in history.jobs:
        if job.generation == history.newest:
            suite |= Counter(key for key in job.suite if key.file in unread)
    return suite, unread - {key.file for key in suite}


def _verdict(
    history: History,
    last_jobs: Sequence[Job],
    suite: Counter[ItemKey],
    lost: Mapping[ItemKey, int],
    has_doubled: bool,
    has_errors: bool,
) -> int:
    numbers = [job.shard.number for job in last_jobs]
    is_whole = (
        sorted(numbers) == list(range(1, last_jobs[0].shard.count + 1))
        and len({job.digest for job in last_jobs}) == 1
        and len({job.collection for job in last_jobs}) == 1
        and all(job.reason is not None for job in last_jobs)
        and _all_owners_agree(last_jobs)
        and suite.total() > 0
    )
    if not is_whole or has_doubled:
        return 3
    if lost:
        return 2 if all(_was_stopped(history, key) for key in lost) else 3
    ran = {event.key for event in history.events}
    ends = [end for key in {*suite, *ran} for end in final_ends(history, key, max(1, suite[key]))]
    return int(has_errors or any(end.outcome != "passed" for end in ends))


def _all_owners_agree(jobs: Sequence[Job]) -> bool:
    """Whether every owner of a file collected it, and all who collected it saw the same in it."""
    by_shard = {job.shard.number: job for job in jobs if job.pruned}
    for job in by_shard.values():
        for file, owners in job.owners.items():
            if any(file not in by_shard[owner].collected for owner in owners if owner in by_shard):
                return False
    tests = {(file, job.tests_of(file)) for job in jobs if job.pruned for file in job.collected}
    return len(tests) == len({file for file, _ in tests})


def _was_stopped(history: History, key: ItemKey) -> bool:
    """Whether the shard that last had the test to run says that it stopped."""
    for generation in sorted({job.generation for job in history.jobs}, reverse=True):
        for shard in sorted({job.shard for job in history.jobs if job.generation == generation}):
            jobs = [job for job in history.jobs if (job.generation, job.shard) == (generation, shard)]
            last = [job for job in jobs if job.attempt == max(j.attempt for j in jobs)]
            if any(key in job.own for job in last):
                return all(job.reason for job in last)
    return False


def _only_pruned(history: History, suite: Counter[ItemKey], errors: frozenset[str]) -> set[str]:
    """Files of which all that failed in pruned jobs, crashes apart, passed in later ones that were not."""
    pruned = {job.number for job in history.jobs if job.pruned}
    failed = [e for e in history.events if e.job in pruned and e.outcome == "failed"]
    passed = {e.key for e in history.events if e.job in pruned and e.outcome == "passed"}
    tries: dict[str, list[tuple[int, int]]] = {}
    for event in failed:
        tries.setdefault(event.key.file, []).append((event.generation, event.attempt))
    broken = set()
    for job in history.jobs:
        for file in job.broken if job.pruned else ():
            broken.add(file)
            tries.setdefault(file, []).append((job.generation, job.attempt))
    found = set()
    for file, when in tries.items():
        keys = {event.key for event in failed if event.key.file == file}
        if file in errors or keys & passed:
            continue
        must = {key: final_ends(history, key, suite[key]) for key in keys}
        ends = [end for key in must for end in must[key]]
        if file in broken:
            others = {event.key for event in history.events if event.key.file == file} - keys
            every = [end for key in others for end in final_ends(history, key, suite[key])]
            ends += [end for end in every if end.job not in pruned]
        good = all(
            end.outcome == "passed" and end.job not in pruned and (end.generation, end.attempt) > max(when)
            for end in ends
        )
        if ends and good and all(must.values()):
            found.add(file)
    return found
