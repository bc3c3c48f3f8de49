"""``--shard=auto``: both numbers from the CI's own variables, off outside any CI, an error where they lack."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from sharded import Project, functions

SUITE = {f"test_{name}.py": functions("it") for name in "abc"}

SECOND_OF_THREE = {
    "circleci-w1": {
        "CIRCLECI": "true",
        "CIRCLE_NODE_INDEX": "1",
        "CIRCLE_NODE_TOTAL": "3",
        "CIRCLE_WORKFLOW_WORKSPACE_ID": "w1",
    },
    "gitlab-77": {"GITLAB_CI": "true", "CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "3", "CI_PIPELINE_ID": "77"},
    "heroku-h1": {"HEROKU_TEST_RUN_ID": "h1", "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "3"},
    "buildkite-b1": {
        "BUILDKITE": "true",
        "BUILDKITE_PARALLEL_JOB": "1",
        "BUILDKITE_PARALLEL_JOB_COUNT": "3",
        "BUILDKITE_BUILD_ID": "b1",
    },
    "azure-5": {
        "TF_BUILD": "True",
        "SYSTEM_JOBPOSITIONINPHASE": "2",
        "SYSTEM_TOTALJOBSINPHASE": "3",
        "BUILD_BUILDID": "5",
    },
    "semaphore-s1": {
        "SEMAPHORE": "true",
        "SEMAPHORE_JOB_INDEX": "2",
        "SEMAPHORE_JOB_COUNT": "3",
        "SEMAPHORE_WORKFLOW_ID": "s1",
    },
    "bitbucket-9": {
        "BITBUCKET_BUILD_NUMBER": "9",
        "BITBUCKET_PARALLEL_STEP": "1",
        "BITBUCKET_PARALLEL_STEP_COUNT": "3",
    },
    "local-": {"TEST_SHARD_INDEX": "1", "TEST_TOTAL_SHARDS": "3"},
}


@pytest.mark.parametrize("run", SECOND_OF_THREE)
def test_the_second_of_three_jobs_runs_the_second_shard(tmp_path: Path, run: str) -> None:
    project = Project.make(tmp_path / "project", SUITE, "addopts = --shard=auto")

    result = project.pytest(env={"CI": "true", **SECOND_OF_THREE[run]})

    assert result.code == 0
    assert result.collected_line.startswith("shard 2/3 of ")
    assert result.names == ("test_b::test_it",)
    assert result.recorded.header["run"].startswith(run)
    assert result.recorded.path.name == "0-2-of-3-1.jsonl"


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_outside_a_ci_auto_is_off_and_one_line_says_so(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest(*arguments)

    result = project.pytest("--shard=auto", *arguments)

    notice = "smartshard: --shard=auto: not in a CI, so nothing is sharded"
    assert [line for line in result.lines if "smartshard:" in line] == [notice]
    assert result.code == plain.code == 0
    assert sorted(result.ran) == sorted(plain.ran)
    if not arguments:
        assert [line for line in result.lines[:-1] if line != notice and "xml" not in line] == [
            line for line in plain.lines[:-1] if "xml" not in line
        ]
    assert not project.home.exists()


GITHUB_MEND = (
    "pass --shard=${{ matrix.shard }}/6 with shard: [1, 2, 3, 4, 5, 6] in the matrix (strategy.job-index is not "
    "used: it counts every cell of the matrix, environments too), or --shard=1/1 to run the whole suite in this "
    "job"
)
GITLAB_MEND = "set `parallel: 6` on the job, or pass --shard=K/N"


@pytest.mark.parametrize(
    ("env", "message"),
    [
        (
            {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "1"},
            f"GitHub Actions (seen by GITHUB_ACTIONS) sets no shard number and count; {GITHUB_MEND}",
        ),
        (
            {"GITLAB_CI": "true", "CI_NODE_INDEX": "2"},
            f"GitLab CI sets CI_NODE_INDEX='2' without CI_NODE_TOTAL, and both are needed; {GITLAB_MEND}",
        ),
        (
            {"GITLAB_CI": "true", "CI_NODE_TOTAL": "3"},
            f"GitLab CI sets CI_NODE_TOTAL='3' without CI_NODE_INDEX, and both are needed; {GITLAB_MEND}",
        ),
        (
            {"GITLAB_CI": "true", "CI_NODE_INDEX": "4", "CI_NODE_TOTAL": "3"},
            f"GitLab CI sets CI_NODE_INDEX='4' with CI_NODE_TOTAL='3', which is not within 1 to 3; {GITLAB_MEND}",
        ),
        (
            {"CIRRUS_CI": "true", "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "3"},
            (
                "CI_NODE_INDEX and CI_NODE_TOTAL of Cirrus CI cannot be used: they count all tasks of the build, "
                "not the shards of one suite; pass --shard=$SHARD/6 with SHARD: 1 to SHARD: 6 under "
                "`env: matrix:`"
            ),
        ),
        (
            {"CI": "true"},
            (
                "Unrecognised CI (seen by CI) sets no shard number and count; pass --shard=K/N with the number "
                "of this job and how many there are, or --shard=1/1 to run the whole suite in this job"
            ),
        ),
    ],
    ids=["github", "no total", "no index", "beyond", "cirrus", "unrecognised"],
)
def test_in_a_ci_that_does_not_say_nothing_runs(tmp_path: Path, env: Mapping[str, str], message: str) -> None:
    project = Project.make(tmp_path / "project", SUITE)

    result = project.pytest("--shard=auto", env=env)

    assert result.code == 4
    assert result.usage_errors == (f"--shard=auto: {message}",)
    assert result.ran == ()
    assert not project.home.exists()


def test_a_test_launcher_is_told_that_the_run_shards(tmp_path: Path) -> None:
    """Bazel fails a sharded test that did not touch the file."""
    project = Project.make(tmp_path / "project", SUITE)
    touched = tmp_path / "status"
    launcher = {"TEST_SHARD_INDEX": "0", "TEST_TOTAL_SHARDS": "2", "TEST_SHARD_STATUS_FILE": str(touched)}
    project.pytest("--shard=auto", env=launcher)
    assert touched.exists()
