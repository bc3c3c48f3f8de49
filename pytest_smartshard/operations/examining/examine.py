"""A checkout in, what would go wrong in it out."""

from __future__ import annotations

import shlex
from pathlib import Path

from pytest_smartshard.checking.table import CHECKS
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import ERROR, Finding
from pytest_smartshard.operations.examining.ci_files import read_ci_files
from pytest_smartshard.operations.examining.configuration import coverage_config, versions_in_use
from pytest_smartshard.operations.examining.repository import Repository
from pytest_smartshard.operations.examining.stored import changing_ids, has_committed_store, mixed_outcomes
from pytest_smartshard.operations.examining.test_files import read_test_files
from pytest_smartshard.settings.inifile import Project, find_project
from pytest_smartshard.settings.resolve import HOME, store_place
from pytest_smartshard.settings.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found, errors first; which CI files were looked at, and which could not for want of a library."""

    findings: tuple[Finding, ...]
    looked_at: tuple[str, ...]
    left_out: tuple[str, ...]


def examine(folder: Path) -> Examination:
    """Look at the checkout that *folder* is in. Nothing in it is run or written.

    Raises UsageError for an ini file that pytest refuses, NewerFormat for a store or journal of a later version.
    """
    project = find_project(folder)
    repository = Repository.around(folder)
    files = read_ci_files(repository)
    place = store_place(_ini_store(project), project.rootdir, project.rootdir)
    # Commands of CI files start in the repository; where its root is not pytest's, they read another ini file.
    is_root = project.rootdir == repository.root
    tests = read_test_files(repository, project)
    texts = tuple(pipeline.text for pipeline in files.pipelines)
    checkout = Checkout(
        pipelines=files.pipelines,
        unreadable=files.unreadable,
        addopts=_addopts(project) if is_root else (),
        ini=repository.name(project.inipath) if project.inipath else "",
        store=repository.name(place.path),
        has_store=has_committed_store(repository, place, project.rootdir),
        coverage=coverage_config(repository) if is_root else None,
        versions=versions_in_use(repository, texts),
        uses_groups=tests.uses_groups,
        set_parameters=tests.set_parameters,
        unstable=changing_ids(project.rootdir / HOME, repository, project.rootdir),
        mixed=mixed_outcomes(place, repository, project.rootdir),
    )
    found = {finding for check in CHECKS for finding in check.look(checkout)}
    order = {check.code: number for number, check in enumerate(CHECKS)}
    return Examination(
        findings=tuple(
            sorted(found, key=lambda one: (one.severity != ERROR, one.spot, order[one.code], one.what))
        ),
        looked_at=tuple(pipeline.path for pipeline in files.pipelines),
        left_out=files.left_out,
    )


def _ini_store(project: Project) -> Value:
    text = project.text("shard_store")
    return Value(text, f"shard_store = {text}", from_ini=True) if text else Value("")


def _addopts(project: Project) -> tuple[str, ...]:
    stated = project.values.get("addopts", "")
    if isinstance(stated, list):
        return tuple(map(str, stated))
    try:
        return tuple(shlex.split(str(stated)))
    except ValueError:
        return ()
