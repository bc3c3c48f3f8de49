"""Rules of limits as they are written in ini files."""

from __future__ import annotations

import pytest

from pytest_smartshard.dispatching.limits import LimitRules
from pytest_smartshard.settings.timeouts import limit_rules
from pytest_smartshard.settings.values import gather

S = 1_000_000


def rules(**ini: str) -> tuple[LimitRules, list[str]]:
    problems: list[str] = []
    given = gather(lambda _: None, lambda name: ini.get(name, ""), {})
    return limit_rules(given, problems), problems


def test_what_is_not_given_is_as_by_default() -> None:
    assert rules() == (LimitRules(), [])
    assert LimitRules() == (10, 45 * S, 3600 * S)


def test_seconds_and_factors_may_be_broken() -> None:
    found = rules(shard_timeout_factor="2.5", shard_timeout_floor="0.25", shard_timeout_cap="90")
    assert found == (LimitRules(2.5, 250_000, 90 * S), [])


@pytest.mark.parametrize("text", ["x", "nan", "inf", "-1", "0.5", "1e9", "1,5"])
def test_a_factor_is_a_number_of_at_least_one(text: str) -> None:
    found, problems = rules(shard_timeout_factor=text)
    assert found == LimitRules()
    assert problems == [
        f"shard_timeout_factor = {text}: not a number from 1 to 1,000,000; write one, or leave it out"
    ]


@pytest.mark.parametrize("name", ["shard_timeout_floor", "shard_timeout_cap"])
def test_limits_are_seconds(name: str) -> None:
    found, problems = rules(**{name: "1 min"})
    assert found == LimitRules()
    assert problems == [f"{name} = 1 min: not a number of seconds from 0 to 864,000; write one, or leave it out"]


def test_a_floor_is_not_above_the_cap() -> None:
    found, problems = rules(shard_timeout_floor="60", shard_timeout_cap="30")
    assert found == LimitRules()
    (problem,) = problems
    assert problem == (
        "shard_timeout_floor = 60 with shard_timeout_cap = 30: the floor of limits is above their cap; raise the "
        "cap, or lower the floor"
    )
    _, problems = rules(shard_timeout_floor="4000")
    assert problems == [
        "shard_timeout_floor = 4000: the floor of limits is above their cap; raise the cap, or lower the floor"
    ]
