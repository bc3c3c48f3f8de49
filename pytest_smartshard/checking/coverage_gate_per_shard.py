"""A lower limit of coverage that each shard, which runs a part of the tests, has to reach alone."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_smartshard.checking.calls import sharded_calls
from pytest_smartshard.checking.coverage_not_relative import measures_with_pytest_cov
from pytest_smartshard.checking.programs import value_of
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import ERROR, Finding

_OPTION = "--cov-fail-under"


class CoverageGatePerShard:
    code = "coverage-gate-per-shard"
    severity = ERROR

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        for call in sharded_calls(checkout):
            if not measures_with_pytest_cov(call, checkout):
                continue
            given = value_of(_OPTION, [*checkout.addopts, *call.arguments])
            if given is not None:
                limit, origin = _number(call.resolved(given)), _OPTION
            elif checkout.coverage is not None:
                limit, origin = checkout.coverage.fail_under, f"fail_under in {checkout.coverage.spot}"
            else:
                continue
            if limit > 0:
                yield Finding(
                    code=self.code,
                    severity=self.severity,
                    spot=call.spot,
                    what=f"{origin} is {limit:g}, and each shard in job {call.job.name} is held to it with its "
                    "part of the tests",
                    mend="pass --cov-fail-under=0 to the shards, and hold the combined data to the limit",
                )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
