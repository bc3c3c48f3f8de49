"""Coverage data of several machines that is combined by absolute paths."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_smartshard.checking.calls import ShardedCall, has_own_configuration, sharded_calls
from pytest_smartshard.checking.programs import program
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


def measures_with_pytest_cov(call: ShardedCall, checkout: Checkout) -> bool:
    """Whether pytest-cov is on, by the configuration of the checkout."""
    words = [*checkout.addopts, *call.arguments]
    on = any(word == "--cov" or word.startswith("--cov=") for word in words)
    own = has_own_configuration(call) or any(word.startswith("--cov-config") for word in words)
    off = "--no-cov" in words or "no:pytest_cov" in " ".join(words)
    return on and not own and not off and "COVERAGE_RCFILE" not in call.command.env


def _measures(call: ShardedCall, checkout: Checkout) -> bool:
    words = call.command.words
    runs = any(program(word) == "coverage" for word in words) and "run" in words
    own = any(word.startswith("--rcfile") for word in words) or "COVERAGE_RCFILE" in call.command.env
    return measures_with_pytest_cov(call, checkout) or (runs and not own and not call.command.elsewhere)


def _combines(job: Job) -> bool:
    return any(
        "combine" in command.words and any(program(word) == "coverage" for word in command.words)
        for command in job.commands
    )
