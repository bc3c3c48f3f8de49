"""What is placed: the units of a suite, known ones and new ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pytest_smartshard.model.suite import Suite, SuiteFile, function_of
from pytest_smartshard.planning.grouping import Grouping, positional_functions
from pytest_smartshard.planning.packers.protocol import Units
from pytest_smartshard.planning.prediction import KnownCosts, Prediction

CHEAP_SHARE = 50
"""A function with positional ids is kept whole if it costs at most 1/50 of a bin's fair share."""


@dataclass(frozen=True, slots=True)
class SuiteUnits:
    """The units of a suite, and how they belong to its files.

    ``labels``: by file, the labels of units that span files and have tests in it.
    """

    units: Units
    labels: Mapping[str, set[str]]


@dataclass(slots=True)
class _Tally:
    """Cost of one unit while its tests are counted."""

    known: int = 0
    new: int = 0


class _Tallies(defaultdict[str, _Tally]):
    """Costs by the tail of a unit within one file, or by label across files."""

    def __init__(self) -> None:
        super().__init__(_Tally)

    def add_to(self, units: Units, file: str) -> None:
        tails = sorted(self)
        tallies = [self[tail] for tail in tails]
        costs = [tally.known or tally.new for tally in tallies]
        extras = [tally.new if tally.known else 0 for tally in tallies]
        units.extend(file, tails, costs, [tally.known > 0 for tally in tallies], extras)


def units_of(suite: Suite, prediction: Prediction, scope: str, bins: int) -> SuiteUnits:
    """All units of *suite*, to be placed in *bins* bins.

    Known units and their costs depend on history, labels and stability of ids alone, never on which other
    tests were collected.
    """
    fair_share = sum(sum(known.costs) for known in prediction.known.values()) // bins
    spanning = _Tallies()
    labels: dict[str, set[str]] = {}
    units = Units()
    for file in suite.files:
        known = prediction.of_file(file.key)
        grouping = Grouping(file, scope, _cheap_positional_functions(file, known, fair_share))
        if grouping.is_trivial:
            _add_single_tests(units, file, known, prediction)
        else:
            _add_grouped_tests(units, file, known, grouping, prediction, spanning)
            if grouping.labels:
                labels[file.key] = grouping.labels
    spanning.add_to(units, "")
    return SuiteUnits(units, labels)


def _add_single_tests(units: Units, file: SuiteFile, known: KnownCosts, prediction: Prediction) -> None:
    """Each test a unit; a file of which nothing is known or collected is one unit itself."""
    key = file.key
    tails = [test.tail for test in file.tests]
    new: Counter[str] = Counter()
    if tails != known.tails:
        new.update(tail for tail in tails if tail not in known.by_tail)
    if not new and known.tails:
        units.extend(key, known.tails, known.costs, [True] * len(known.costs))
        return
    if not new:
        units.extend(key, [""], [prediction.relatives.cost_of_file(key)], [False])
        return
    tallies = _Tallies()
    for tail, cost in known.by_tail.items():
        tallies[tail].known = cost
    for tail, count in new.items():
        tallies[tail].new = count * prediction.relatives.cost_of(key, tail)
    tallies.add_to(units, key)


def _add_grouped_tests(
    units: Units,
    file: SuiteFile,
    known: KnownCosts,
    grouping: Grouping,
    prediction: Prediction,
    spanning: _Tallies,
) -> None:
    """Units of a file in which some tests stay together; to *spanning* goes what does so across files."""
    within = _Tallies()

    def tally_of(tail: str) -> _Tally:
        label = grouping.label_of(tail)
        return spanning[label] if label else within[grouping.unit_of(tail)]

    # Every label and every test without one has its unit, also where another one's carries the cost.
    for label in grouping.labels:
        spanning[label].new += 0
    for test in file.tests:
        if not test.together:
            within[grouping.unit_of(test.stored_tail)].new += 0
    for tail, cost in known.by_tail.items():
        if not grouping.is_outdated(tail):
            tally_of(tail).known += cost
    for tail in _new_tails(file, known):
        tally_of(tail).new += prediction.relatives.cost_of(file.key, tail)
    if not file.tests and not known.tails:
        within[""].new = prediction.relatives.cost_of_file(file.key)
    within.add_to(units, file.key)


def _new_tails(file: SuiteFile, known: KnownCosts) -> Iterable[str]:
    return (tail for test in file.tests if (tail := test.stored_tail) not in known.by_tail)


def _cheap_positional_functions(file: SuiteFile, known: KnownCosts, fair_share: int) -> set[str]:
    """Functions with positional ids that cost little enough to be kept whole without harm."""
    functions = positional_functions(file)
    if not functions:
        return functions
    costs: Counter[str] = Counter()
    for tail, cost in zip(known.tails, known.costs, strict=True):
        costs[function_of(tail)] += cost
    return {function for function in functions if costs[function] * CHEAP_SHARE <= fair_share}
