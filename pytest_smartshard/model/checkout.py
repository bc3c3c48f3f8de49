"""What is known of a checkout before anything runs in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.pipeline import Pipeline, Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageConfig:
    """The part of coverage's configuration that matters when its data comes from several machines.

    ``remaps``: it says which paths are the same (``[paths]``). ``fail_under`` is 0 where nothing is asked for.
    """

    spot: Spot
    relative_files: bool = False
    remaps: bool = False
    fail_under: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedOutcomes:
    """A test that did not always pass, one letter for each kept run from oldest to newest.

    ``p`` passed, ``f`` failed, crashed or ran out of time, ``r`` passed when it was run again, ``-`` is the rest.
    ``runs`` names the run of each letter; attempts at one run share its name.
    """

    file: str
    tail: str
    letters: str
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """Everything that a check may look at.

    ``addopts`` are the words of pytest's ini value, ``ini`` is the file that it stands in. ``store`` is the path
    of the store below the repository with forward slashes. ``has_store``: a store is committed, or that cannot be
    told. ``coverage`` is None where it cannot be read. ``versions`` are those that a project may be tested with,
    by distribution. ``uses_groups``: some test has the mark ``xdist_group``. ``set_parameters`` are places of
    ``parametrize`` over a set of texts, with the function's name. ``unstable`` are files and functions whose ids
    held an address in the last run. ``unreadable`` are CI files that make no sense, with the reason.
    """

    pipelines: tuple[Pipeline, ...] = ()
    unreadable: tuple[tuple[Spot, str], ...] = ()
    addopts: tuple[str, ...] = ()
    ini: str = ""
    store: str = ".smartshard/durations"
    has_store: bool = False
    coverage: CoverageConfig | None = None
    versions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    uses_groups: bool = False
    set_parameters: tuple[tuple[Spot, str], ...] = ()
    unstable: tuple[tuple[str, str], ...] = ()
    mixed: tuple[MixedOutcomes, ...] = ()
