"""pytest-xdist's groups, which silently do nothing with some versions of pytest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pytest_smartshard.checking.programs import pytest_arguments, value_of
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import ERROR, Finding
from pytest_smartshard.model.pipeline import Spot

_GROUPING = "loadgroup"


class LoadgroupNotGrouping:
    """pytest 9.2 has node ids that pytest-xdist 3.8 can no longer add the group to."""

    code = "loadgroup-not-grouping"
    severity = ERROR

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        if not checkout.uses_groups or not _all(checkout, "pytest", lambda release: release >= (9, 2)):
            return
        if not _all(checkout, "pytest-xdist", lambda release: release == (3, 8)):
            return
        for spot in _spots(checkout):
            yield Finding(
                code=self.code,
                severity=self.severity,
                spot=spot,
                what="with pytest 9.2 or later and pytest-xdist 3.8, --dist=loadgroup does not keep tests of one "
                "xdist_group on one worker",
                mend="hold pytest below 9.2, or use --dist=loadfile, until pytest-xdist has mended it",
            )


def _spots(checkout: Checkout) -> Iterator[Spot]:
    """Where it is asked for in a run with workers; without them it does nothing in any version."""
    calls = [
        (Spot(pipeline.path, command.line), arguments)
        for pipeline in checkout.pipelines
        for job in pipeline.jobs
        for command in job.commands
        if (arguments := pytest_arguments(command.words)) is not None
    ]
    has_workers = _has_workers(checkout.addopts)
    some_have = has_workers or any(_has_workers(arguments) for _, arguments in calls)
    if some_have and value_of("--dist", checkout.addopts) == _GROUPING:
        yield Spot(checkout.ini)
    for spot, arguments in calls:
        if value_of("--dist", arguments) == _GROUPING and (has_workers or _has_workers(arguments)):
            yield spot


def _has_workers(words: Sequence[str]) -> bool:
    return any(word.startswith(("-n", "--numprocesses", "--tx")) for word in words)


def _all(checkout: Checkout, name: str, fits: Callable[[tuple[int, int]], bool]) -> bool:
    """Whether every version that the project may be tested with fits."""
    releases = [re.match(r"(\d+)\.(\d+)", version) for version in checkout.versions.get(name, ())]
    return bool(releases) and all(match and fits((int(match[1]), int(match[2]))) for match in releases)
