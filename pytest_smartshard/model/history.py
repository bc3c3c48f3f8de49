"""What earlier runs measured, as planning reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from pytest_smartshard.lazy_dataclasses import dataclass

UNIT_SPEED = 1000
"""Speed of a run that took as long as the newest one; 2000 took twice as long."""

IMPORTED = "import:"
"""Begins the name of a run that another tool measured. Names of our own are safe file names, so none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRun:
    """One attempt of one generation of a run, as far as it was taken in.

    ``started``: seconds since the epoch, of the earliest shard. ``finished``: the shards that ran everything
    they had selected, as sorted texts ``<agreement> <K>/<N>``; the agreement is made of the digests of plan and
    collection. ``lanes``: workers in each shard. ``speed``: its seconds for the same tests relative to the newest
    run, in thousandths.
    """

    run: str
    generation: int = 0
    attempt: int = 1
    started: float = 0.0
    finished: tuple[str, ...] = ()
    lanes: int = 1
    speed: int = UNIT_SPEED

    @property
    def identity(self) -> tuple[str, int, int]:
        return (self.run, self.generation, self.attempt)

    @property
    def age(self) -> tuple[bool, float]:
        """Sorts runs from oldest to newest. What another tool measured is older than all runs of ours: its clock
        may be no more than the time of a file."""
        return (not self.run.startswith(IMPORTED), self.started)

    @property
    def age_order(self) -> tuple[bool, float, str, int, int]:
        """As :attr:`age`; equal ones are told apart by identity."""
        return (*self.age, *self.identity)


@dataclass(frozen=True, slots=True)
class FileHistory:
    """Durations of the tests of one file, as parallel lists: few long ones are read fastest.

    ``tails`` are sorted, each once. ``costs`` are what each test is expected to take in a run as fast as the
    newest one, in microseconds, above 0. ``columns`` are aligned with the runs of the history and hold the
    samples that the costs come from, in the coded form of :mod:`pytest_smartshard.proving.samples`: planning
    has no use for them and does not pay for taking them apart.

    ``needs`` are the different sets of names of shared costs (:mod:`pytest_smartshard.model.shared`) that tests
    of the file have to do with, each sorted; ``needing`` says for each test which of them is its own, by
    0-based index, and is empty where nothing is known of any.
    """

    tails: Sequence[str]
    costs: Sequence[int]
    columns: Sequence[str]
    needs: Sequence[tuple[str, ...]] = ()
    needing: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Durations of one segment.

    ``runs`` go from oldest to newest; ``files`` is by file key. ``shared`` holds shared costs by their place in
    the same form, with their names for tails and without needs. ``other_runs`` left no sample that is still
    kept, but must be remembered to know which run was complete. ``digest`` is the fingerprint of what was read,
    ``segment`` the slug it was kept for, ``origin`` says where it came from in a few words.
    """

    runs: tuple[MeasuredRun, ...] = ()
    other_runs: tuple[MeasuredRun, ...] = ()
    files: Mapping[str, FileHistory] = field(default_factory=dict)
    shared: Mapping[str, FileHistory] = field(default_factory=dict)
    segment: str = ""
    digest: str = "none"
    origin: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.files
