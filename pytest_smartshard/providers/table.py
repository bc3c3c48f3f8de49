"""The CI systems as data: one row each, in the order in which they are tried."""

from __future__ import annotations

import re
from typing import Literal

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.providers.dialects import AZURE, GITHUB, TEAMCITY, Dialect

Base = Literal[0, 1]
"""Where a counter starts: at 0 or at 1."""

_PASS = "or pass --shard=K/N"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A variable by which a provider is recognised.

    Any value will do for an id. For a ``switch`` a value that says no (``false``, ``0``, ...) does not count.
    """

    variable: str
    switch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """A state of a provider in which its index and total count more than the shards of one suite.

    It holds where the value of ``variable`` matches ``pattern`` somewhere. ``reason`` continues the
    sentence "index and total cannot be used: they ..."; ``mend`` says what to write instead.
    """

    variable: str
    pattern: re.Pattern[str]
    reason: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """What one CI system says about the job that runs in it, and under which names.

    ``slug`` starts the id of a run. All of ``detected_by`` must hold. ``index`` and ``total`` are the
    variables that number the shards, the first of them being ``base``; all three are None where the
    provider has no such thing. ``run`` are the variables, joined by ``-``, whose values all jobs of one
    run share and a re-run of a job keeps; ``attempt`` counts those re-runs from ``attempt_base``.

    ``mend`` says what to write where nothing can be detected. ``total_one_is_whole``: the total is always
    set, so a total of 1 without an index is shard 1/1. ``never``: why ``index`` and ``total`` may not be
    used at all; ``excluded``: when they may not. ``status_file`` names the file that a test runner touches
    to say that it shards.

    Of what is said to the system by the job that merges: ``dialect`` is how its log is told of something wrong,
    ``summary`` and ``outputs`` are variables that name the files to which a summary in markdown and the job's
    results are appended, ``annotate`` is a command that takes a summary from its standard input, after one more
    argument: ``success`` or ``error``.
    """

    name: str
    slug: str
    detected_by: tuple[Mark, ...]
    index: str | None = None
    total: str | None = None
    base: Base | None = None
    run: tuple[str, ...] = ()
    attempt: str | None = None
    attempt_base: Base = 1
    mend: str
    total_one_is_whole: bool = False
    never: str | None = None
    excluded: Exclusion | None = None
    status_file: str | None = None
    dialect: Dialect | None = None
    summary: str | None = None
    outputs: str | None = None
    annotate: tuple[str, ...] = ()

    @property
    def listens(self) -> bool:
        """Whether anything can be said to it."""
        return bool(self.dialect or self.summary or self.outputs or self.annotate)


# Test launchers come first: they run inside a CI job whose variables may be visible too, and what stands
# closest to the process knows best which part of the work it is. The bare CI variable comes last, because
# nearly every other provider sets it as well.
PROVIDERS: tuple[Provider, ...] = (
    # Bazel exports the GTEST_* names as well, so it stands before them.
    Provider(
        name="Bazel",
        slug="bazel",
        detected_by=(Mark(variable="TEST_TOTAL_SHARDS"),),
        index="TEST_SHARD_INDEX",
        total="TEST_TOTAL_SHARDS",
        base=0,
        mend=f"set shard_count on the test rule, {_PASS}",
        status_file="TEST_SHARD_STATUS_FILE",
    ),
    Provider(
        name="Google Test launcher",
        slug="gtest",
        detected_by=(Mark(variable="GTEST_TOTAL_SHARDS"),),
        index="GTEST_SHARD_INDEX",
        total="GTEST_TOTAL_SHARDS",
        base=0,
        mend=f"set GTEST_SHARD_INDEX (from 0) and GTEST_TOTAL_SHARDS, {_PASS}",
        status_file="GTEST_SHARD_STATUS_FILE",
    ),
    Provider(
        name="CircleCI",
        slug="circleci",
        detected_by=(Mark(variable="CIRCLECI", switch=True),),
        index="CIRCLE_NODE_INDEX",
        total="CIRCLE_NODE_TOTAL",
        base=0,
        # "Rerun from failed" makes a new workflow id; the workspace stays that of the first workflow.
        run=("CIRCLE_WORKFLOW_WORKSPACE_ID",),
        mend=f"set `parallelism: 6` on the job, {_PASS}",
    ),
    # Heroku CI, Cirrus CI and GitLab CI share the CI_NODE_* names and mean three different things.
    Provider(
        name="Heroku CI",
        slug="heroku",
        detected_by=(Mark(variable="HEROKU_TEST_RUN_ID"),),
        index="CI_NODE_INDEX",
        total="CI_NODE_TOTAL",
        base=0,
        run=("HEROKU_TEST_RUN_ID",),
        mend=f"set environments.test.formation.test.quantity in app.json, {_PASS}",
    ),
    Provider(
        name="Cirrus CI",
        slug="cirrus",
        detected_by=(Mark(variable="CIRRUS_CI", switch=True),),
        index="CI_NODE_INDEX",
        total="CI_NODE_TOTAL",
        run=("CIRRUS_BUILD_ID",),
        mend="pass --shard=$SHARD/6 with SHARD: 1 to SHARD: 6 under `env: matrix:`",
        never="count all tasks of the build, not the shards of one suite",
    ),
    Provider(
        name="GitLab CI",
        slug="gitlab",
        detected_by=(Mark(variable="GITLAB_CI", switch=True),),
        index="CI_NODE_INDEX",
        total="CI_NODE_TOTAL",
        base=1,
        run=("CI_PIPELINE_ID",),
        mend=f"set `parallel: 6` on the job, {_PASS}",
        total_one_is_whole=True,
        excluded=Exclusion(
            variable="CI_JOB_NAME",
            # A cell of a matrix is called `name: [value, value]`, a part of `parallel: 6` is `name 2/6`.
            pattern=re.compile(r": \[.*\]$"),
            reason="count every cell of `parallel: matrix`, not the shards of one suite",
            mend="pass --shard=$SHARD/6 with SHARD: [1, 2, 3, 4, 5, 6] in the matrix",
        ),
    ),
    Provider(
        name="Buildkite",
        slug="buildkite",
        detected_by=(Mark(variable="BUILDKITE", switch=True),),
        index="BUILDKITE_PARALLEL_JOB",
        total="BUILDKITE_PARALLEL_JOB_COUNT",
        base=0,
        run=("BUILDKITE_BUILD_ID",),
        attempt="BUILDKITE_RETRY_COUNT",
        attempt_base=0,
        mend=f"set `parallelism: 6` on the step, {_PASS}",
        annotate=("buildkite-agent", "annotate", "--context", "smartshard", "--style"),
    ),
    Provider(
        name="GitHub Actions",
        slug="github",
        detected_by=(Mark(variable="GITHUB_ACTIONS", switch=True),),
        run=("GITHUB_RUN_ID",),
        attempt="GITHUB_RUN_ATTEMPT",
        mend=(
            "pass --shard=${{ matrix.shard }}/6 with shard: [1, 2, 3, 4, 5, 6] in the matrix "
            "(strategy.job-index is not used: it counts every cell of the matrix, environments too)"
        ),
        dialect=GITHUB,
        summary="GITHUB_STEP_SUMMARY",
        outputs="GITHUB_OUTPUT",
    ),
    Provider(
        name="Azure Pipelines",
        slug="azure",
        detected_by=(Mark(variable="TF_BUILD", switch=True),),
        index="SYSTEM_JOBPOSITIONINPHASE",
        total="SYSTEM_TOTALJOBSINPHASE",
        base=1,
        run=("BUILD_BUILDID",),
        attempt="SYSTEM_JOBATTEMPT",
        mend=f"set `strategy: parallel: 6` on the job, {_PASS}",
        excluded=Exclusion(
            variable="SYSTEM_PARALLELEXECUTIONTYPE",
            pattern=re.compile(r"^MultiConfiguration$", re.IGNORECASE),
            reason="count the legs of `strategy: matrix`, not the shards of one suite",
            mend="pass --shard=$(shard)/6 with a variable shard in each leg of the matrix",
        ),
        dialect=AZURE,
    ),
    Provider(
        name="Semaphore",
        slug="semaphore",
        detected_by=(Mark(variable="SEMAPHORE", switch=True),),
        index="SEMAPHORE_JOB_INDEX",
        total="SEMAPHORE_JOB_COUNT",
        base=1,
        # Running failed jobs again makes a new pipeline in the same workflow.
        run=("SEMAPHORE_WORKFLOW_ID",),
        mend=f"set `parallelism: 6` on the job, {_PASS}",
    ),
    Provider(
        name="Bitbucket Pipelines",
        slug="bitbucket",
        detected_by=(Mark(variable="BITBUCKET_BUILD_NUMBER"),),
        index="BITBUCKET_PARALLEL_STEP",
        total="BITBUCKET_PARALLEL_STEP_COUNT",
        base=0,
        run=("BITBUCKET_BUILD_NUMBER",),
        attempt="BITBUCKET_STEP_RUN_NUMBER",
        mend=f"put the shards, and no other step, into one `parallel` group, {_PASS}",
    ),
    # A TeamCity build has no id that the other builds of its chain share.
    Provider(
        name="TeamCity",
        slug="teamcity",
        detected_by=(Mark(variable="TEAMCITY_VERSION"),),
        mend=(
            "pass --shard=%teamcity.build.parallelTests.currentBatch%/"
            "%teamcity.build.parallelTests.totalBatches% or build parameters of your own"
        ),
        dialect=TEAMCITY,
    ),
    Provider(
        name="Travis CI",
        slug="travis",
        detected_by=(Mark(variable="TRAVIS", switch=True),),
        run=("TRAVIS_BUILD_ID",),
        mend="pass --shard=$SHARD/6 with SHARD=1 to SHARD=6 under `env: jobs:`",
    ),
    # JENKINS_URL alone is also what the Jenkins command line reads on a developer's machine.
    Provider(
        name="Jenkins",
        slug="jenkins",
        detected_by=(Mark(variable="JENKINS_URL"), Mark(variable="BUILD_ID")),
        run=("BUILD_TAG",),
        mend="pass --shard=$SHARD/6 with SHARD as an axis of a matrix stage",
    ),
    Provider(
        name="AppVeyor",
        slug="appveyor",
        detected_by=(Mark(variable="APPVEYOR", switch=True),),
        run=("APPVEYOR_BUILD_ID",),
        mend="pass --shard=%SHARD%/6 with SHARD: 1 to SHARD: 6 under `environment: matrix:`",
    ),
    Provider(
        name="Codefresh",
        slug="codefresh",
        detected_by=(Mark(variable="CF_BUILD_ID"),),
        run=("CF_BUILD_ID",),
        mend="pass --shard=$SHARD/6 with SHARD=1 to SHARD=6 under `matrix: environment:`",
    ),
    Provider(
        name="Unrecognised CI",
        slug="ci",
        detected_by=(Mark(variable="CI", switch=True),),
        mend="pass --shard=K/N with the number of this job and how many there are",
    ),
)
