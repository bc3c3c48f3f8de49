"""From files, history and options to a plan: who runs what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.history import History
from pytest_smartshard.model.plan import Forecast, Plan
from pytest_smartshard.model.suite import Suite
from pytest_smartshard.planning.dealing import deal_whole_files
from pytest_smartshard.planning.digest import plan_digest
from pytest_smartshard.planning.forecasting import forecast_of
from pytest_smartshard.planning.grouping import TEST
from pytest_smartshard.planning.packers.protocol import Bins
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
    is_dealt = prediction.is_empty and packer.needs_costs and len(suite.files) >= options.shards
    placed = deal_whole_files(suite, found.units, bins) if is_dealt else packer.pack(found.units, bins)
    forecast = forecast_of(found.units, placed, bins, _visits(suite, found, placed))
    for index, number in enumerate(placed):  # In place, as another list of all units would take much memory.
        placed[index] = number % bins.shards + 1
    plan = _file_owner_form(suite, found, placed, forecast, options, history.digest)
    return Planned(plan, prediction)


def _file_owner_form(
    suite: Suite,
    found: SuiteUnits,
    shards: Sequence[int],
    forecast: Forecast,
    options: PlanOptions,
    history_digest: str,
) -> Plan:
    """Turn units in *shards* into owners of files, naming units only in files with several owners."""
    units = found.units
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
        shards=options.shards,
        lanes=options.lanes,
        packer=options.packer,
        scope=options.scope,
        owners=owners,
        cuts=cuts,
        together=together,
        forecast=forecast,
        digest=plan_digest(owners, cuts, together, history_digest, _options_as_text(options)),
    )


def _visits(suite: Suite, found: SuiteUnits, placed: Sequence[int]) -> Mapping[int, list[int]]:
    """By index of a file, the bins of the labels that tests of it carry."""
    spanning = found.units.spans[""]
    bin_of_label = dict(zip(found.units.tails[spanning], placed[spanning], strict=True))
    return {
        index: [bin_of_label[label] for label in sorted(found.labels[file.key])]
        for index, file in enumerate(suite.files)
        if file.key in found.labels
    }


def _options_as_text(options: PlanOptions) -> tuple[str, ...]:
    numbers = (str(options.shards), str(options.lanes))
    rest = (options.rest,) if options.rest else ()
    return (*numbers, options.packer, options.scope, options.selection, options.version, *rest)
