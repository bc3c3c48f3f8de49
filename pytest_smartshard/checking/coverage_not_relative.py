"""Coverage data of several machines that is combined by absolute paths."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_smartshard.checking.calls import ShardedCall, sharded_calls
from pytest_smartshard.checking.coverage_calls import (
    coverage_command,
    has_own_rules,
    runs_under_coverage,
    uses_pytest_cov,
)
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import WARNING, Finding
from pytest_smartshard.model.pipeline import Job


class CoverageNotRelative:
    code = "coverage-not-relative"
    severity = WARNING

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        config = checkout.coverage
        if config is None or config.relative_files or config.remaps:
            return
        calls = [call for call in sharded_calls(checkout) if _measures(call, checkout)]
        sharding = {id(call.job) for call in calls}
        combines = any(
            _combines(job)
            for pipeline in {id(call.pipeline): call.pipeline for call in calls}.values()
            for job in pipeline.jobs
            if id(job) not in sharding
        )
        if not calls or not combines:
            return
        yield Finding(
            code=self.code,
            severity=self.severity,
            spot=config.spot,
            what="shards measure coverage and another job combines it, while its paths are those of each machine",
            mend="set relative_files = true in coverage's [run] section",
        )


def _measures(call: ShardedCall, checkout: Checkout) -> bool:
    """Whether coverage is measured, by the configuration of the checkout."""
    with_plugin = uses_pytest_cov(call, checkout) and not any(
        word.startswith("--cov-config") for word in checkout.addopts
    )
    return runs_under_coverage(call) or (with_plugin and not has_own_rules(call.command))


def _combines(job: Job) -> bool:
    return any(coverage_command(command, "combine") for command in job.commands)
