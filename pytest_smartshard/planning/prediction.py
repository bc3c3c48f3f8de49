"""Costs of all tests of a suite: from history where it knows them, from relatives where not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.shared import COLLECT, WHOLE_SUITE
from pytest_smartshard.model.suite import Suite, SuiteFile, function_of
from pytest_smartshard.planning.relatives import Relatives

NOTHING_SHARED: Mapping[str, int] = MappingProxyType({})
_NO_TESTS = FileHistory((), (), ())


class KnownCosts:
    """What history expects of one file: its tests in order of tails, collected or not, and their microseconds.

    ``needs`` and ``needing`` are as in :class:`~pytest_smartshard.model.history.FileHistory`. ``shared``:
    microseconds of shared costs whose place the file is, by name.
    """

    __slots__ = ("_by_tail", "costs", "needing", "needs", "shared", "tails")

    def __init__(
        self,
        tails: Sequence[str] = (),
        costs: Sequence[int] = (),
        needs: Sequence[tuple[str, ...]] = (),
        needing: Sequence[int] = (),
        shared: Mapping[str, int] = NOTHING_SHARED,
    ) -> None:
        self.tails = tails
        self.costs = costs
        self.needs = needs
        self.needing = needing
        self.shared = shared
        self._by_tail: dict[str, int] | None = None

    @property
    def by_tail(self) -> Mapping[str, int]:
        """Made when first needed: planning a suite that history knows wholly does without."""
        if self._by_tail is None:
            self._by_tail = dict(zip(self.tails, self.costs, strict=True))
        return self._by_tail

    def only(self, tails: Collection[str]) -> KnownCosts:
        """The same of these tests alone."""
        kept = [place for place, tail in enumerate(self.tails) if tail in tails]
        return KnownCosts(
            [self.tails[place] for place in kept],
            [self.costs[place] for place in kept],
            self.needs,
            [self.needing[place] for place in kept] if self.needing else (),
            self.shared,
        )


_NOTHING = KnownCosts()


class Prediction:
    """Predicted microseconds, a pure function of suite and history.

    ``known`` is by file key, of files with known tests; ``testless`` are files of which history knows that they
    have none and what it costs to find that out. ``shared``: costs that whole suites share, by name.
    """

    def __init__(self, suite: Suite, history: History) -> None:
        self._found = _known_by_file(suite, history)
        self.known: Mapping[str, KnownCosts] = {}
        for file in suite.files:
            found = self._found.get(file.key)
            if found is not None and found.tails:
                self.known[file.key] = self._found[file.key] = _folded(found, file)
        self.testless = frozenset(
            file for file, found in self._found.items() if not found.tails and COLLECT in found.shared
        )
        self.shared = _shared_of(history, WHOLE_SUITE)
        self._relatives: Relatives | None = None

    @property
    def is_empty(self) -> bool:
        """Whether history knows nothing of this suite."""
        return not self.known and not self.testless

    def of_file(self, file: str) -> KnownCosts:
        return self._found.get(file) or _NOTHING

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


def _known_by_file(suite: Suite, history: History) -> dict[str, KnownCosts]:
    """What is known of each file of the suite: under its key, else under its alias, else as of a moved file."""
    recorded = history.files.keys() | history.shared.keys() - {WHOLE_SUITE}
    known = {file.key: _all_of(file.key, history) for file in suite.files if file.key in recorded}
    if len(known) == len(suite.files):
        return known
    vanished = recorded.difference(known)
    by_alias = _known_by_alias(suite, history, vanished)
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
        file.key: _all_of(alias, history) if len(files) == 1 else _part_of(_all_of(alias, history), file)
        for alias, files in sharing.items()
        for file in files
    }


def _folded(known: KnownCosts, file: SuiteFile) -> KnownCosts:
    """With one cost for each function whose ids are not stable, where other tools keep one a parameter."""
    functions = {function_of(test.tail) for test in file.tests if test.unstable}.difference(known.tails)
    if not functions:
        return known
    costs: Counter[str] = Counter()
    needing: dict[str, int] = {}
    for place, (tail, cost) in enumerate(zip(known.tails, known.costs, strict=True)):
        function = function_of(tail)
        name = function if function in functions else tail
        costs[name] += cost
        if known.needing:
            needing.setdefault(name, known.needing[place])
    tails = sorted(costs)
    return KnownCosts(
        tails,
        [costs[tail] for tail in tails],
        known.needs,
        [needing[tail] for tail in tails] if needing else (),
        known.shared,
    )


def _all_of(key: str, history: History) -> KnownCosts:
    found = history.files.get(key, _NO_TESTS)
    return KnownCosts(found.tails, found.costs, found.needs, found.needing, _shared_of(history, key))


def _shared_of(history: History, place: str) -> Mapping[str, int]:
    found = history.shared.get(place)
    return dict(zip(found.tails, found.costs, strict=True)) if found is not None else NOTHING_SHARED


def _part_of(known: KnownCosts, file: SuiteFile) -> KnownCosts:
    collected = {test.stored_tail for test in file.tests}
    # Another tool kept each parameter apart, under an id that the collected one need not equal.
    unstable = {test.stored_tail for test in file.tests if test.unstable}
    return known.only({tail for tail in known.tails if tail in collected or function_of(tail) in unstable})


def _known_of_moved(
    arrived: Sequence[str], vanished: Sequence[str], history: History
) -> Mapping[str, KnownCosts]:
    """What is known of each file that arrived and has one vanished namesake."""
    arrivals = Counter(map(_base_name, arrived))
    departures = Counter(map(_base_name, vanished))
    by_name = {_base_name(key): key for key in vanished}
    return {
        key: _all_of(by_name[name], history)
        for key in arrived
        if arrivals[name := _base_name(key)] == departures[name] == 1
    }


def _base_name(file: str) -> str:
    """The last part of a path, or of a dotted module."""
    return file.rpartition("/")[2] if "/" in file or file.endswith(".py") else file.rpartition(".")[2]
