"""What the journals of a run prove: each test ran once, or which did not."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, IntEnum
from typing import NamedTuple

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.record import RED, CollectionError, FinishedTest
from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.model.suite import ItemKey


class Verdict(IntEnum):
    """What is concluded of a run, as the exit code of a merge. The greatest of several holds for all."""

    GREEN = 0
    """Every test ran exactly once, and none failed."""

    RED = 1
    """Every test ran exactly once, and some failed."""

    STOPPED = 2
    """Shards stopped on purpose before their end, and nothing else is wrong."""

    UNPROVED = 3
    """Tests were lost or ran twice, or shards are missing, so that nobody can tell."""

    @property
    def word(self) -> str:
        """``green``, ``red``, ``stopped`` or ``unproved``, for reports and for a CI's conditions."""
        return self.name.lower()


class Loss(Enum):
    """How far a test got that did not run to its end."""

    UNASSIGNED = "never assigned"
    NOT_RUN = "assigned and not run"
    CUT_OFF = "started and not finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class LostTest:
    """A test that no shard finished. ``shard`` is the one that last had it to run, None where none had.

    ``stopped``: that shard says that it stopped on purpose. ``is_file``: it stands for all tests of a file that
    nobody collected, so that no more is known of them; the tail of its key is empty.
    """

    key: ItemKey
    loss: Loss
    generation: int
    shard: ShardIndex | None = None
    stopped: bool = False
    is_file: bool = False

    @property
    def name(self) -> str:
        """The test's, or that of the file."""
        return self.key.file if self.is_file else str(self.key)


class UncollectedFile(NamedTuple):
    """A file that a shard (1-based) owns, as other shards say, and has not collected."""

    file: str
    shard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubledTest:
    """A test that was finished more often than it is there. ``shards`` holds a shard for each time."""

    key: ItemKey
    generation: int
    shards: tuple[ShardIndex, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierOutcome:
    """What an attempt that no longer counts made of a test."""

    generation: int
    attempt: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedTest:
    """A finished test as it counts, with where it ran. ``earlier`` is what came before, oldest first."""

    test: FinishedTest
    journal: str
    shard: ShardIndex
    generation: int
    attempt: int
    earlier: tuple[EarlierOutcome, ...] = ()

    @property
    def is_red(self) -> bool:
        return self.test.outcome in RED

    @property
    def is_flaky(self) -> bool:
        """Whether it ended well, but not at once."""
        if not self.earlier and not self.test.reruns:
            return False
        return not self.is_red and (self.test.reruns > 0 or any(before.outcome in RED for before in self.earlier))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardEnd:
    """How the last attempt at one shard ended.

    ``died``: its journal has no footer. ``reason``: what it says that made it stop early, ``""`` for nothing.
    ``running``: what had begun and not ended. ``exit_code`` is None where it died. ``journals`` are the paths of
    all that call themselves this attempt: more than one, if two jobs ran as one shard. ``unexplained``: it did
    not exit with 0, and no test nor stop of it says why. ``stopped_in``: it died because that test went beyond
    its limit, and nothing but the end of the process could stop it.
    """

    shard: ShardIndex
    attempt: int
    journals: tuple[str, ...]
    died: bool = False
    reason: str = ""
    exit_code: int | None = None
    running: tuple[ItemKey, ...] = ()
    stopped_in: ItemKey | None = None
    unexplained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationProof:
    """The shards of one generation, and whether they were of one mind.

    ``missing`` (1-based) left no journal. ``counts`` are the numbers of shards that they speak of, ``digests``
    those of their plans, ``collections`` those of what they collected: one each where all agree.
    ``pruned`` are the shards (1-based) that collected no more than their own files, ``uncollected`` the files
    that one of them should have collected and did not.
    ``disagreeing`` are files of which owners saw different tests. ``causes`` are sentences on what probably led
    to all that is wrong, without a full stop.
    """

    generation: int
    counts: tuple[int, ...]
    ends: tuple[ShardEnd, ...]
    missing: tuple[int, ...] = ()
    digests: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    pruned: tuple[int, ...] = ()
    uncollected: tuple[UncollectedFile, ...] = ()
    disagreeing: tuple[str, ...] = ()
    outdated: bool = False
    causes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """N."""
        return max(self.counts)

    @property
    def died(self) -> tuple[ShardEnd, ...]:
        return tuple(end for end in self.ends if end.died)

    @property
    def stopped(self) -> tuple[ShardEnd, ...]:
        return tuple(end for end in self.ends if end.reason)

    @property
    def twins(self) -> tuple[ShardEnd, ...]:
        """Shards that two jobs ran as."""
        return tuple(end for end in self.ends if len(end.journals) > 1)

    @property
    def is_mixed(self) -> bool:
        """Whether some shards collected no more than their own files, and others all."""
        return 0 < len(self.pruned) < len({end.shard.number for end in self.ends})

    @property
    def is_whole(self) -> bool:
        """Whether all N shards are there, came to their end, agree, and collected what they own."""
        agree = len(self.counts) == len(self.digests) == len(self.collections) == 1 and not self.is_mixed
        collected = not (self.disagreeing or self.uncollected or self.outdated)
        return agree and collected and not (self.missing or self.died or self.twins)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentProof:
    """What is proved of one segment of a run.

    ``expected`` tests are in the suite, as far as anybody collected it; ``lost`` holds the files that nobody did,
    too. ``counted`` are sorted by key. ``gone`` tests were left by an earlier generation and are no longer
    collected. ``is_listed``: the names of all expected tests are known. ``errors`` of collection are each told
    once. ``only_pruned`` are files that failed only where others were left out.
    """

    segment: Segment
    run: str
    generations: tuple[GenerationProof, ...]
    expected: int
    counted: Sequence[CountedTest]
    lost: tuple[LostTest, ...] = ()
    doubled: tuple[DoubledTest, ...] = ()
    gone: tuple[ItemKey, ...] = ()
    is_listed: bool = True
    errors: tuple[CollectionError, ...] = ()
    only_pruned: tuple[str, ...] = ()

    @property
    def last(self) -> GenerationProof:
        """The generation that has to be whole: what an earlier one lacks, a later one has run."""
        return self.generations[-1]

    @property
    def lost_tests(self) -> int:
        """How many tests are known to be lost. Those of lost files are not counted: nobody knows them."""
        return sum(not lost.is_file for lost in self.lost)

    @property
    def lost_files(self) -> int:
        return len(self.lost) - self.lost_tests

    @property
    def failed(self) -> tuple[CountedTest, ...]:
        return tuple(counted for counted in self.counted if counted.is_red)

    @property
    def flaky(self) -> tuple[CountedTest, ...]:
        return tuple(counted for counted in self.counted if counted.is_flaky)

    @property
    def unexplained(self) -> tuple[ShardEnd, ...]:
        """Shards that were red for another reason than a test."""
        return tuple(end for generation in self.generations for end in generation.ends if end.unexplained)

    @property
    def is_complete(self) -> bool:
        """Whether every test ran exactly once."""
        whole = self.last.is_whole and self.is_listed and self.expected > 0
        return whole and not (self.lost or self.doubled)

    @property
    def verdict(self) -> Verdict:
        if self.is_complete:
            return Verdict.RED if self.failed or self.errors or self.unexplained else Verdict.GREEN
        stopped = self.last.is_whole and self.is_listed and self.expected > 0
        if stopped and not self.doubled and all(lost.stopped for lost in self.lost):
            return Verdict.STOPPED
        return Verdict.UNPROVED
