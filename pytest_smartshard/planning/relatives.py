"""What a test without history will cost: the mean of its nearest relatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pytest_smartshard.model.suite import class_of, function_of

UNKNOWN_COST = 100_000
"""Microseconds for a test of a suite without any history; only its being equal for all matters."""


def directories_of(file: str) -> Iterator[str]:
    """The folders (or packages) above a file key, nearest first, ending with ``""`` for all."""
    separator = "/" if "/" in file else "."
    while separator in file:
        file = file.rpartition(separator)[0]
        yield file
    yield ""


class Guess(NamedTuple):
    """The mean of the tests of one ``scope``: a function, a class, a file's key or a folder. ``tests`` is how
    many they are, 0 where nothing at all is known.
    """

    cost: int
    scope: str
    tests: int


class Relatives:
    """Means over the costs of known tests: function, class, file, folders upward, all.

    *costs* maps file keys to tails to microseconds. The mean and not the median, because a median
    predicts far too little where a few tests hold most of the time.
    """

    def __init__(self, costs: Mapping[str, Mapping[str, int]]) -> None:
        self._costs = costs
        self._folders: dict[str, tuple[int, int, int]] = {}
        for file, tests in costs.items():
            cost = sum(tests.values())
            for folder in directories_of(file):
                total, count, files = self._folders.get(folder, (0, 0, 0))
                self._folders[folder] = (total + cost, count + len(tests), files + 1)
        self._scopes: dict[str, dict[str, tuple[int, int]]] = {}

    def cost_of(self, file: str, tail: str) -> int:
        """Predicted microseconds of a test that history does not know."""
        return self.guess(file, tail).cost

    def guess(self, file: str, tail: str) -> Guess:
        """The same, and which relatives it is the mean of."""
        scopes = self._scopes_of(file)
        for scope in (function_of(tail), class_of(tail), ""):
            if scope in scopes:
                total, count = scopes[scope]
                return Guess(total // count, f"{file}::{scope}" if scope else file, count)
        for folder in directories_of(file):
            if folder in self._folders:
                total, count, _ = self._folders[folder]
                return Guess(total // count, folder, count)
        return Guess(UNKNOWN_COST, "", 0)

    def cost_of_file(self, file: str) -> int:
        """Predicted microseconds of a whole file of which nothing but the name is known."""
        for folder in directories_of(file):
            if folder in self._folders:
                total, _, files = self._folders[folder]
                return total // files
        return UNKNOWN_COST

    def tests_in_file(self, file: str) -> int:
        """How many tests a file is taken to have of which nothing but the name is known, at least 1."""
        for folder in directories_of(file):
            if folder in self._folders:
                _, tests, files = self._folders[folder]
                return max(1, tests // files)
        return 1

    def _scopes_of(self, file: str) -> dict[str, tuple[int, int]]:
        """Sum and count of a file's known tests by function, class and (``""``) as a whole."""
        if file not in self._scopes:
            scopes: dict[str, tuple[int, int]] = {}
            for tail, cost in self._costs.get(file, {}).items():
                for scope in {function_of(tail), class_of(tail), ""}:
                    total, count = scopes.get(scope, (0, 0))
                    scopes[scope] = (total + cost, count + 1)
            self._scopes[file] = scopes
        return self._scopes[file]
