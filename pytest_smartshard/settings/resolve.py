"""From what was given to what holds: one frozen value, or all mistakes together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from pytest_smartshard.dispatching.limits import LimitRules
from pytest_smartshard.errors import UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.providers.detect import run_identity, shard_from_environment
from pytest_smartshard.settings.naming import Selection, environment_name, selection_name, suite_name
from pytest_smartshard.settings.options import OPTIONS
from pytest_smartshard.settings.timeouts import limit_rules
from pytest_smartshard.settings.values import Value
from pytest_smartshard.store.place import StorePlace

HOME = ".smartshard"
"""Folder below rootdir in which everything of ours is kept."""

AUTO, OFF, ON, WARN = "auto", "off", "on", "warn"

_SHARD = re.compile(r"([0-9]{1,5})/([0-9]{1,5})")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a run finds around it: folders, environment variables, what was selected, other options.

    ``lanes``: workers as written (``-n 4``), None where the machine decides (``-n auto``).
    ``has_timeouts``: pytest-timeout is active.
    ``cached_selection``: the first of ``--lf``, ``--sw`` and their like that was given, or ``""``.
    ``runs_each``: xdist was told to run every test on every worker. ``other_split``: group (1-based) and count of
    groups that pytest-split was told to split into, if it was. ``stores_durations``: pytest-split was told to
    write its own file.
    """

    rootdir: Path
    folder: Path
    environ: Mapping[str, str]
    selection: Selection = field(default_factory=Selection)
    lanes: int | None = 1
    has_timeouts: bool = True
    cached_selection: str = ""
    runs_each: bool = False
    other_split: ShardIndex | None = None
    stores_durations: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a run needs to know of its options.

    ``timeouts`` says what becomes of tests beyond the limits that ``limits`` are the rules of.
    ``shard`` is None where nothing is sharded; ``notice`` then says why if somebody asked. ``run`` is None
    where the CI names none; ``attempt`` (1-based) is None where the CI does not count. ``lanes`` is None where
    only the machine knows.
    """

    shard: ShardIndex | None
    notice: str
    segment: Segment
    plan: Path | None
    plan_out: Path | None
    rerun: Path | None
    rerun_mode: str
    run: str | None
    attempt: int | None
    home: Path
    rootdir: Path
    store: StorePlace
    record: bool
    scope: str
    packer: str
    prunes: bool
    order: str
    timeouts: str
    limits: LimitRules
    lanes: int | None
    report: bool
    report_format: str
    origins: Mapping[str, str]


def resolve(given: Mapping[str, Value], around: Surroundings, problems: list[str]) -> Settings:
    """The settings that *given* amounts to. Every mistake is appended to *problems*, one line each.

    Where there are mistakes the result still stands, with defaults in the place of what was wrong, so that
    the caller can look for more; it must not be used for a run.
    """
    chosen = {option.name: _chosen(option.name, given, problems) for option in OPTIONS if option.choices}
    problems.extend(
        f"{value.origin}: no value; give one, or leave the option out"
        for name, value in given.items()
        if value.is_given and not value.text and name not in ("shard", *chosen)
    )
    before = len(problems)
    shard, notice = _shard(given["shard"], around.environ, problems)
    rerun = _path(given["shard_rerun"], around, problems)
    if rerun is not None and shard is None:
        shard = ShardIndex(1, 1)
    ci = run_identity(around.environ)
    unclear = len(problems) > before
    if unclear or (shard is not None and shard.count > 1):
        _check_company(given["shard"], around, problems)
    asked = given["shard"] if unclear or shard is not None else given["shard_record"]
    if around.other_split is not None and asked.is_given:
        problems.append(_two_splits(around.other_split, asked))
    if around.runs_each and (unclear or shard is not None or given["shard_record"].is_given):
        problems.append(
            "--dist=each: it runs every test on every worker, and each would be recorded; use --dist=load"
        )
    _check_timeout(given["shard_timeout"], around, problems)
    _check_plan(given, problems)
    _check_rerun(given, rerun, problems)
    if given["shard_report_format"].is_given and not given["shard_report"].is_given:
        problems.append(f"{given['shard_report_format'].origin}: there is no report; add --shard-report")
    return Settings(
        shard=shard,
        notice=notice,
        segment=_segment(given, around, problems),
        plan=_path(given["shard_plan"], around, problems),
        plan_out=_path(given["shard_plan_out"], around, problems),
        rerun=rerun,
        rerun_mode=chosen["shard_rerun_mode"],
        run=given["shard_run"].text or (ci.run if ci else None),
        attempt=ci.attempt if ci else None,
        home=around.rootdir / HOME,
        rootdir=around.rootdir,
        store=_store(given["shard_store"], around, problems),
        record=given["shard_record"].is_given,
        scope=chosen["shard_scope"],
        packer=chosen["shard_packer"],
        prunes=chosen["shard_prune"] == ON,
        order=chosen["shard_order"],
        timeouts=chosen["shard_timeout"],
        limits=limit_rules(given, problems),
        lanes=around.lanes,
        report=given["shard_report"].is_given,
        report_format=chosen["shard_report_format"],
        origins={name: value.origin for name, value in given.items() if value.is_given},
    )


def store_place(given: Value, rootdir: Path, folder: Path) -> StorePlace:
    """Where durations are kept; a relative path counts from *folder*, from rootdir in an ini file.

    Raises UsageError for the home folder of somebody who has none.
    """
    if not given.text:
        return StorePlace(rootdir / HOME / "durations")
    return StorePlace.at((rootdir if given.from_ini else folder) / _expanded(given))


def _store(given: Value, around: Surroundings, problems: list[str]) -> StorePlace:
    try:
        return store_place(given, around.rootdir, around.folder)
    except UsageError as error:
        problems.extend(error.problems)
        return store_place(Value(""), around.rootdir, around.folder)


def _path(given: Value, around: Surroundings, problems: list[str]) -> Path | None:
    """A path that counts from the current folder, None where none is given."""
    if not given.text:
        return None
    try:
        return around.folder / _expanded(given)
    except UsageError as error:
        problems.extend(error.problems)
        return None


def _expanded(given: Value) -> Path:
    try:
        return Path(given.text).expanduser()
    except RuntimeError as error:
        raise UsageError([f"{given.origin}: there is no such home folder; write the path in full"]) from error


def _chosen(name: str, given: Mapping[str, Value], problems: list[str]) -> str:
    option = next(option for option in OPTIONS if option.name == name)
    value = given[name]
    if value.text in option.choices:
        return value.text
    problems.append(f"{value.origin}: no such choice; use one of {', '.join(option.choices)}")
    return option.default


def _shard(value: Value, environ: Mapping[str, str], problems: list[str]) -> tuple[ShardIndex | None, str]:
    """The shard, and a notice where there is none although one was asked for."""
    if not value.is_given or value.text == OFF:
        return None, ""
    if value.text == AUTO:
        try:
            shard = shard_from_environment(environ)
        except UsageError as error:
            problems.extend(error.problems)
            return None, ""
        return shard, "" if shard else f"{value.origin}: not in a CI, so nothing is sharded"
    match = _SHARD.fullmatch(value.text)
    if not match:
        problems.append(
            f"{value.origin}: not a shard; write K/N such as --shard=2/6, or --shard=auto, or --shard=off"
        )
        return None, ""
    number, count = int(match[1]), int(match[2])
    if count == 0:
        problems.append(f"{value.origin}: a run has at least one shard; write --shard=1/1 for the whole suite")
        return None, ""
    if not 1 <= number <= count:
        problems.append(
            f"{value.origin}: shards count from 1 to {count}; write --shard=1/{count} to --shard={count}/{count}"
        )
        return None, ""
    return ShardIndex(number, count), ""


def _check_company(shard: Value, around: Surroundings, problems: list[str]) -> None:
    """Options of others that would make shards run what no other shard knows of."""
    if around.cached_selection:
        problems.append(
            f"{around.cached_selection} with {shard.origin}: it selects by a cache that differs from shard to "
            f"shard, so tests would be lost; leave out {around.cached_selection}, or --shard"
        )
    if around.stores_durations:
        # That file is planned by where there is no store yet.
        problems.append(
            f"--store-durations with {shard.origin}: the next shard on this machine could plan by what it "
            "writes, and tests would be lost; leave out --store-durations: every shard records its own durations"
        )


def _two_splits(other: ShardIndex, asked: Value) -> str:
    """A shard, or a run that is recorded, of which pytest-split leaves only a part."""
    return (
        f"--splits={other.count} --group={other.number} with {asked.origin}: pytest-split drops tests, and what "
        f"is left would pass for the whole; leave out --splits and --group: --shard={other} says the same"
    )


def _check_timeout(timeout: Value, around: Surroundings, problems: list[str]) -> None:
    if timeout.text == ON and not around.has_timeouts:
        problems.append(
            f"{timeout.origin}: pytest-timeout, which stops tests, is not active; install "
            "pytest-smartshard[timeout], or use warn"
        )


def _check_plan(given: Mapping[str, Value], problems: list[str]) -> None:
    """Options on plans that say nothing, or what another one says too."""
    problems.extend(
        f"{given[name].origin}: there is no shard to plan for; add --shard=K/N"
        for name in ("shard_plan", "shard_plan_out")
        if given[name].is_given and not given["shard"].is_given
    )
    pinned, packer = given["shard_plan"], given["shard_packer"]
    if pinned.is_given and packer.origin.startswith("--"):
        problems.append(f"{packer.origin} with {pinned.origin}: that plan is made already; leave one of them out")


def _check_rerun(given: Mapping[str, Value], rerun: Path | None, problems: list[str]) -> None:
    origin = given["shard_rerun"].origin
    if rerun is None:
        return
    if not rerun.exists():
        problems.append(f"{origin}: does not exist; name the folder of a run, or one with its artifacts")
    if given["shard_plan"].is_given:
        problems.append(
            f"{given['shard_plan'].origin} with {origin}: that plan is for a whole run; leave one of them out"
        )


def _segment(given: Mapping[str, Value], around: Surroundings, problems: list[str]) -> Segment:
    names = {}
    for name, default in (
        ("shard_suite", suite_name(around.rootdir)),
        ("shard_env", environment_name()),
    ):
        value = given[name]
        names[name] = value.text or default
        if value.text and not _NAME.fullmatch(value.text):
            problems.append(
                f"{value.origin}: not a name; use letters, digits, '.', '_' and '-', beginning with a letter "
                "or digit"
            )
            names[name] = default
    return Segment(names["shard_suite"], names["shard_env"], selection_name(around.selection))
