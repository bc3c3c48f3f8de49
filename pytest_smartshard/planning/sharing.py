"""What the tests of a suite share: who needs which shared cost, and how dear it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_smartshard.model.shared import (
    COLLECT,
    COLLECT_COLD,
    EACH_TEST,
    START_UP,
    label_of_need,
    place_of_need,
)
from pytest_smartshard.model.suite import Suite, class_of, function_of
from pytest_smartshard.planning.packers.protocol import Bundle, Sharing
from pytest_smartshard.planning.prediction import KnownCosts, Prediction
from pytest_smartshard.planning.relatives import directories_of

NO_BUNDLE = -1
"""Of a unit of which nothing was counted yet."""

_NO_FIXTURES = frozenset({START_UP, EACH_TEST, COLLECT, COLLECT_COLD})


class SharedCosts:
    """Turns the needs of tests into bundles. ``sharing`` grows as they are asked for.

    Where history knows nothing of the suite, nothing is shared: costs of tests are not known then, to weigh
    shared ones against.
    """

    def __init__(self, suite: Suite, prediction: Prediction) -> None:
        self._prediction = prediction
        self._is_known = not prediction.is_empty
        self._shared = prediction.shared if self._is_known else {}
        self._each_test = self._shared.get(EACH_TEST, 0)
        self.sharing = Sharing(start_up=self._shared.get(START_UP, 0))
        self._files: dict[str, int] = {}
        self._fixtures: dict[tuple[str, str], int] = {}
        self._bundles: dict[Bundle, int] = {}
        self._scopes: dict[str, _Scopes] = {}
        self._add_collecting(suite)
        self._has_costs = any(self.sharing.collecting) or self._has_fixtures(suite)
        if self._has_costs:
            self._files.update((file.key, index) for index, file in enumerate(suite.files))

    @property
    def is_free(self) -> bool:
        """Whether nothing is shared by some units and not by all: then none has a bundle."""
        return not self._has_costs

    def each_test(self, file: str) -> int:
        """Microseconds that a test of *file* costs beside its own."""
        if not self._is_known:
            return 0
        return self._prediction.of_file(file).shared.get(EACH_TEST, self._each_test)

    def of_known(self, file: str, known: KnownCosts) -> list[int]:
        """The bundle of each known test of a file, in order."""
        if self.is_free:
            return [NO_BUNDLE] * len(known.tails)
        if not known.needing:
            return [self.bundle(file)] * len(known.tails)
        by_index = [self.bundle(file, needs) for needs in known.needs]
        return [by_index[index] for index in known.needing]

    def of_new(self, file: str, tail: str) -> int:
        """The bundle of a test that history does not know: that of its nearest relatives."""
        if self.is_free:
            return NO_BUNDLE
        if file not in self._scopes:
            self._scopes[file] = _Scopes(self._prediction.of_file(file))
        return self.bundle(file, self._scopes[file].needs_of(tail))

    def bundle(self, file: str, needs: Iterable[str] = ()) -> int:
        """The bundle of a test of *file* with these *needs*. What costs nothing is left out."""
        if self.is_free:
            return NO_BUNDLE
        fixtures = {number for need in needs if (number := self._fixture(file, need)) is not None}
        return self._numbered(Bundle((self._files[file],), tuple(sorted(fixtures))))

    def united(self, one: int, other: int) -> int:
        """The bundle of what needs two; one of them may be NO_BUNDLE."""
        if one in (NO_BUNDLE, other):
            return other
        left, right = self.sharing.bundles[one], self.sharing.bundles[other]
        files, fixtures = {*left.files, *right.files}, {*left.fixtures, *right.fixtures}
        return self._numbered(Bundle(tuple(sorted(files)), tuple(sorted(fixtures))))

    def _numbered(self, bundle: Bundle) -> int:
        number = self._bundles.setdefault(bundle, len(self._bundles))
        if number == len(self.sharing.bundles):
            self.sharing.bundles.append(bundle)
        return number

    def _fixture(self, file: str, need: str) -> int | None:
        place = place_of_need(need, file)
        shared = self._prediction.of_file(file).shared if place else self._shared
        cost = shared.get(need, 0)
        if not cost:
            return None
        number = self._fixtures.setdefault((place, need), len(self._fixtures))
        if number == len(self.sharing.fixtures):
            self.sharing.fixtures.append(cost)
            if not place:
                self.sharing.wide.add(number)
        return number

    def _has_fixtures(self, suite: Suite) -> bool:
        places = [self._shared, *(self._prediction.of_file(file.key).shared for file in suite.files)]
        return any(cost and name not in _NO_FIXTURES for shared in places for name, cost in shared.items())

    def _add_collecting(self, suite: Suite) -> None:
        known = {
            file.key: shared[COLLECT]
            for file in suite.files
            if COLLECT in (shared := self._prediction.of_file(file.key).shared)
        }
        sharing = self.sharing
        if not known:
            sharing.collecting = [0] * len(suite.files)
            return
        means = _means_by_folder(known) if len(known) < len(suite.files) else {}
        for index, file in enumerate(suite.files):
            cost = known.get(file.key)
            if cost is None and file.everywhere:
                # All pay alike what nobody has measured; what no file of pytest's holds is never measured.
                cost = 0
            elif cost is None:
                cost = next((means[folder] for folder in directories_of(file.key) if folder in means), 0)
                sharing.guessed.add(index)
            if file.everywhere:
                sharing.everywhere += cost
            sharing.collecting.append(0 if file.everywhere else cost)


class _Scopes:
    """Needs that all known tests of a function, of a class or of a file have in common."""

    def __init__(self, known: KnownCosts) -> None:
        self._common: dict[str, set[str]] = {}
        for tail, index in zip(known.tails, known.needing, strict=False):
            needs = known.needs[index]
            for scope in {function_of(tail), class_of(tail), ""}:
                if scope in self._common:
                    self._common[scope].intersection_update(needs)
                else:
                    self._common[scope] = set(needs)

    def needs_of(self, tail: str) -> set[str]:
        scopes = (function_of(tail), class_of(tail), "")
        return next((self._common[scope] for scope in scopes if scope in self._common), set())


def labels_of(known: KnownCosts) -> dict[str, str]:
    """By tail of a known test, what it was seen to stay together with; of several labels the first by name."""
    by_index = {
        index: min(labels)
        for index, needs in enumerate(known.needs)
        if (labels := [label for need in needs if (label := label_of_need(need))])
    }
    if not by_index:
        return {}
    return {
        tail: by_index[index]
        for tail, index in zip(known.tails, known.needing, strict=False)
        if index in by_index
    }


def _means_by_folder(costs: Mapping[str, int]) -> Mapping[str, int]:
    """Mean cost of the files below each folder."""
    found: dict[str, list[int]] = {}
    for file, cost in costs.items():
        for folder in directories_of(file):
            found.setdefault(folder, []).append(cost)
    return {folder: sum(values) // len(values) for folder, values in found.items()}
