"""Which run and which attempt a process belongs to."""

from __future__ import annotations

import pytest

from pytest_smartshard.model.segment import safe_name
from pytest_smartshard.providers import detect
from pytest_smartshard.providers.detect import CiRun, run_identity
from pytest_smartshard.providers.table import PROVIDERS, Mark, Provider

WITH_RUN = [provider for provider in PROVIDERS if provider.run]
WITHOUT_RUN = [provider for provider in PROVIDERS if not provider.run]
WITH_ATTEMPT = [provider for provider in PROVIDERS if provider.attempt is not None]


def slug(provider: Provider) -> str:
    return provider.slug


def environ(provider: Provider, attempt: str | None = None) -> dict[str, str]:
    values = {mark.variable: "true" for mark in provider.detected_by}
    values |= dict.fromkeys(provider.run, "4711")
    if provider.attempt is not None and attempt is not None:
        values[provider.attempt] = attempt
    return values


@pytest.mark.parametrize("provider", WITH_RUN, ids=slug)
class TestProvidersWithARunId:
    def test_the_run_is_slug_and_id(self, provider: Provider) -> None:
        run = "-".join([provider.slug, *("4711" for _ in provider.run)])
        assert run_identity(environ(provider)) == CiRun(provider_name=provider.name, run=run, attempt=None)

    def test_without_the_variable_there_is_no_identity(self, provider: Provider) -> None:
        values = environ(provider)
        for variable in provider.run:
            del values[variable]
        assert run_identity(values) is None


@pytest.mark.parametrize("provider", WITH_ATTEMPT, ids=slug)
class TestProvidersThatCountAttempts:
    def test_the_first_attempt_is_one_whatever_the_provider_counts_from(self, provider: Provider) -> None:
        run = run_identity(environ(provider, str(provider.attempt_base)))
        assert run is not None
        assert run.attempt == 1

    def test_a_rerun_changes_the_attempt_and_not_the_run(self, provider: Provider) -> None:
        first = run_identity(environ(provider, str(provider.attempt_base)))
        third = run_identity(environ(provider, str(provider.attempt_base + 2)))
        assert first is not None
        assert third is not None
        assert (third.run, third.attempt) == (first.run, 3)

    @pytest.mark.parametrize("value", ["", "x", "1.5", "-1", "9" * 5000])
    def test_a_malformed_attempt_is_unknown_and_no_error(self, provider: Provider, value: str) -> None:
        run = run_identity(environ(provider, value))
        assert run is not None
        assert run.attempt is None


def test_an_attempt_below_the_first_is_unknown() -> None:
    run = run_identity({"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "123456", "GITHUB_RUN_ATTEMPT": "0"})
    assert run == CiRun(provider_name="GitHub Actions", run="github-123456", attempt=None)


def test_github() -> None:
    run = run_identity({"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "123456", "GITHUB_RUN_ATTEMPT": "2"})
    assert run == CiRun(provider_name="GitHub Actions", run="github-123456", attempt=2)


def test_buildkite_counts_retries_from_zero() -> None:
    run = run_identity({"BUILDKITE": "true", "BUILDKITE_BUILD_ID": "0190-ab", "BUILDKITE_RETRY_COUNT": "1"})
    assert run == CiRun(provider_name="Buildkite", run="buildkite-0190-ab", attempt=2)


def test_circleci_keeps_its_run_when_a_rerun_makes_a_new_workflow() -> None:
    workspace = {"CIRCLECI": "true", "CIRCLE_WORKFLOW_WORKSPACE_ID": "ws-1"}
    first = run_identity(workspace | {"CIRCLE_WORKFLOW_ID": "wf-1"})
    rerun = run_identity(workspace | {"CIRCLE_WORKFLOW_ID": "wf-2"})
    assert first == rerun == CiRun(provider_name="CircleCI", run="circleci-ws-1", attempt=None)


def test_an_id_that_is_no_file_name_becomes_one_and_stays_distinct() -> None:
    jenkins = {"JENKINS_URL": "https://ci.example.org/", "BUILD_ID": "7"}
    one = run_identity(jenkins | {"BUILD_TAG": "jenkins-my job/../x-7"})
    other = run_identity(jenkins | {"BUILD_TAG": "jenkins-my job-..-x-7"})
    assert one is not None
    assert other is not None
    assert safe_name(one.run) == one.run
    assert one.run != other.run


@pytest.mark.parametrize("provider", WITHOUT_RUN, ids=slug)
def test_a_provider_without_a_run_id_has_no_identity(provider: Provider) -> None:
    assert run_identity(environ(provider)) is None


def test_a_run_named_by_two_variables_needs_both(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = Mark(variable="TWOFOLD")
    twofold = Provider(
        name="Twofold", slug="twofold", detected_by=(mark,), run=("PROJECT", "BUILD"), mend="--shard=K/N"
    )
    monkeypatch.setattr(detect, "PROVIDERS", (twofold,))

    assert run_identity({"TWOFOLD": "1", "PROJECT": "shop", "BUILD": "7"}) == CiRun(
        provider_name="Twofold", run="twofold-shop-7", attempt=None
    )
    assert run_identity({"TWOFOLD": "1", "BUILD": "7"}) is None


def test_outside_any_ci_there_is_no_identity() -> None:
    assert run_identity({"GITHUB_RUN_ID": "123456"}) is None


def test_a_launcher_takes_the_identity_of_the_ci_system_around_it() -> None:
    run = run_identity({"TEST_TOTAL_SHARDS": "4", "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "123456"})
    assert run == CiRun(provider_name="GitHub Actions", run="github-123456", attempt=None)
