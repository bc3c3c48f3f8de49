"""From files, history and options to a plan: who runs what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

from pytest_smartshard.model.history import History
from pytest_smartshard.model.plan import Forecast, Plan
from pytest_smartshard.model.suite import Suite
from pytest_smartshard.planning.bounds import lower_bound
from pytest_smartshard.planning.dealing import deal_whole_files
from pytest_smartshard.planning.digest import plan_digest
from pytest_smartshard.planning.grouping import TEST
from pytest_smartshard.planning.packers.protocol import Bins, Units
from pytest_smartshard.planning.packers.table import PACKERS
from pytest_smartshard.planning.prediction import Prediction
from pytest_smartshard.planning.units import SuiteUnits, units_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What a plan depends on besides files and history, as written and never as measured.

    ``lanes``: workers in each shard, at least 1. ``packer``: a name in the table of packers. ``scope``: what
    is kept whole (``test``, ``class`` or ``file``). ``selection``: name of the segment's selection.
    ``version``: of this package; another version may plan differently. ``rest``: digest of what was settled
    before and is not run again, ``""`` where all is run.
    """

    shards: int
    lanes: int = 1
    packer: str = "lpt"
    scope: str = TEST
    selection: str = ""
    version: str = ""
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the prediction that it rests on."""

    plan: Plan
    prediction: Prediction


def make_plan(suite: Suite, history: History, options: PlanOptions) -> Planned:
    """Place every test of *suite*: a pure function of its arguments.

    What history knows of the suite's files is placed first and without regard to what was collected; tests
    that it does not know come on top. Without any history files are dealt whole, unless there are fewer files
    than shards or the packer needs no costs.
    """
    prediction = Prediction(suite, history)
    bins = Bins(options.shards, options.lanes)
    found = units_of(suite, prediction, options.scope, bins.total)
    packer = PACKERS[options.packer]
    if not prediction.known and packer.needs_costs and len(suite.files) >= options.shards:
        placed = deal_whole_files(suite, found.units, bins)
    else:
        placed = packer.pack(found.units, bins)
    plan = _file_owner_form(suite, found, placed, bins, options, history.digest)
    return Planned(plan, prediction)


def _file_owner_form(
    suite: Suite,
    found: SuiteUnits,
    placed: Sequence[int],
    bins: Bins,
    options: PlanOptions,
    history_digest: str,
) -> Plan:
    """Turn units in bins into owners of files, naming units only in files with several owners."""
    units = found.units
    shards = [number % bins.shards + 1 for number in placed]
    spanning = units.spans[""]
    together = dict(zip(units.tails[spanning], shards[spanning], strict=True))
    owners: dict[str, tuple[int, ...]] = {}
    cuts: dict[str, dict[str, int]] = {}
    for file in suite.files:
        span = units.spans[file.key]
        owning = {together[label] for label in found.labels.get(file.key, ())}
        owning.update(shards[span])
        owners[file.key] = tuple(sorted(owning))
        if len(owning) > 1:
            cuts[file.key] = dict(zip(units.tails[span], shards[span], strict=True))
    return Plan(
        shards=bins.shards,
        lanes=bins.lanes,
        packer=options.packer,
        scope=options.scope,
        owners=owners,
        cuts=cuts,
        together=together,
        forecast=_forecast(units, placed, bins),
        digest=plan_digest(owners, cuts, together, history_digest, _options_as_text(options)),
    )


def _forecast(units: Units, placed: Sequence[int], bins: Bins) -> Forecast:
    costs = units.costs
    if units.extras:
        costs = costs.copy()
        for index, extra in units.extras.items():
            costs[index] += extra
    loads = [0] * bins.total
    for cost, number in zip(costs, placed, strict=True):
        loads[number] += cost
    return Forecast(
        loads=tuple(max(loads[shard :: bins.shards]) for shard in range(bins.shards)),
        bound=lower_bound(costs, bins.total),
        total=sum(costs),
        known=sum(compress(units.costs, units.known)),
    )


def _options_as_text(options: PlanOptions) -> tuple[str, ...]:
    numbers = (str(options.shards), str(options.lanes))
    rest = (options.rest,) if options.rest else ()
    return (*numbers, options.packer, options.scope, options.selection, options.version, *rest)
