"""Making the plan that all shards of a run follow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_smartshard.journal.plan_file import read_plan
from pytest_smartshard.model.history import History
from pytest_smartshard.model.suite import Suite
from pytest_smartshard.planning.planner import Planned, PlanOptions, make_plan
from pytest_smartshard.planning.prediction import Prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What to plan by. ``pinned`` is a plan file that is followed instead, None to plan anew."""

    history: History
    options: PlanOptions
    pinned: Path | None = None


def plan_suite(suite: Suite, request: PlanRequest) -> Planned:
    """The plan for *suite*: the pinned one, with costs from today's history, or a new one.

    Raises UnusableFile or NewerFormat for a pinned plan that cannot be read.
    """
    if request.pinned is None:
        return make_plan(suite, request.history, request.options)
    return Planned(read_plan(request.pinned), Prediction(suite, request.history))


def lanes_of(written: int | None, history: History) -> int:
    """Lanes in each shard: as written, else as many as the segment's newest run had, else one.

    Never the machine's own count: shards on different machines would plan differently.
    """
    if written is not None:
        return max(1, written)
    return max(1, history.runs[-1].lanes) if history.runs else 1
