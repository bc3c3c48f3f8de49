"""What every test of this project shares: pytester, hypothesis profiles, a clean environment."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,  # a shared machine pauses at any time
    derandomize=True,  # a red build is red for its change, and again when it is repeated
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # for the same reason as the deadline
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if "CI" in os.environ else "dev"))

_FROM_OUTSIDE = re.compile(
    r"""
    CI | CI_.* | CONTINUOUS_INTEGRATION | TF_BUILD
    | (GITHUB|GITLAB|CIRCLE|BUILDKITE|SYSTEM|SEMAPHORE|BITBUCKET|CIRRUS|HEROKU|TEAMCITY|TRAVIS)_.*
    | CIRCLECI | TRAVIS | CF_.* | APPVEYOR.* | JENKINS_.* | BUILD_.* | DRONE.* | GTEST_.*
    | TEST_(SHARD_INDEX|TOTAL_SHARDS|SHARD_STATUS_FILE)
    | (PYTEST|COV_CORE|COVERAGE|SMARTSHARD|HYPOTHESIS)_.* | PY_COLORS | FORCE_COLOR | NO_COLOR | COLUMNS
    """,
    re.VERBOSE,
)
_OURS = {"SMARTSHARD_TESTED", "PYTEST_CURRENT_TEST", "PYTEST_DEBUG_TEMPROOT"}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the CI system nor the pytest run that this test is part of shows in the runs that it starts."""
    for name in list(os.environ):
        if _FROM_OUTSIDE.fullmatch(name) and name not in _OURS:
            monkeypatch.delenv(name)
