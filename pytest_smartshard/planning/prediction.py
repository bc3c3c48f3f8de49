"""Costs of all tests of a suite: from history where it knows them, from relatives where not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.suite import Suite, SuiteFile, function_of
from pytest_smartshard.planning.relatives import Relatives


class KnownCosts:
    """What history expects of one file: its tests in order of tails, collected or not, and their microseconds."""

    def __init__(self, tails: Sequence[str] = (), costs: Sequence[int] = ()) -> None:
        self.tails = tails
        self.costs = costs
        self._by_tail: dict[str, int] | None = None

    @property
    def by_tail(self) -> Mapping[str, int]:
        """Made when first needed: planning a suite that history knows wholly does without."""
        if self._by_tail is None:
            self._by_tail = dict(zip(self.tails, self.costs, strict=True))
        return self._by_tail


class Prediction:
    """Predicted microseconds, a pure function of suite and history. ``known`` is by file key."""

    def __init__(self, suite: Suite, history: History) -> None:
        found = _known_by_file(suite, history)
        self.known: Mapping[str, KnownCosts] = {
            file.key: _folded(found[file.key], file)
            for file in suite.files
            if file.key in found and found[file.key].tails
        }
        self._relatives: Relatives | None = None

    def of_file(self, file: str) -> KnownCosts:
        return self.known.get(file) or KnownCosts()

    def knows(self, file: str, tail: str) -> bool:
        """Whether a cost rests on history, *tail* being the one that durations are kept under."""
        return tail in self.of_file(file).by_tail

    def cost_of(self, file: str, tail: str) -> int:
        """Microseconds of one test, *tail* being the one that durations are kept under."""
        cost = self.of_file(file).by_tail.get(tail)
        return self.relatives.cost_of(file, tail) if cost is None else cost

    @property
    def relatives(self) -> Relatives:
        """Made when first needed: most runs hold no unknown test."""
        if self._relatives is None:
            self._relatives = Relatives({file: known.by_tail for file, known in self.known.items()})
        return self._relatives


def _known_by_file(suite: Suite, history: History) -> Mapping[str, KnownCosts]:
    """What is known of each file of the suite: under its key, else under its alias, else as of a moved file."""
    known = {file.key: _all_of(history.files[file.key]) for file in suite.files if file.key in history.files}
    if len(known) == len(suite.files):
        return known
    vanished = [key for key in history.files if key not in known]
    by_alias = _known_by_alias(suite, history, set(vanished))
    known.update(by_alias)
    taken = {file.alias for file in suite.files if file.key in by_alias}
    arrived = [file.key for file in suite.files if file.key not in known]
    known.update(_known_of_moved(arrived, [key for key in vanished if key not in taken], history))
    return known


def _known_by_alias(suite: Suite, history: History, vanished: Collection[str]) -> Mapping[str, KnownCosts]:
    """Of files whose alias is one of *vanished*: names in history that are no key of the suite.

    Files that share an alias have the tests of all of them under it; each takes those that it holds itself.
    """
    sharing: dict[str, list[SuiteFile]] = {}
    for file in suite.files:
        if file.alias is not None and file.alias in vanished and file.key not in history.files:
            sharing.setdefault(file.alias, []).append(file)
    return {
        file.key: _all_of(history.files[alias]) if len(files) == 1 else _part_of(history.files[alias], file)
        for alias, files in sharing.items()
        for file in files
    }


def _folded(known: KnownCosts, file: SuiteFile) -> KnownCosts:
    """With one cost for each function whose ids are not stable, where other tools keep one a parameter."""
    functions = {function_of(test.tail) for test in file.tests if test.unstable}.difference(known.tails)
    if not functions:
        return known
    costs: Counter[str] = Counter()
    for tail, cost in zip(known.tails, known.costs, strict=True):
        function = function_of(tail)
        costs[function if function in functions else tail] += cost
    return KnownCosts(sorted(costs), [costs[tail] for tail in sorted(costs)])


def _all_of(history: FileHistory) -> KnownCosts:
    return KnownCosts(history.tails, history.costs)


def _part_of(history: FileHistory, file: SuiteFile) -> KnownCosts:
    collected = {test.stored_tail for test in file.tests}
    # Another tool kept each parameter apart, under an id that the collected one need not equal.
    unstable = {test.stored_tail for test in file.tests if test.unstable}
    costs = {
        tail: cost
        for tail, cost in zip(history.tails, history.costs, strict=True)
        if tail in collected or function_of(tail) in unstable
    }
    return KnownCosts(list(costs), list(costs.values()))


def _known_of_moved(
    arrived: Sequence[str], vanished: Sequence[str], history: History
) -> Mapping[str, KnownCosts]:
    """What is known of each file that arrived and has one vanished namesake."""
    arrivals = Counter(map(_base_name, arrived))
    departures = Counter(map(_base_name, vanished))
    by_name = {_base_name(key): key for key in vanished}
    return {
        key: _all_of(history.files[by_name[name]])
        for key in arrived
        if arrivals[name := _base_name(key)] == departures[name] == 1
    }


def _base_name(file: str) -> str:
    """The last part of a path, or of a dotted module."""
    return file.rpartition("/")[2] if "/" in file or file.endswith(".py") else file.rpartition(".")[2]
