"""What is placed: the units of a suite, known ones and new ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.suite import Suite, SuiteFile, function_of
from pytest_smartshard.planning.grouping import FILE, Grouping, positional_functions
from pytest_smartshard.planning.packers.protocol import Units
from pytest_smartshard.planning.prediction import KnownCosts, Prediction
from pytest_smartshard.planning.sharing import NO_BUNDLE, SharedCosts, labels_of

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
    """Cost of one unit, and the bundle that it needs, while its tests are counted.

    Where history knows one of its tests, the known ones alone say what the unit needs.
    """

    known: int = 0
    new: int = 0
    is_known: bool = False
    known_bundle: int = NO_BUNDLE
    new_bundle: int = NO_BUNDLE

    def add_known(self, cost: int, bundle: int, shared: SharedCosts) -> None:
        self.known += cost
        self.is_known = True
        self.known_bundle = shared.united(self.known_bundle, bundle)

    def add_new(self, cost: int, bundle: int, shared: SharedCosts) -> None:
        self.new += cost
        self.new_bundle = shared.united(self.new_bundle, bundle)


class _Tallies(defaultdict[str, _Tally]):
    """Costs by the tail of a unit within one file, or by label across files."""

    def __init__(self) -> None:
        super().__init__(_Tally)

    def add_to(self, units: Units, file: str, *, sharing: bool) -> None:
        """*sharing*: whether units have bundles."""
        tails = sorted(self)
        tallies = [self[tail] for tail in tails]
        units.extend(
            file,
            tails,
            [tally.known if tally.is_known else tally.new for tally in tallies],
            [tally.is_known for tally in tallies],
            [tally.new if tally.is_known else 0 for tally in tallies],
            [tally.known_bundle if tally.is_known else tally.new_bundle for tally in tallies] if sharing else (),
        )


def units_of(suite: Suite, prediction: Prediction, scope: str, bins: int) -> SuiteUnits:
    """All units of *suite*, to be placed in *bins* bins.

    Known units, their costs and what they need depend on history, labels and stability of ids alone, never on
    which other tests were collected.
    """
    fair_share = sum(sum(known.costs) for known in prediction.known.values()) // bins
    shared = SharedCosts(suite, prediction)
    spanning = _Tallies()
    labels: dict[str, set[str]] = {}
    units = Units(sharing=shared.sharing)
    for file in suite.files:
        known = prediction.of_file(file.key)
        whole_functions = _cheap_positional_functions(file, known, fair_share)
        grouping = Grouping(file, FILE if file.document else scope, whole_functions, labels_of(known))
        if grouping.is_trivial:
            _add_single_tests(units, file, known, prediction, shared)
        else:
            _add_grouped_tests(units, file, known, grouping, prediction, shared, spanning)
            if grouping.labels:
                labels[file.key] = grouping.labels
    spanning.add_to(units, "", sharing=not shared.is_free)
    return SuiteUnits(units, labels)


def _add_single_tests(
    units: Units, file: SuiteFile, known: KnownCosts, prediction: Prediction, shared: SharedCosts
) -> None:
    """Each test a unit; a file of which nothing is known or collected is one unit itself."""
    key = file.key
    tails = [test.tail for test in file.tests]
    new: Counter[str] = Counter()
    if tails != known.tails:
        new.update(tail for tail in tails if tail not in known.by_tail)
    each_test = shared.each_test(key)
    costs = known.costs if not each_test else [cost + each_test for cost in known.costs]
    if not new and known.tails:
        bundles = () if shared.is_free else shared.of_known(key, known)
        units.extend(key, known.tails, costs, [True] * len(costs), bundles=bundles)
        return
    tallies = _Tallies()
    for tail, cost, bundle in zip(known.tails, costs, shared.of_known(key, known), strict=True):
        tallies[tail].add_known(cost, bundle, shared)
    for tail, count in new.items():
        cost = prediction.relatives.cost_of(key, tail) + each_test
        tallies[tail].add_new(count * cost, shared.of_new(key, tail), shared)
    _add_without_tests(tallies, file, prediction, shared)
    tallies.add_to(units, key, sharing=not shared.is_free)


def _add_grouped_tests(
    units: Units,
    file: SuiteFile,
    known: KnownCosts,
    grouping: Grouping,
    prediction: Prediction,
    shared: SharedCosts,
    spanning: _Tallies,
) -> None:
    """Units of a file in which some tests stay together; to *spanning* goes what does so across files."""
    key = file.key
    each_test = shared.each_test(key)
    within = _Tallies()

    def tally_of(tail: str) -> _Tally:
        label = grouping.label_of(tail)
        return spanning[label] if label else within[grouping.unit_of(tail)]

    for tail, cost, bundle in zip(known.tails, known.costs, shared.of_known(key, known), strict=True):
        if not grouping.is_outdated(tail):
            tally_of(tail).add_known(cost + each_test, bundle, shared)
    # Every label and every test without one has its unit, also where another one's carries the cost.
    for label in sorted(grouping.labels):
        spanning[label].add_new(0, shared.bundle(key), shared)
    for test in file.tests:
        if not test.together:
            within[grouping.unit_of(test.stored_tail)].add_new(0, shared.bundle(key), shared)
    for tail in _new_tails(file, known):
        cost = prediction.relatives.cost_of(key, tail) + each_test
        tally_of(tail).add_new(cost, shared.of_new(key, tail), shared)
    _add_without_tests(within, file, prediction, shared)
    within.add_to(units, key, sharing=not shared.is_free)


def _add_without_tests(within: _Tallies, file: SuiteFile, prediction: Prediction, shared: SharedCosts) -> None:
    """One unit for a file that is known or was found to have no tests, or of which only the name is known."""
    key = file.key
    if key in prediction.testless:
        within[""].add_known(0, shared.bundle(key), shared)
    elif not file.tests and key not in prediction.known:
        within[""].add_new(
            0 if file.collected else _guessed_cost(key, prediction, shared), shared.bundle(key), shared
        )


def _guessed_cost(file: str, prediction: Prediction, shared: SharedCosts) -> int:
    """Of all tests of a file of which nobody knows what is in it."""
    relatives = prediction.relatives
    return relatives.cost_of_file(file) + shared.each_test(file) * relatives.tests_in_file(file)


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
