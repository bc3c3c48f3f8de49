"""The table of providers is complete, ordered and consistent with itself."""

from __future__ import annotations

import re

import pytest

from pytest_smartshard.providers.table import PROVIDERS, Provider

ALL = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)


def test_every_known_provider_stands_in_detection_order() -> None:
    assert [provider.name for provider in PROVIDERS] == [
        "Bazel",
        "Google Test launcher",
        "CircleCI",
        "Heroku CI",
        "Cirrus CI",
        "GitLab CI",
        "Buildkite",
        "GitHub Actions",
        "Azure Pipelines",
        "Semaphore",
        "Bitbucket Pipelines",
        "TeamCity",
        "Travis CI",
        "Jenkins",
        "AppVeyor",
        "Codefresh",
        "Unrecognised CI",
    ]


# Columns: index, total, base; run id, attempt, what the attempt counts from.
NUMBERING = {
    "bazel": ("TEST_SHARD_INDEX", "TEST_TOTAL_SHARDS", 0),
    "gtest": ("GTEST_SHARD_INDEX", "GTEST_TOTAL_SHARDS", 0),
    "circleci": ("CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0),
    "heroku": ("CI_NODE_INDEX", "CI_NODE_TOTAL", 0),
    "cirrus": ("CI_NODE_INDEX", "CI_NODE_TOTAL", None),
    "gitlab": ("CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
    "buildkite": ("BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0),
    "github": (None, None, None),
    "azure": ("SYSTEM_JOBPOSITIONINPHASE", "SYSTEM_TOTALJOBSINPHASE", 1),
    "semaphore": ("SEMAPHORE_JOB_INDEX", "SEMAPHORE_JOB_COUNT", 1),
    "bitbucket": ("BITBUCKET_PARALLEL_STEP", "BITBUCKET_PARALLEL_STEP_COUNT", 0),
    "teamcity": (None, None, None),
    "travis": (None, None, None),
    "jenkins": (None, None, None),
    "appveyor": (None, None, None),
    "codefresh": (None, None, None),
    "ci": (None, None, None),
}
IDENTITY = {
    "bazel": ((), None, 1),
    "gtest": ((), None, 1),
    "circleci": (("CIRCLE_WORKFLOW_WORKSPACE_ID",), None, 1),
    "heroku": (("HEROKU_TEST_RUN_ID",), None, 1),
    "cirrus": (("CIRRUS_BUILD_ID",), None, 1),
    "gitlab": (("CI_PIPELINE_ID",), None, 1),
    "buildkite": (("BUILDKITE_BUILD_ID",), "BUILDKITE_RETRY_COUNT", 0),
    "github": (("GITHUB_RUN_ID",), "GITHUB_RUN_ATTEMPT", 1),
    "azure": (("BUILD_BUILDID",), "SYSTEM_JOBATTEMPT", 1),
    "semaphore": (("SEMAPHORE_WORKFLOW_ID",), None, 1),
    "bitbucket": (("BITBUCKET_BUILD_NUMBER",), "BITBUCKET_STEP_RUN_NUMBER", 1),
    "teamcity": ((), None, 1),
    "travis": (("TRAVIS_BUILD_ID",), None, 1),
    "jenkins": (("BUILD_TAG",), None, 1),
    "appveyor": (("APPVEYOR_BUILD_ID",), None, 1),
    "codefresh": (("CF_BUILD_ID",), None, 1),
    "ci": ((), None, 1),
}


@ALL
def test_index_and_total_are_the_documented_variables(provider: Provider) -> None:
    assert (provider.index, provider.total, provider.base) == NUMBERING[provider.slug]


@ALL
def test_run_and_attempt_are_the_documented_variables(provider: Provider) -> None:
    assert (provider.run, provider.attempt, provider.attempt_base) == IDENTITY[provider.slug]


@ALL
def test_a_row_is_consistent(provider: Provider) -> None:
    assert provider.detected_by
    assert (provider.index is None) == (provider.total is None)
    # A base without variables, or variables without a base, would never be used; only `never` explains it.
    usable = provider.index is not None and provider.never is None
    assert (provider.base is not None) == usable
    assert provider.attempt is None or provider.run
    assert provider.attempt not in provider.run


@ALL
def test_texts_are_one_line_and_slugs_are_safe_names(provider: Provider) -> None:
    excluded = provider.excluded
    texts = [provider.name, provider.mend, provider.never or "x"]
    texts += [] if excluded is None else [excluded.reason, excluded.mend]
    assert all(text and text.splitlines() == [text] for text in texts)
    assert re.fullmatch(r"[a-z]+", provider.slug)


@ALL
def test_every_mend_says_how_to_pass_the_shard(provider: Provider) -> None:
    assert "--shard=" in provider.mend
    assert provider.excluded is None or "--shard=" in provider.excluded.mend


def test_names_slugs_and_marks_are_unique() -> None:
    for values in (
        [provider.name for provider in PROVIDERS],
        [provider.slug for provider in PROVIDERS],
        [provider.detected_by for provider in PROVIDERS],
    ):
        assert len(set(values)) == len(values)


def test_only_launchers_stand_before_the_ci_systems_and_the_bare_ci_variable_stands_last() -> None:
    assert [p.slug for p in PROVIDERS if p.status_file is not None] == [p.slug for p in PROVIDERS[:2]]
    assert [mark.variable for mark in PROVIDERS[-1].detected_by] == ["CI"]
