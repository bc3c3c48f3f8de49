"""The journals of one generation by shard and attempt: what each shard was to run, and what of it counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple, TypeAlias

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.proof import ShardEnd
from pytest_smartshard.model.record import RED, TIMED_OUT, FinishedTest, Journal
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.suite import ItemKey

TESTS_FAILED, INTERNAL_ERROR = 1, 3
"""pytest's exit codes where tests failed, and where pytest itself did."""


class Finish(NamedTuple):
    """One time that a test came to its end. A tuple, as there is one for every test."""

    journal: Journal
    test: FinishedTest

    @property
    def shard(self) -> ShardIndex:
        return self.journal.header.shard


Finishes: TypeAlias = Mapping[ItemKey, Sequence[Finish]]
"""How each test came to its end, in the order in which that happened."""


@dataclass(slots=True)
class ShardRecord:
    """All attempts at one shard of one generation.

    ``journals`` are all of them, ``last`` those of the last attempt. ``assigned`` says how many tests of a name
    it was to run, ``given`` the most that any attempt was.
    ``current`` holds, of each test that is the shard's by its last attempt, the ends in the last attempt that
    finished it; ``outdated`` those of tests that the last attempt was not to run. ``finishes`` are all of them.
    """

    last: Sequence[Journal]
    journals: Sequence[Journal] = ()
    assigned: Counter[ItemKey] = field(default_factory=Counter)
    given: Counter[ItemKey] = field(default_factory=Counter)
    begun: set[ItemKey] = field(default_factory=set)
    current: Finishes = field(default_factory=dict)
    outdated: Finishes = field(default_factory=dict)
    finishes: Finishes = field(default_factory=dict)

    @property
    def shard(self) -> ShardIndex:
        return self.last[0].header.shard

    @property
    def end(self) -> ShardEnd:
        """How the last attempt ended, by the journal of it that tells the worst."""
        journal = min(self.last, key=lambda journal: (journal.footer is not None, journal.path))
        footer = journal.footer
        return ShardEnd(
            shard=self.shard,
            attempt=journal.header.identity.attempt,
            journals=tuple(sorted(journal.path for journal in self.last)),
            died=footer is None,
            reason=footer.reason if footer else "",
            exit_code=footer.exit_code if footer else None,
            running=tuple(sorted(journal.begun)),
            stopped_in=_stopped_in(journal),
            unexplained=any(map(_is_unexplained, self.last)),
        )


def _stopped_in(journal: Journal) -> ItemKey | None:
    """The test that ended the process by going beyond its limit: the last one, where no footer follows it."""
    if journal.footer is not None or not journal.tests or journal.tests[-1].outcome != TIMED_OUT:
        return None
    return journal.tests[-1].key


Generations: TypeAlias = Mapping[int, Sequence[ShardRecord]]
"""The shards of each generation, by its number."""


def without_copies(journals: Iterable[Journal]) -> list[Journal]:
    """Each journal once, however often it was carried along: of copies the one that says most, sorted."""
    best: dict[tuple[object, ...], Journal] = {}
    for journal in journals:
        header = journal.header
        identity = header.identity
        key = (
            header.segment,
            identity.run,
            identity.generation,
            header.shard,
            identity.attempt,
            header.started,
            header.agreement,
        )
        known = best.get(key)
        if known is None or _fullness(known) < _fullness(journal):
            best[key] = journal
    return sorted(best.values(), key=_place)


def shards_of(journals: Sequence[Journal]) -> list[ShardRecord]:
    """A record of each shard that journals of one generation tell of, sorted."""
    by_shard: Mapping[ShardIndex, list[Journal]] = defaultdict(list)
    for journal in journals:
        by_shard[journal.header.shard].append(journal)
    return [_record(by_shard[shard]) for shard in sorted(by_shard)]


def _record(journals: Sequence[Journal]) -> ShardRecord:
    newest = max(journal.header.identity.attempt for journal in journals)
    record = ShardRecord(last=[j for j in journals if j.header.identity.attempt == newest], journals=journals)
    for journal in record.last:
        record.begun.update(journal.begun)
    # Two jobs that ran as one shard were each given what is there once.
    record.assigned = most(map(_selected, record.last))
    earlier = [journal for journal in journals if journal.header.identity.attempt < newest]
    record.given = most([record.assigned, *map(_selected, earlier)]) if earlier else record.assigned
    attempts = [_finishes(attempt) for attempt in _by_attempt(journals)]
    latest: dict[ItemKey, Sequence[Finish]] = {}
    for found in attempts:
        latest.update(found)
    mine = record.assigned.keys() | attempts[-1].keys()
    record.finishes = together(attempts)
    record.current = {key: finishes for key, finishes in latest.items() if key in mine}
    record.outdated = {key: finishes for key, finishes in latest.items() if key not in mine}
    return record


def _selected(journal: Journal) -> Counter[ItemKey]:
    return Counter(ItemKey(file.file, tail) for file in journal.files for tail in file.selected or ())


def most(counters: Iterable[Counter[ItemKey]]) -> Counter[ItemKey]:
    """Of each test the greatest count. Counter's own operators go through all of both for each step."""
    greatest: Counter[ItemKey] = Counter()
    for counter in counters:
        for key, count in counter.items():
            if count > greatest[key]:
                greatest[key] = count
    return greatest


def _finishes(journals: Iterable[Journal]) -> Finishes:
    found: dict[ItemKey, list[Finish]] = {}
    for journal in journals:
        for test in journal.tests:
            found.setdefault(test.stored_key, []).append(Finish(journal, test))
    return found


def together(parts: Iterable[Finishes]) -> dict[ItemKey, Sequence[Finish]]:
    """The finishes in all of *parts*; nearly every test is in one of them only."""
    found: dict[ItemKey, Sequence[Finish]] = {}
    for part in parts:
        for key, finishes in part.items():
            known = found.get(key)
            found[key] = finishes if known is None else [*known, *finishes]
    return found


def _by_attempt(journals: Sequence[Journal]) -> list[list[Journal]]:
    """Oldest attempt first."""
    attempts: dict[int, list[Journal]] = defaultdict(list)
    for journal in journals:
        attempts[journal.header.identity.attempt].append(journal)
    return [attempts[number] for number in sorted(attempts)]


def stopped_on_purpose(journal: Journal) -> bool:
    """Whether the shard says why it stopped early, and it is not that pytest itself broke down."""
    footer = journal.footer
    return footer is not None and bool(footer.reason) and footer.exit_code != INTERNAL_ERROR


def _is_unexplained(journal: Journal) -> bool:
    """Whether the process was red although no test, error or early end of it says so."""
    footer = journal.footer
    if footer is None or footer.exit_code == 0 or footer.reason:
        return False
    has_red_test = any(test.outcome in RED for test in journal.tests)
    return not (footer.exit_code == TESTS_FAILED and (has_red_test or journal.errors))


def _fullness(journal: Journal) -> tuple[bool, int]:
    return (journal.footer is not None, len(journal.tests))


def _place(journal: Journal) -> tuple[int, ShardIndex, int, float, str]:
    header = journal.header
    return (
        header.identity.generation,
        header.shard,
        header.identity.attempt,
        header.started,
        journal.path,
    )
