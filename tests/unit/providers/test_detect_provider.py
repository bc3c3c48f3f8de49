"""Which provider an environment belongs to."""

from __future__ import annotations

import pytest

from pytest_smartshard.providers.detect import detect_provider
from pytest_smartshard.providers.table import PROVIDERS, Provider

ALL = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)


def name_of(environ: dict[str, str]) -> str | None:
    provider = detect_provider(environ)
    return None if provider is None else provider.name


# What the providers themselves set, as far as it matters for telling them apart.
SEEN_IN_THE_WILD = {
    "Bazel": {"TEST_TOTAL_SHARDS": "4", "GTEST_TOTAL_SHARDS": "4", "TEST_TARGET": "//tests:all"},
    "Google Test launcher": {"GTEST_TOTAL_SHARDS": "4"},
    "CircleCI": {"CI": "true", "CIRCLECI": "true"},
    "Heroku CI": {"CI": "true", "HEROKU_TEST_RUN_ID": "e5e28b13-efbe-4ef0-bc50-ed3a041bca04"},
    "Cirrus CI": {"CI": "true", "CONTINUOUS_INTEGRATION": "true", "CIRRUS_CI": "true"},
    "GitLab CI": {"CI": "true", "GITLAB_CI": "true"},
    "Buildkite": {"CI": "true", "BUILDKITE": "true"},
    "GitHub Actions": {"CI": "true", "GITHUB_ACTIONS": "true"},
    "Azure Pipelines": {"TF_BUILD": "True", "BUILD_BUILDID": "77"},
    "Semaphore": {"CI": "true", "SEMAPHORE": "true"},
    "Bitbucket Pipelines": {"CI": "true", "BITBUCKET_BUILD_NUMBER": "9"},
    "TeamCity": {"TEAMCITY_VERSION": "2025.07 (build 197242)", "BUILD_NUMBER": "12"},
    "Travis CI": {"CI": "true", "CONTINUOUS_INTEGRATION": "true", "TRAVIS": "true"},
    "Jenkins": {"CI": "true", "JENKINS_URL": "https://ci.example.org/", "BUILD_ID": "7"},
    "AppVeyor": {"CI": "True", "APPVEYOR": "True"},
    "Codefresh": {"CI": "true", "CF_BUILD_ID": "5f7b"},
    "Unrecognised CI": {"CI": "true"},
}


@ALL
def test_each_is_recognised_by_what_it_sets(provider: Provider) -> None:
    assert name_of(SEEN_IN_THE_WILD[provider.name]) == provider.name


@ALL
def test_an_empty_mark_is_no_mark(provider: Provider) -> None:
    assert name_of({mark.variable: "" for mark in provider.detected_by}) is None


@ALL
@pytest.mark.parametrize("value", ["false", "False", "0", "no", "off"])
def test_a_switch_that_says_no_is_no_mark(provider: Provider, value: str) -> None:
    only_switches = all(mark.switch for mark in provider.detected_by)
    found = name_of({mark.variable: value for mark in provider.detected_by})
    assert found == (None if only_switches else provider.name)


def test_outside_any_ci_there_is_none() -> None:
    assert name_of({"HOME": "/somewhere", "CI_NODE_TOTAL": "6", "BUILD_ID": "7"}) is None


def test_the_address_of_a_jenkins_does_not_make_a_developers_machine_one() -> None:
    assert name_of({"JENKINS_URL": "https://ci.example.org/"}) is None


def test_a_provider_switched_off_leaves_the_bare_ci_variable() -> None:
    assert name_of({"CI": "true", "GITHUB_ACTIONS": "false"}) == "Unrecognised CI"


def test_a_launcher_stands_before_the_ci_system_around_it() -> None:
    assert name_of({"CI": "true", "GITHUB_ACTIONS": "true", "TEST_TOTAL_SHARDS": "4"}) == "Bazel"
