"""Coverage that shards measure, and that the merge of their run neither combines nor judges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pytest_smartshard.checking.calls import sharded_calls
from pytest_smartshard.checking.coverage_calls import uses_pytest_cov
from pytest_smartshard.checking.programs import program
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import WARNING, Finding
from pytest_smartshard.model.pipeline import Command, Spot

_COMMAND = ("smartshard", "pytest_smartshard")
_OPTION = "--cov"
_OWN_DATA = "COVERAGE_FILE"
_ANYTHING = re.compile(r"\$\w+|\$\{\w+\}|\$\{\{.*\}\}")
"""A word that is a variable and nothing else: it may hold options."""


class CoverageNotMerged:
    code = "coverage-not-merged"
    severity = WARNING

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        merges = [
            (Spot(pipeline.path, command.line), command)
            for pipeline in checkout.pipelines
            for job in pipeline.jobs
            for command in job.commands
            if _merges(command)
        ]
        measuring = [call for call in sharded_calls(checkout) if uses_pytest_cov(call, checkout)]
        if not merges or not measuring or any(_may_combine(command) for _, command in merges):
            return
        if any(_OWN_DATA in call.command.env for call in measuring):
            return  # their data may go another way
        yield Finding(
            code=self.code,
            severity=self.severity,
            spot=merges[0][0],
            what=f"shards in job {measuring[0].job.name} measure coverage, and no job combines and judges it, so "
            "smartshard merge refuses to call a run proved",
            mend="write smartshard merge --cov, or run the shards without --cov",
        )


def _merges(command: Command) -> bool:
    return any(program(word) in _COMMAND and after == "merge" for word, after in pairwise(command.words))


def _may_combine(command: Command) -> bool:
    return any(word == _OPTION or _ANYTHING.fullmatch(word) for word in command.words)
