"""What a shard writes down: its header, the files it owns, each finished test, its footer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.model.suite import ItemKey

PASSED = "passed"
FAILED = "failed"
ERROR = "error"
SKIPPED = "skipped"
XFAILED = "xfailed"
XPASSED = "xpassed"
CRASHED = "crashed"
TIMED_OUT = "timed out"

RED = (FAILED, ERROR, CRASHED, TIMED_OUT)
"""Outcomes that make a run red."""

OUTCOMES = (PASSED, FAILED, ERROR, SKIPPED, XFAILED, XPASSED, CRASHED, TIMED_OUT)
"""Outcomes of a test. ``error`` is a failed set-up or tear-down, ``crashed`` a dead xdist worker; what
``timed out`` was stopped at its limit, so that its time is only a lower bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHeader:
    """First line of a journal: who writes it and what was planned.

    ``started``: seconds since the epoch. ``selected``: tests that it is to run. ``predicted``: microseconds
    of this shard's slowest lane, of which ``known`` rest on history; 0 where there was none. ``plan``: name of
    the plan's file beside it. ``collection``: digest of what the whole suite consists of, which must be the
    same in all shards of a run: of all its tests or, where the shard was ``pruned`` (it collected no more than
    its own files), of the keys of all its test files. ``inventory``: digest of the inventory beside it.
    ``start_up``: microseconds of the process until now, without collecting single files; 0 where that was not
    measured.
    ``store``: digest of the history that was planned by. ``basis``: digest of what earlier generations had
    settled, ``""`` in the first. ``options`` as written, for people and for finding out why shards disagree.
    ``coverage``: coverage data goes beside the journal, under its name; ``fail_under``
    percent are the gate that waits for all shards' data, 0 where there is none. ``junit``: a JUnit file goes
    beside it too, made by these values; empty where none is written.
    """

    segment: Segment
    identity: RunIdentity
    shard: ShardIndex
    digest: str
    started: float
    selected: int
    predicted: int = 0
    known: int = 0
    lanes: int = 1
    plan: str = ""
    collection: str = ""
    inventory: str = ""
    pruned: bool = False
    start_up: int = 0
    store: str = ""
    basis: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    coverage: bool = False
    fail_under: float = 0.0
    junit: Mapping[str, str] = field(default_factory=dict)

    @property
    def agreement(self) -> str:
        """What all shards of a run have in common if they planned alike and saw the same suite."""
        return f"{self.digest}-{self.collection}"

    @property
    def listed_in(self) -> str:
        """Digest of the inventory: where it is not told apart, the shard collected all that there is."""
        return self.inventory or self.collection


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedFile:
    """What a file held that the shard runs something of: how many tests, and a digest of their sorted tails.

    ``collected`` is before, ``remaining`` after other plugins deselected. ``selected`` are the stored tails of
    this shard's tests, sorted, one for each test; None in a journal that only counted them.
    ``owners`` are the shards (1-based, sorted) that the plan gives tests of it, none where the plan does not
    know it.
    ``collecting``: microseconds until its tests were made, None where that was not measured. ``cold``: its
    rewritten form was not in the cache. ``is_first``: no other test file was collected before in that process.
    ``needs`` and ``needing`` are aligned with ``selected``, and as in
    :class:`~pytest_smartshard.model.history.FileHistory`.
    """

    file: str
    collected: int
    collected_digest: str
    remaining: int
    remaining_digest: str
    selected: tuple[str, ...] | None
    owners: tuple[int, ...] = ()
    collecting: int | None = None
    cold: bool = False
    is_first: bool = False
    needs: tuple[tuple[str, ...], ...] = ()
    needing: tuple[int, ...] = ()


class FinishedTest(NamedTuple):
    """One test that ended. Times are whole microseconds, memory is bytes.

    A tuple, as one is made after every test of a suite: a dataclass takes three times as long.

    ``stored_tail`` is the tail its duration is kept under. ``cpu`` is the processor time of the process and
    of its waited-for children, ``memory`` the growth of the process's peak; None where not measurable.
    ``reruns`` counts runs before the one told here. ``details`` is the bounded failure text. ``nodeid`` is
    pytest's own name of the test, where that is not made of its key. ``shared``: what it paid of shared costs,
    which is part of ``setup`` and ``teardown``. ``limit``: what it might take, 0 where it had none.
    """

    key: ItemKey
    stored_tail: str
    outcome: str
    setup: int = 0
    call: int = 0
    teardown: int = 0
    cpu: int | None = None
    memory: int | None = None
    predicted: int = 0
    reruns: int = 0
    lane: str = ""
    details: str = ""
    nodeid: str = ""
    shared: tuple[SharedTime, ...] = ()
    limit: int = 0

    @property
    def stored_key(self) -> ItemKey:
        """The name by which it is proved to have run: the same in every process."""
        key = self.key
        return key if key.tail == self.stored_tail else ItemKey(key.file, self.stored_tail)

    @property
    def duration(self) -> int:
        """Set-up, call and tear-down together."""
        return self.setup + self.call + self.teardown

    @property
    def own(self) -> int:
        """The same without what it paid of shared costs."""
        return max(0, self.duration - sum(shared.setup + shared.teardown for shared in self.shared))


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionError:
    """A file or folder that could not be collected: its node id, and the bounded failure text."""

    node: str
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFooter:
    """Last line of a journal: how the shard ended.

    ``ran`` counts the tests with a line. ``seconds`` is the wall time of the whole session. ``reason`` says
    why it stopped early, and is empty where it did not. ``each_test``: microseconds that passed for each test
    beside its own duration, on average, and ``each_test_of`` the tests of each file; 0 and empty where that was
    not measured.
    """

    exit_code: int
    ran: int
    seconds: float
    reason: str = ""
    each_test: int = 0
    each_test_of: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """One journal as read back. ``footer`` is None where the process did not live to write it.

    ``begun`` are the tests that started and did not end. ``flaws`` says in words what had to be set aside (a torn
    last line, for example).
    """

    path: str
    header: JournalHeader
    files: tuple[OwnedFile, ...] = ()
    errors: tuple[CollectionError, ...] = ()
    tests: tuple[FinishedTest, ...] = ()
    begun: tuple[ItemKey, ...] = ()
    footer: JournalFooter | None = None
    flaws: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether the shard ended by itself and every test it selected has a line."""
        return is_finished(self.header, self.footer)


def is_finished(header: JournalHeader, footer: JournalFooter | None) -> bool:
    """Whether a journal's first and last line say that all it selected ran and nothing stopped it."""
    return footer is not None and not footer.reason and footer.ran >= header.selected
