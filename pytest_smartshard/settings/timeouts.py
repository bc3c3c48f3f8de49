"""How ``shard_timeout`` and the ini values beside it are to be read."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pytest_smartshard.dispatching.limits import LimitRules
from pytest_smartshard.settings.values import Value
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

LONGEST = 10 * 24 * 3600
"""Seconds. What is more is no limit."""


def limit_rules(given: Mapping[str, Value], problems: list[str]) -> LimitRules:
    """The rules that were given. Every mistake is appended to *problems*; the default holds in its place."""
    default = LimitRules()
    factor = _number(given["shard_timeout_factor"], (1, 1_000_000), "", problems)
    floor = _number(given["shard_timeout_floor"], (0, LONGEST), " of seconds", problems)
    cap = _number(given["shard_timeout_cap"], (0, LONGEST), " of seconds", problems)
    rules = LimitRules(
        factor=default.factor if factor is None else factor,
        floor=default.floor if floor is None else round(floor * MICROSECONDS_PER_SECOND),
        cap=default.cap if cap is None else round(cap * MICROSECONDS_PER_SECOND),
    )
    if rules.floor <= rules.cap:
        return rules
    both = " with ".join(
        value.origin for value in (given["shard_timeout_floor"], given["shard_timeout_cap"]) if value.is_given
    )
    problems.append(f"{both}: the floor of limits is above their cap; raise the cap, or lower the floor")
    return default


def _number(value: Value, allowed: tuple[int, int], unit: str, problems: list[str]) -> float | None:
    """The number in *value*; None, with a problem, where it is none from the first *allowed* to the last."""
    try:
        number = float(value.text)
    except ValueError:
        number = math.nan
    least, most = allowed
    if least <= number <= most:  # Which what is no number is not.
        return number
    problems.append(f"{value.origin}: not a number{unit} from {least:,} to {most:,}; write one, or leave it out")
    return None
