"""What is known before anything is collected: settings, history, notes; or all mistakes together."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pytest_smartshard
from pytest_smartshard.errors import NewerFormat, UnusableFile, UsageError
from pytest_smartshard.journal.plan_file import read_plan
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import History
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.operations.opening import earlier_plan
from pytest_smartshard.operations.planning import PlanRequest, lanes_of, read_pinned_plan
from pytest_smartshard.planning.packers.table import PACKERS
from pytest_smartshard.planning.planner import PlanOptions
from pytest_smartshard.session.order import FAILED_FIRST, Order
from pytest_smartshard.settings.naming import Selection
from pytest_smartshard.settings.resolve import OFF, WARN, Settings, Surroundings, resolve
from pytest_smartshard.settings.values import Value, gather
from pytest_smartshard.store.place import FoundHistory, find_history
from pytest_smartshard.wording import plural

if TYPE_CHECKING:
    from pytest_smartshard.operations.rerunning import Rerun

WHOLE = ShardIndex(1, 1)
"""The shard of a run that records without sharding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """``pinned`` is a plan to follow instead of making one; ``rerun`` is set where only what is left of a run is
    to be run; ``started`` is seconds since the epoch; ``records`` says whether this run keeps a journal.
    """

    settings: Settings
    history: History
    notes: tuple[str, ...]
    pinned: Plan | None
    rerun: Rerun | None
    started: float
    records: bool
    versions: Mapping[str, str]

    @property
    def shard(self) -> ShardIndex:
        return self.settings.shard or WHOLE

    @property
    def has_limits(self) -> bool:
        """Whether tests have limits from history."""
        return self.records and self.settings.timeouts != OFF

    @property
    def warns(self) -> bool:
        """Whether tests beyond their limits are told of, and not stopped."""
        return self.settings.timeouts == WARN

    def order(self) -> Order:
        """In which order this shard runs its tests."""
        name = self.settings.order
        if name != FAILED_FIRST:
            return Order(name)
        from pytest_smartshard.session.item_order import failed_tests  # Few runs ask for it.

        return Order(name, failed_tests(self.history))

    @property
    def _knows_before(self) -> bool:
        """Whether it can be said before collecting who runs what."""
        if self.pinned is not None:
            return self.pinned.pruned
        return PACKERS[self.settings.packer].needs_costs

    def request(self) -> PlanRequest:
        """What every process of this shard plans by."""
        settings = self.settings
        return PlanRequest(
            history=self.history,
            options=PlanOptions(
                shards=self.shard.count,
                lanes=lanes_of(settings.lanes, self.history),
                packer=settings.packer,
                scope=settings.scope,
                selection=settings.segment.selection,
                version=pytest_smartshard.__version__,
                rest=self.rerun.rest.digest if self.rerun else "",
            ),
            pinned=self.pinned,
            rest=self.rerun.rest if self.rerun else None,
            prunes=settings.prunes and self.shard.count > 1 and self.rerun is None and self._knows_before,
        )


def begin(config: pytest.Config) -> Start:
    """Raises pytest.UsageError with every mistake there is."""
    problems: list[str] = []
    settings = settings_of(config, problems)
    found = _history(settings, problems)
    pinned = _pinned_plan(settings, problems)
    rerun = _rerun(settings) if settings.rerun is not None and not problems else None
    if problems:
        raise pytest.UsageError(*problems)
    return Start(
        settings=settings,
        history=found.history,
        notes=(*found.notes, *(_notes_of(rerun) if rerun else ())),
        pinned=pinned,
        rerun=rerun,
        started=time.time(),
        records=_records(config),
        versions={
            "pytest": pytest.__version__,
            "python": platform.python_version(),
            "smartshard": pytest_smartshard.__version__,
        },
    )


def with_earlier_plan(start: Start) -> Start:
    """On a later attempt the plan of an earlier one is followed again, and said to be missing if it is.

    A plan that was named is followed whatever happened before.
    """
    settings = start.settings
    is_decided = start.pinned is not None or start.rerun is not None
    if settings.run is None or start.shard.count == 1 or is_decided:
        return start
    path, is_later = earlier_plan(settings.home, settings.run, settings.segment, start.shard, settings.attempt)
    if path is None and not is_later:
        return start
    attempt = f"attempt {settings.attempt}" if settings.attempt else "another attempt"
    what = f"{attempt} at run {settings.run}" if is_later else f"run {settings.run}"
    return _follow(path, start, what)


def _follow(path: Path | None, start: Start, what: str) -> Start:
    """*start* with the plan at *path*, if it can be followed, and with a note of what becomes of it."""
    plan = None
    if path is None:
        note = (
            f"{what}: no plan of an earlier attempt is in {start.settings.home}, so this is planned anew; "
            "restore that folder to run the same tests again"
        )
    elif plan := _earlier(path, start.shard):
        note = f"{what}: following the earlier plan in {path}"
    else:
        note = f"{what}: the earlier plan in {path} cannot be read, so this is planned anew"
    return replace(start, notes=(*start.notes, note), pinned=plan)


def _earlier(path: Path, shard: ShardIndex) -> Plan | None:
    try:
        plan = read_plan(path)
    except (UnusableFile, NewerFormat):
        return None
    return plan if plan.shards == shard.count else None


def _rerun(settings: Settings) -> Rerun:
    """What is left of the run that ``--shard-rerun`` names. Raises pytest.UsageError."""
    # Proving is what most shards do without.
    from pytest_smartshard.operations.rerunning import find_rerun

    assert settings.rerun is not None
    named = "shard_run" in settings.origins
    try:
        return find_rerun(
            settings.rerun,
            settings.origins["shard_rerun"],
            settings.segment,
            settings.shard or WHOLE,
            settings.rerun_mode,
            wanted=settings.run if named else None,
            likely=None if named else settings.run,
            wanted_by=settings.origins.get("shard_run", ""),
        )
    except UsageError as error:
        raise pytest.UsageError(*error.problems) from error


