"""Costs of all tests of a suite: from history where it knows them, from relatives where not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.suite import Suite
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
        self.known: Mapping[str, KnownCosts] = {
            key: KnownCosts(file.tails, file.costs)
            for key, file in _histories_of_files(suite, history).items()
            if file.tails
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


def _histories_of_files(suite: Suite, history: History) -> Mapping[str, FileHistory]:
    """The history of each file of the suite; a moved file takes that of the one vanished namesake."""
    present = [file.key for file in suite.files]
    found = {key: history.files[key] for key in present if key in history.files}
    if len(found) < len(present):
        arrived = [key for key in present if key not in found]
        vanished = [key for key in history.files if key not in found]
        arrivals = Counter(map(_base_name, arrived))
        departures = Counter(map(_base_name, vanished))
        by_name = {_base_name(key): key for key in vanished}
        for key in arrived:
            name = _base_name(key)
            if arrivals[name] == departures[name] == 1:
                found[key] = history.files[by_name[name]]
    return found


def _base_name(file: str) -> str:
    """The last part of a path, or of a dotted module."""
    return file.rpartition("/")[2] if "/" in file or file.endswith(".py") else file.rpartition(".")[2]
