"""Judging real suites: what the judge of ``benchmarks/real_suites.py`` finds, and what it lets pass."""

from __future__ import annotations

from collections import Counter

import pytest
from suites_judging import Case, Outcomes, ShardLeft, faults, imbalance, other_outcomes, own_differences

NAMES = ("t.a::f[1]", "t.a::f[2]", "t.b::g")


def outcomes(*names: str, **others: str) -> Outcomes:
    """All passed but those of *others*, named ``f1``, ``f2`` and ``g``."""
    short = dict(zip(NAMES, ("f1", "f2", "g"), strict=True))
    return Counter(Case(name, others.get(short.get(name, ""), "passed")) for name in names)


def shard(number: int, cases: Outcomes, *, digest: str = "d", keys: tuple[str, ...] | None = None) -> ShardLeft:
    names = sorted(case.name for case in cases.elements()) if keys is None else keys
    return ShardLeft(number=number, cases=cases, digest=digest, keys=tuple(("file", name) for name in names))


def test_shards_that_do_what_plain_runs_do_have_no_fault() -> None:
    plain = outcomes(*NAMES, g="failed")
    assert faults(plain, plain, [shard(1, outcomes(*NAMES[:2])), shard(2, outcomes(NAMES[2], g="failed"))]) == []


@pytest.mark.parametrize(
    ("shards", "expected"),
    [
        (
            [shard(1, outcomes(*NAMES[:2])), shard(2, outcomes())],
            ["lost: t.b::g ran 0 times, plainly 1 and 1 times"],
        ),
        (
            [shard(1, outcomes(*NAMES)), shard(2, outcomes(NAMES[2]))],
            [
                "doubled: t.b::g ran 2 times, plainly 1 and 1 times",
                "doubled: file::t.b::g is in the journals of shards 1, 2",
            ],
        ),
        (
            [shard(1, outcomes(*NAMES, g="failed"))],
            ["other outcome: t.b::g failed, not as plainly"],
        ),
        (
            [shard(1, outcomes(*NAMES), keys=NAMES[:2])],
            ["shard 1: 2 tests in the journal, 3 in JUnit"],
        ),
        (
            [shard(1, outcomes(*NAMES[:2])), shard(2, outcomes(NAMES[2]), digest="e")],
            ["the shards followed 2 plans"],
        ),
    ],
)
def test_each_kind_of_fault_is_found(shards: list[ShardLeft], expected: list[str]) -> None:
    plain = outcomes(*NAMES)
    assert faults(plain, plain, shards) == expected


def test_a_test_that_is_flaky_by_itself_may_end_in_any_way_but_has_to_run() -> None:
    plain, again = outcomes(*NAMES), outcomes(*NAMES, g="failed")
    assert own_differences(plain, again).flaky == {"t.b::g"}
    assert faults(plain, again, [shard(1, outcomes(*NAMES, g="error"))]) == []
    assert faults(plain, again, [shard(1, outcomes(*NAMES[:2]))]) == [
        "lost: t.b::g ran 0 times, plainly 1 and 1 times"
    ]


def test_an_outcome_that_is_explained_is_no_fault() -> None:
    plain = outcomes(*NAMES)
    red = shard(1, outcomes(*NAMES, g="failed"))
    others = other_outcomes(plain, plain, red)
    assert others == {Case("t.b::g", "failed")}
    assert faults(plain, plain, [red], others) == []


def test_of_a_function_with_other_ids_each_time_the_number_has_to_be_right() -> None:
    plain, again = outcomes(*NAMES), outcomes("t.a::f[3]", "t.a::f[4]", NAMES[2])
    own = own_differences(plain, again)
    assert own.restless == {"t.a::f"}
    assert not own.flaky
    assert faults(plain, again, [shard(1, outcomes("t.a::f[5]", "t.a::f[6]", NAMES[2]))]) == []
    assert faults(plain, again, [shard(1, outcomes("t.a::f[5]", NAMES[2]))]) == [
        "lost: t.a::f ran 1 times, plainly 2 and 2 times"
    ]


def test_imbalance_is_the_slowest_shard_over_the_lower_bound() -> None:
    seconds = {"a": 4.0, "b": 2.0, "c": 2.0}
    assert imbalance([["a"], ["b", "c", "unknown"]], seconds) == 1.0
    assert imbalance([["a", "b"], ["c"]], seconds) == 1.5
    assert imbalance([["a", "b", "c"], [], []], seconds) == 2.0
    assert imbalance([["a", "b"], ["c", "d"]], {"a": 2.0, "b": 2.0, "c": 2.0, "d": 0.0}) == 1.0
    assert imbalance([[], []], {}) == 1.0
    assert imbalance([["twice", "twice"], ["b"]], {"twice": 2.0, "b": 2.0}) == 1.0
