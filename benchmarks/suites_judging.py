"""What three shards did with a suite, held against two plain runs of it: values in, a line for each fault out.

Two plain runs, because a suite may itself be different from run to run: what already differs between the two is
named as the suite's own and not laid to the shards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Case(NamedTuple):
    """A test by its name in JUnit (``tests.test_a.TestB::test_c[1]``), and its outcome there."""

    name: str
    outcome: str


Outcomes: TypeAlias = "Counter[Case]"
"""How often each test ended with which outcome."""

Key: TypeAlias = "tuple[str, str]"
"""File and tail, as a journal names a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardLeft:
    """What one shard left: its JUnit file's cases, and of its journal the digest and the tests."""

    number: int
    cases: Outcomes
    digest: str
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What differs between the plain runs: ``flaky`` tests, and ``restless`` functions with other ids in each."""

    flaky: frozenset[str]
    restless: frozenset[str]


def function_of(name: str) -> str:
    """The name without its parameters, which may hold any text."""
    return name.split("[", 1)[0]


def own_differences(plain: Outcomes, again: Outcomes) -> Own:
    names, names_again = _names(plain), _names(again)
    restless = frozenset(function_of(name) for name in (names - names_again) + (names_again - names))
    differing = (plain - again) + (again - plain)
    flaky = frozenset(case.name for case in differing if function_of(case.name) not in restless)
    return Own(flaky=flaky, restless=restless)


def other_outcomes(plain: Outcomes, again: Outcomes, shard: ShardLeft) -> frozenset[Case]:
    """Tests of the shard with an outcome that neither plain run had, though they are not known as flaky."""
    own = own_differences(plain, again)
    names = _names(plain)
    return frozenset(
        case
        for case in shard.cases
        if function_of(case.name) not in own.restless and case.name not in own.flaky
        if case not in plain and case.name in names
    )


def faults(
    plain: Outcomes, again: Outcomes, shards: Sequence[ShardLeft], explained: Collection[Case] = ()
) -> list[str]:
    """A line for every test that was lost, doubled or ended as in neither plain run nor in *explained*."""
    own = own_differences(plain, again)
    sharded: Outcomes = sum((shard.cases for shard in shards), Counter())
    found = _other_numbers(own, plain, again, sharded)
    others = frozenset[Case]().union(*(other_outcomes(plain, again, shard) for shard in shards))
    found += [
        f"other outcome: {case.name} {case.outcome}, not as plainly"
        for case in sorted(others.difference(explained))
    ]
    return [*found, *_journal_faults(shards)]


def imbalance(shards: Sequence[Sequence[str]], durations: Mapping[str, float]) -> float:
    """Seconds of the slowest shard over the lower bound; a test without recorded seconds counts nothing.

    Tests with one node id share its seconds: what is recorded is the sum over them.
    """
    sharing = Counter(nodeid for shard in shards for nodeid in shard)
    costs = [[durations.get(nodeid, 0.0) / sharing[nodeid] for nodeid in shard] for shard in shards]
    loads = [sum(shard) for shard in costs]
    longest = sorted((cost for shard in costs for cost in shard), reverse=True)
    together = sum(longest[len(shards) - 1 : len(shards) + 1]) if len(longest) > len(shards) else 0.0
    bound = max(sum(loads) / len(shards), together, *longest[:1], 0.0)
    return max(loads) / bound if bound else 1.0


def _names(outcomes: Outcomes) -> Counter[str]:
    names: Counter[str] = Counter()
    for case, count in outcomes.items():
        names[case.name] += count
    return names


def _other_numbers(own: Own, plain: Outcomes, again: Outcomes, sharded: Outcomes) -> list[str]:
    """Lost and doubled tests; of restless functions only how many there are can be said."""

    def counted(outcomes: Outcomes) -> Counter[str]:
        counts: Counter[str] = Counter()
        for name, count in _names(outcomes).items():
            function = function_of(name)
            counts[function if function in own.restless else name] += count
        return counts

    before, after, ran = counted(plain), counted(again), counted(sharded)
    lines = []
    for name in sorted(before | after | ran):
        fewest, most = sorted((before[name], after[name]))
        if not fewest <= ran[name] <= most:
            kind = "lost" if ran[name] < fewest else "doubled"
            lines.append(f"{kind}: {name} ran {ran[name]} times, plainly {before[name]} and {after[name]} times")
    return lines


def _journal_faults(shards: Iterable[ShardLeft]) -> list[str]:
    """What the journals say that JUnit names cannot: one name may stand for several tests there."""
    lines = []
    ran_in: dict[Key, set[int]] = {}
    digests: dict[str, int] = {}
    for shard in shards:
        digests.setdefault(shard.digest, shard.number)
        if len(shard.keys) != shard.cases.total():
            numbers = f"{len(shard.keys)} tests in the journal, {shard.cases.total()} in JUnit"
            lines.append(f"shard {shard.number}: {numbers}")
        for key in shard.keys:
            ran_in.setdefault(key, set()).add(shard.number)
    if len(digests) > 1:
        lines.append(f"the shards followed {len(digests)} plans")
    lines += [
        f"doubled: {file}::{tail} is in the journals of shards {', '.join(map(str, sorted(numbers)))}"
        for (file, tail), numbers in sorted(ran_in.items())
        if len(numbers) > 1
    ]
    return lines
