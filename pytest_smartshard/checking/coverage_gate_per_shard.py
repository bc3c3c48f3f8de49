"""A lower limit of coverage that each shard, which runs a part of the tests, has to reach alone.

With pytest-cov no shard is held to it: that is left to ``smartshard merge --cov``. Coverage's own reports know
nothing of shards.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_smartshard.checking.calls import ShardedCall, resolved, sharded_calls
from pytest_smartshard.checking.coverage_calls import coverage_command, has_own_rules, runs_under_coverage
from pytest_smartshard.checking.programs import value_of
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import ERROR, Finding
from pytest_smartshard.model.pipeline import Command

_OPTION = "--fail-under"
_REPORTS = ("report", "html", "xml", "json")


class CoverageGatePerShard:
    code = "coverage-gate-per-shard"
    severity = ERROR

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        for call in sharded_calls(checkout):
            for report in _reports(call) if runs_under_coverage(call) else ():
                origin, limit = _limit(report, checkout)
                if limit > 0:
                    yield self._finding(call, origin, limit)
                    break

    def _finding(self, call: ShardedCall, origin: str, limit: float) -> Finding:
        return Finding(
            code=self.code,
            severity=self.severity,
            spot=call.spot,
            what=f"{origin} is {limit:g}, and each shard in job {call.job.name} is held to it with its part of "
            "the tests",
            mend="measure with pytest --cov in place of coverage run, and judge all shards together with "
            "smartshard merge --cov",
        )


def _reports(call: ShardedCall) -> Iterator[Command]:
    """Reports of coverage in the job of the shard."""
    for command in call.job.commands:
        if coverage_command(command, *_REPORTS) and not has_own_rules(command):
            yield command


def _limit(report: Command, checkout: Checkout) -> tuple[str, float]:
    """Where the limit of a report comes from, and what it is; 0.0 for none, or one that is not known."""
    given = value_of(_OPTION, report.words)
    if given is not None:
        return _OPTION, _number(resolved(given, report.env))
    if checkout.coverage is None:
        return "", 0.0
    return f"fail_under in {checkout.coverage.spot}", checkout.coverage.fail_under


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
