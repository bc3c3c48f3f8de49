"""What a CI file says, in words that all CI systems share: jobs, their commands, what they carry in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from pytest_smartshard.lazy_dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place in a file: its path below the repository with forward slashes, and a 1-based line; 0 for none."""

    path: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One simple command of a script.

    ``words`` are as the shell would split them, quotes taken off, nothing expanded: a variable is ``$NAME``,
    a value that the CI system puts in is ``${{matrix.shard}}``, whatever the system writes for it. ``env`` holds
    the variables that its job, its step and the command itself set, with values of the same form.
    ``elsewhere``: it runs in another folder than the checkout's. ``conditional``: something decides whether
    it runs.
    """

    words: tuple[str, ...]
    line: int
    env: Mapping[str, str] = field(default_factory=dict)
    elsewhere: bool = False
    conditional: bool = False


class Way(Enum):
    """How files get into a job or out of it."""

    RESTORE = "restore"
    """Out of a cache."""

    SAVE = "save"
    """Into a cache."""

    DOWNLOAD = "download"
    """Of artifacts, or out of a workspace."""

    UPLOAD = "upload"
    """As an artifact, or into a workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Files that a job takes in or hands on.

    ``paths`` are as written; none where the file does not say (a download of everything). ``conditional``:
    something decides whether it happens, such as the branch. ``skips_hidden``: files and folders that begin with
    a dot are left out when they are found.
    """

    way: Way
    line: int
    paths: tuple[str, ...] = ()
    conditional: bool = False
    skips_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The copies of a job that differ by variables.

    ``cells`` are the variables of each copy, and ``axes`` names those whose values are combined with each other;
    variables that a cell has besides only describe it. With ``known`` false the values are computed while the
    pipeline runs, and there are no cells.
    """

    cells: tuple[Mapping[str, str], ...] = ()
    axes: tuple[str, ...] = ()
    known: bool = True
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of a pipeline.

    ``parallel``: how many equal copies the system makes and numbers; None where it makes none, 0 where
    the number is computed. ``opaque``: it has parts that cannot be read here, such as an action of somebody else.
    ``on_pull_requests``: it certainly runs for them too.
    """

    name: str
    line: int
    commands: tuple[Command, ...] = ()
    carried: tuple[Carried, ...] = ()
    matrix: Matrix | None = None
    parallel: int | None = None
    opaque: bool = False
    on_pull_requests: bool = False

    def carries(self, way: Way) -> tuple[Carried, ...]:
        return tuple(carried for carried in self.carried if carried.way is way)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """One CI file and what it includes.

    ``system`` is the name of the CI system as people write it. ``opaque``: it takes jobs from where they
    cannot be read. ``passes_on``: later jobs get the artifacts of earlier ones without asking.
    """

    system: str
    path: str
    text: str
    jobs: tuple[Job, ...] = ()
    opaque: bool = False
    passes_on: bool = False
