"""Which test cases of a shard's file are those of which test of its journal.

A test may have several cases (a failure, then an error in its tear-down), and several tests may share
their names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from pytest_smartshard.combine.junit import JunitTest
from pytest_smartshard.combine.junit_documents import Case
from pytest_smartshard.combine.junit_names import Address, akin, without_group
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.record import FAILED

TEARDOWN_ERROR = "failed on teardown with "
"""How pytest begins the message of an error that follows a failure, in a case of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """``cases`` are those of each test in turn, none where it has none; ``others`` those that are no test's."""

    cases: tuple[tuple[Case, ...], ...]
    others: tuple[Case, ...]


def match(
    tests: Sequence[JunitTest], names: Sequence[Sequence[Address]], cases: Sequence[Case], prefix: str
) -> Matched:
    """*names* are the addresses that each test may have.

    Nameless cases, of tests that were interrupted, are nobody's and are left out.
    """
    by_address: defaultdict[Address, list[Case]] = defaultdict(list)
    for case in cases:
        if case.address is not None:
            by_address[case.address].append(case)
    finder = _Finder(by_address, prefix)
    by_test: defaultdict[Address, list[int]] = defaultdict(list)
    for number, candidates in enumerate(names):
        found = finder.find(candidates)
        if found is not None:
            by_test[found].append(number)
    result: list[tuple[Case, ...]] = [()] * len(tests)
    for address, numbers in by_test.items():
        for number, own in zip(numbers, _dealt([tests[n] for n in numbers], by_address[address]), strict=True):
            result[number] = own
    return Matched(
        cases=tuple(result),
        others=tuple(case for case in cases if case.address is not None and case.address not in by_test),
    )


class _Finder:
    """Finds the address under which a test stands in one file."""

    def __init__(self, addresses: Collection[Address], prefix: str) -> None:
        self._prefix = prefix
        self._addresses = frozenset(addresses)
        self._ungrouped: defaultdict[Address, list[Address]] = defaultdict(list)
        self._by_name: defaultdict[str, list[Address]] = defaultdict(list)
        for address in addresses:
            self._ungrouped[without_group(address)].append(address)
            self._by_name[address.name].append(address)

    def find(self, candidates: Sequence[Address]) -> Address | None:
        for candidate in candidates:
            if candidate in self._addresses:
                return candidate
        for candidate in candidates:
            grouped = self._ungrouped.get(candidate, [])
            if len(grouped) == 1:
                return grouped[0]
        for candidate in candidates:
            found = akin(candidate, self._by_name.get(candidate.name, ()), self._prefix)
            if found is not None:
                return found
        return None


def _dealt(tests: Sequence[JunitTest], cases: Sequence[Case]) -> list[tuple[Case, ...]]:
    """The cases of tests with one name, in the order in which both ended; what is left over is the last one's."""
    left = list(cases)
    result: list[tuple[Case, ...]] = []
    for test in tests:
        own = left[:1]
        del left[:1]
        if own and test.test.outcome == FAILED and left and _is_teardown_error(left[0]):
            own.append(left.pop(0))
        result.append(tuple(own))
    if left:
        result[-1] = (*result[-1], *left)
    return result


def _is_teardown_error(case: Case) -> bool:
    return [str(result.message or "").startswith(TEARDOWN_ERROR) for result in case.result] == [True]