def _notes_of(rerun: Rerun) -> tuple[str, ...]:
    what = f"generation {rerun.generation} of run {rerun.run}"
    return (*rerun.notes, f"{what}: what {rerun.path} shows as done is not run again")


def _pinned_plan(settings: Settings, problems: list[str]) -> Plan | None:
    """The plan that ``--shard-plan`` names."""
    if settings.plan is None:
        return None
    origin = settings.origins["shard_plan"]
    try:
        plan = read_pinned_plan(settings.plan)
    except UnusableFile as problem:
        problems.append(f"{origin}: {problem.reason}; write one with --shard-plan-out or smartshard plan")
        return None
    except NewerFormat as newer:
        problems.append(
            f"{origin}: has format {newer.found}, and this version reads up to {newer.known}; "
            "upgrade pytest-smartshard or write the plan with this version"
        )
        return None
    if settings.shard is not None and settings.shard.count != plan.shards:
        problems.append(
            f"{origin}: divides the suite into {plural(plan.shards, 'shard')}, and this is shard "
            f"{settings.shard}; write a plan for {settings.shard.count}, or run {plan.shards}"
        )
    return plan


def settings_of(config: pytest.Config, problems: list[str]) -> Settings:
    return resolve(values_of(config), _surroundings(config), problems)


def values_of(config: pytest.Config) -> dict[str, Value]:
    """What was given for each option, wherever it was given."""
    return gather(lambda name: config.getoption(name, None), config.getini, os.environ)


def _history(settings: Settings, problems: list[str]) -> FoundHistory:
    store = settings.store
    named = settings.origins.get("shard_store", f"shard_store = {store.path}")
    try:
        needs_samples = settings.order == FAILED_FIRST or settings.timeouts != OFF
        return find_history(store, settings.segment, settings.rootdir, with_samples=needs_samples)
    except NewerFormat as newer:
        problems.append(
            f"{named}: {newer.path} has format {newer.found}, and this version reads up to {newer.known}; "
            "upgrade pytest-smartshard or name another store"
        )
    except OSError as error:
        # Another tool's file, read where the store has nothing.
        other = "" if Path(error.filename).is_relative_to(store.path) else f" {error.filename}"
        problems.append(f"{named}:{other} cannot be read ({error.strerror}); mend it or name another store")
    return FoundHistory(history=History())


def _surroundings(config: pytest.Config) -> Surroundings:
    return Surroundings(
        rootdir=config.rootpath,
        folder=config.invocation_params.dir,
        environ=os.environ,
        selection=_selection(config),
        lanes=_lanes_as_written(config),
        has_timeouts=config.pluginmanager.hasplugin("timeout"),
        cached_selection=_cached_selection(config),
        runs_each=config.getoption("dist", "no") == "each" and bool(config.getoption("tx", None)),
        other_split=_other_split(config),
        stores_durations=bool(config.getoption("store_durations", False)),
    )


def _selection(config: pytest.Config) -> Selection:
    return Selection(
        keyword=config.getoption("keyword", "") or "",
        markers=config.getoption("markexpr", "") or "",
        deselected=tuple(config.getoption("deselect", None) or ()),
        arguments=_arguments(config),
        ignored=_ignored(config),
    )


def _arguments(config: pytest.Config) -> tuple[str, ...]:
    """Files, folders and node ids as given, relative to rootdir; none where the whole suite is meant."""
    if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
        return ()
    relative = tuple(_relative(argument, config) for argument in config.args)
    whole = relative == (".",) and not config.getini("testpaths")
    return () if whole else relative


def _ignored(config: pytest.Config) -> tuple[str, ...]:
    """Paths and patterns that are not collected, relative to rootdir where they name something."""
    given = [*(config.getoption("ignore", None) or ()), *(config.getoption("ignore_glob", None) or ())]
    return tuple(_relative(str(path), config) for path in given)


def _relative(argument: str, config: pytest.Config) -> str:
    """An argument that names the same thing wherever the repository lies and whatever folder this is."""
    path, separator, tail = argument.partition("::")
    place = config.invocation_params.dir / path
    if not place.exists():  # With --pyargs the argument is the name of a package.
        return argument
    try:
        named = place.resolve().relative_to(config.rootpath.resolve()).as_posix()
    except ValueError:
        named = Path(os.path.relpath(place, config.rootpath)).as_posix()
    return f"{named}{separator}{tail}"


def _lanes_as_written(config: pytest.Config) -> int | None:
    """Workers as written on the command line; None where the machine's core count decides."""
    written = getattr(config.known_args_namespace, "numprocesses", None)
    if isinstance(written, str):
        return None
    tx = config.getoption("tx", None) or ()
    return max(1, len(tx)) if config.getoption("dist", "no") != "no" else 1


def _cached_selection(config: pytest.Config) -> str:
    """The option, if any, that selects by what this machine ran last."""
    for name, flag in (("lf", "--lf"), ("stepwise", "--sw"), ("stepwise_skip", "--sw-skip")):
        if config.getoption(name, False):
            return flag
    return ""


def _other_split(config: pytest.Config) -> ShardIndex | None:
    """The group that pytest-split is to run, which has looked at the two numbers before."""
    group, splits = config.getoption("group", None), config.getoption("splits", None)
    return ShardIndex(group, splits) if isinstance(group, int) and isinstance(splits, int) else None


def _records(config: pytest.Config) -> bool:
    """Not where nothing runs, and not under a debugger: a person's thinking is no duration."""
    return not any(config.getoption(name, False) for name in ("collectonly", "setuponly", "usepdb", "trace"))
