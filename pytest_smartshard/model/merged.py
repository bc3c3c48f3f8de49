"""What became of a run when its shards' journals were brought together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.proof import SegmentProof, Verdict
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.model.summary import RunSummary, TimedItem


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreChange:
    """What the store of a segment learned. ``path`` is its file, ``tests`` how many it knows now.

    ``changed`` are tests that cost more than twice or less than half of what was expected, with that and the new
    cost in microseconds, the greatest change first.
    """

    path: str
    journals: int
    tests: int
    written: bool
    added: int = 0
    dropped: int = 0
    changed: tuple[tuple[ItemKey, int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageTotal:
    """Coverage of all shards together in percent, as coverage prints it with ``precision`` decimals.

    ``fail_under`` is the project's gate, 0 where there is none; ``text`` is coverage's own summary, ``files``
    what it wrote.
    """

    percent: float
    fail_under: float
    is_met: bool
    precision: int = 0
    text: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedSegment:
    """One segment: the proof, each generation's shards in figures, the slowest tests, what the store learned.

    ``store`` is None where it was not asked for.
    """

    proof: SegmentProof
    summaries: tuple[RunSummary, ...] = ()
    slowest: tuple[TimedItem, ...] = ()
    store: StoreChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRun:
    """All segments of one run, sorted.

    ``absent`` are segments that were expected and left nothing. ``others`` are runs of which journals lay there
    too, and were left out. ``cause``: what is probably wrong with all segments together, ``""`` for nothing.
    ``notes`` are for the user. ``refusals`` say why something that was asked for could not be done, so that the
    run must not pass. ``rest`` is where journals were looked for, to be named in a mend. ``written`` are files,
    by what they are.
    """

    run: str
    segments: tuple[MergedSegment, ...]
    absent: tuple[Segment, ...] = ()
    others: tuple[str, ...] = ()
    cause: str = ""
    notes: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    rest: str = ""
    coverage: CoverageTotal | None = None
    written: Mapping[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The gravest of all segments' and of what holds for the run as a whole."""
        found = [segment.proof.verdict for segment in self.segments]
        if self.absent:
            found.append(Verdict.UNPROVED)
        if self.coverage is not None and not self.coverage.is_met:
            found.append(Verdict.RED)
        gravest = max(found, default=Verdict.UNPROVED)
        # What was not judged must not pass; a run that stopped does not pass anyway.
        return Verdict.UNPROVED if self.refusals and gravest < Verdict.STOPPED else gravest
