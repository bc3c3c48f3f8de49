"""Every CI system whose files can be read."""

from __future__ import annotations

from pytest_smartshard.pipelines.azure import AzurePipelines
from pytest_smartshard.pipelines.buildkite import Buildkite
from pytest_smartshard.pipelines.circleci import CircleCI
from pytest_smartshard.pipelines.dialect import Dialect
from pytest_smartshard.pipelines.github import GitHubActions
from pytest_smartshard.pipelines.gitlab import GitLab

DIALECTS: tuple[Dialect, ...] = (GitHubActions(), GitLab(), CircleCI(), AzurePipelines(), Buildkite())
