"""Which tests of a file are one unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pytest_smartshard.choices import SCOPES
from pytest_smartshard.model.suite import SuiteFile, class_of, function_of

TEST, CLASS, FILE = SCOPES

NO_LABELS: Mapping[str, str] = MappingProxyType({})


class Grouping:
    """The rule for one file: from a test's tail to the label or the tail of its unit.

    ``whole_functions`` are functions whose tests are one unit although the scope is smaller. ``known_labels``
    are those that history has seen on tests, by stored tail: they count for tests that were not collected.
    ``labels`` are all those of tests in the file.
    """

    def __init__(
        self,
        file: SuiteFile,
        scope: str,
        whole_functions: Iterable[str] = (),
        known_labels: Mapping[str, str] = NO_LABELS,
    ) -> None:
        self._scope = scope
        # Tests that share a tail may carry different labels: the first by name counts, whatever the order.
        labelled = sorted((t for t in file.tests if t.together), key=lambda t: t.together, reverse=True)
        self._labels = dict(known_labels)
        if known_labels:
            for test in file.tests:
                self._labels.pop(test.stored_tail, None)
        self._labels.update((test.stored_tail, test.together) for test in labelled)
        self.labels = {test.together for test in labelled}.union(self._labels.values())
        self._unstable = {function_of(test.tail) for test in file.tests if test.unstable}
        self._functions = self._unstable.union(whole_functions)

    @property
    def is_trivial(self) -> bool:
        """Whether every test of the file is a unit of its own."""
        return self._scope == TEST and not self._labels and not self._functions

    def is_outdated(self, tail: str) -> bool:
        """Whether the duration kept under *tail* is one of ids that no later process will see again."""
        function = function_of(tail)
        return tail != function and function in self._unstable

    def label_of(self, tail: str) -> str:
        """What the test whose duration is kept under *tail* must stay together with across files, or ``""``."""
        return self._labels.get(tail, "")

    def unit_of(self, tail: str) -> str:
        """The tail of the unit within the file; ``""`` where the file is one unit."""
        if self._scope == FILE:
            return ""
        if self._scope == CLASS:
            return class_of(tail)
        function = function_of(tail)
        return function if function in self._functions else tail


def positional_functions(file: SuiteFile) -> set[str]:
    """Functions whose parameter ids are mere positions."""
    return {function_of(test.tail) for test in file.tests if test.positional and not test.unstable}
