"""Making the plan that all shards of a run follow, or taking the one that was made already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_smartshard.journal.plan_file import read_plan
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.suite import Suite
from pytest_smartshard.planning.digest import plan_digest
from pytest_smartshard.planning.planner import Planned, PlanOptions, make_plan
from pytest_smartshard.planning.prediction import Prediction
from pytest_smartshard.planning.refining import refined, worth_collecting

if TYPE_CHECKING:
    from pytest_smartshard.model.rest import Rest


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What to plan by. ``pinned`` is a plan that is followed instead, None to plan anew. ``rest`` is what is to
    be run of what is collected, None for all of it. ``prunes``: shards leave out the files of others.
    """

    history: History
    options: PlanOptions
    pinned: Plan | None = None
    rest: Rest | None = None
    prunes: bool = False


def plan_suite(suite: Suite, request: PlanRequest) -> Planned:
    """The plan for *suite*: the pinned one, with costs from today's history, or a new one."""
    if request.pinned is None:
        history = request.history if request.rest is None else known_of(suite, request.history)
        return make_plan(suite, history, request.options)
    return Planned(request.pinned, Prediction(suite, request.history))


def plan_files(suite: Suite, request: PlanRequest) -> tuple[Suite, Planned]:
    """A plan for *suite*, of which only the files are known; and these, with what all shards have to collect."""
    planned = plan_suite(suite, request)
    worth = worth_collecting(suite, planned) if request.pinned is None else frozenset()
    if all(file.everywhere for file in suite.files if file.key in worth):
        return suite, planned
    files = tuple(replace(file, everywhere=True) if file.key in worth else file for file in suite.files)
    suite = Suite(files=files)
    return suite, plan_suite(suite, request)


def plan_collected(first: Planned, suite: Suite, request: PlanRequest) -> Planned:
    """The plan *first*, made anew for the tests of *suite* that were found in files which all shards collect."""
    everywhere = {file.key for file in suite.files if file.everywhere}
    if not everywhere or request.pinned is not None:
        return first
    return refined(first, plan_suite(suite, request), everywhere)


def known_of(suite: Suite, history: History) -> History:
    """*history* of the tests of *suite* alone: what is settled must not be planned for."""
    files = {}
    for file in suite.files:
        known = history.files.get(file.key)
        if known is None:
            continue
        tails = {test.stored_tail for test in file.tests}
        here = [place for place, tail in enumerate(known.tails) if tail in tails]
        files[file.key] = FileHistory(
            [known.tails[place] for place in here],
            [known.costs[place] for place in here],
            (),
            known.needs,
            [known.needing[place] for place in here] if known.needing else (),
        )
    return replace(history, files=files)


def read_pinned_plan(path: Path) -> Plan:
    """The plan at *path*, which somebody may have edited: its digest is made anew from what it says now.

    Raises UnusableFile or NewerFormat.
    """
    plan = read_plan(path)
    options = ("pinned", str(plan.shards), plan.scope)
    return replace(plan, digest=plan_digest(plan.owners, plan.cuts, plan.together, plan.digest, options))


def lanes_of(written: int | None, history: History) -> int:
    """Lanes in each shard: as written, else as many as the segment's newest run had, else one.

    Never the machine's own count: shards on different machines would plan differently.
    """
    if written is not None:
        return max(1, written)
    return max(1, history.runs[-1].lanes) if history.runs else 1
