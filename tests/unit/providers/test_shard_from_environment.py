"""``--shard=auto``: a contract that every provider passes, then the trap of each one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pytest_smartshard.errors import UsageError
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.providers.detect import shard_from_environment
from pytest_smartshard.providers.table import PROVIDERS, Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """A provider that numbers its parallel jobs, with its variables known to be there."""

    provider: Provider
    index: str
    total: str
    base: int

    def environ(self, index: str | None, total: str | None) -> dict[str, str]:
        values = {self.index: index, self.total: total}
        return marks(self.provider) | {name: value for name, value in values.items() if value is not None}


def marks(provider: Provider) -> dict[str, str]:
    return {mark.variable: "true" for mark in provider.detected_by}


def numbered() -> list[Numbered]:
    return [
        Numbered(provider=provider, index=provider.index, total=provider.total, base=provider.base)
        for provider in PROVIDERS
        if provider.index is not None and provider.total is not None and provider.base is not None
    ]


NUMBERED = numbered()
# A launcher is recognised by its total, so without the total there is no launcher to speak of.
SEEN_WITHOUT_TOTAL = [row for row in NUMBERED if row.total not in marks(row.provider)]
UNNUMBERED = [provider for provider in PROVIDERS if provider.index is None]
WHOLE = "or --shard=1/1 to run the whole suite in this job"

GITLAB = {"CI": "true", "GITLAB_CI": "true"}
AZURE = {"TF_BUILD": "True"}
NODE = {"CI": "true", "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "3"}


def slug(row: Numbered | Provider) -> str:
    return row.slug if isinstance(row, Provider) else row.provider.slug


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(UsageError) as caught:
        shard_from_environment(environ)
    assert all(problem.splitlines() == [problem] for problem in caught.value.problems)
    return list(caught.value.problems)


def problem(environ: dict[str, str]) -> str:
    (only,) = problems(environ)
    return only


@pytest.mark.parametrize(
    "environ", [{}, {"CI": ""}, {"CI": "false"}, {"CI_NODE_INDEX": "1", "HOME": "/somewhere"}]
)
def test_outside_any_ci_auto_means_off(environ: dict[str, str]) -> None:
    assert shard_from_environment(environ) is None


@pytest.mark.parametrize("row", NUMBERED, ids=slug)
class TestProvidersThatNumberTheirJobs:
    @pytest.mark.parametrize("count", [1, 2, 6, 100])
    def test_the_first_and_the_last_job_are_the_first_and_the_last_shard(self, row: Numbered, count: int) -> None:
        first, last = row.base, row.base + count - 1

        assert shard_from_environment(row.environ(str(first), str(count))) == ShardIndex(1, count)
        assert shard_from_environment(row.environ(str(last), str(count))) == ShardIndex(count, count)

    def test_all_jobs_together_are_all_shards(self, row: Numbered) -> None:
        shards = [shard_from_environment(row.environ(str(index), "6")) for index in range(row.base, row.base + 6)]

        assert shards == [ShardIndex(number, 6) for number in range(1, 7)]

    def test_space_around_a_value_does_not_matter(self, row: Numbered) -> None:
        assert shard_from_environment(row.environ(f" {row.base}", "6\n")) == ShardIndex(1, 6)

    @pytest.mark.parametrize("absent", [None, "", " "])
    def test_a_total_without_an_index_is_an_error(self, row: Numbered, absent: str | None) -> None:
        assert problem(row.environ(absent, "6")) == (
            f"--shard=auto: {row.provider.name} sets {row.total}='6' without {row.index}, "
            f"and both are needed; {row.provider.mend}"
        )

    @pytest.mark.parametrize("value", ["x", "1.0", "1_0", "+1", "0x1", "1/6", "\u0661", "9" * 5000])
    def test_an_index_that_is_no_whole_number_is_an_error(self, row: Numbered, value: str) -> None:
        shown = value if len(value) < 60 else "9" * 57 + "..."
        assert problem(row.environ(value, "6")) == (
            f"--shard=auto: {row.provider.name} sets {row.index}='{shown}', which is not a whole number; "
            f"{row.provider.mend}"
        )

    @pytest.mark.parametrize("value", ["x", "6.0", "${{ strategy.job-total }}"])
    def test_a_total_that_is_no_whole_number_is_an_error(self, row: Numbered, value: str) -> None:
        assert problem(row.environ("1", value)) == (
            f"--shard=auto: {row.provider.name} sets {row.total}='{value}', which is not a whole number; "
            f"{row.provider.mend}"
        )

    def test_both_mistakes_are_reported_together(self, row: Numbered) -> None:
        name, mend = row.provider.name, row.provider.mend
        assert problems(row.environ("x", "y")) == [
            f"--shard=auto: {name} sets {row.index}='x', which is not a whole number; {mend}",
            f"--shard=auto: {name} sets {row.total}='y', which is not a whole number; {mend}",
        ]

    @pytest.mark.parametrize("value", ["0", "-1"])
    def test_fewer_than_one_shard_is_an_error(self, row: Numbered, value: str) -> None:
        assert problem(row.environ("1", value)) == (
            f"--shard=auto: {row.provider.name} sets {row.total}='{value}', which is less than 1; "
            f"{row.provider.mend}"
        )

    @pytest.mark.parametrize("offset", [-2, -1, 6, 7])
    def test_an_index_out_of_range_is_an_error(self, row: Numbered, offset: int) -> None:
        index = str(row.base + offset)
        assert problem(row.environ(index, "6")) == (
            f"--shard=auto: {row.provider.name} sets {row.index}='{index}' with {row.total}='6', "
            f"which is not within {row.base} to {row.base + 5}; {row.provider.mend}"
        )


@pytest.mark.parametrize("row", SEEN_WITHOUT_TOTAL, ids=slug)
class TestProvidersSeenWithoutTheirTotal:
    @pytest.mark.parametrize("absent", [None, "", " "])
    def test_an_index_without_a_total_is_an_error_and_never_the_whole_suite(
        self, row: Numbered, absent: str | None
    ) -> None:
        assert problem(row.environ("1", absent)) == (
            f"--shard=auto: {row.provider.name} sets {row.index}='1' without {row.total}, "
            f"and both are needed; {row.provider.mend}"
        )

    def test_neither_is_an_error_and_never_the_whole_suite(self, row: Numbered) -> None:
        seen_by = " and ".join(marks(row.provider))
        assert problem(row.environ(None, None)) == (
            f"--shard=auto: {row.provider.name} (seen by {seen_by}) sets neither {row.index} nor "
            f"{row.total}; {row.provider.mend}, {WHOLE}"
        )


@pytest.mark.parametrize("provider", UNNUMBERED, ids=slug)
def test_a_provider_without_numbers_is_an_error_even_where_others_variables_are_set(
    provider: Provider,
) -> None:
    environ = marks(provider) | {"CI": "true", "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "6"}
    assert problem(environ) == (
        f"--shard=auto: {provider.name} (seen by {' and '.join(marks(provider))}) "
        f"sets no shard number and count; {provider.mend}, {WHOLE}"
    )


class TestTheFullTextOfMessages:
    """What users see, spelled out once without the table's help."""

    def test_github_actions(self) -> None:
        assert problem({"CI": "true", "GITHUB_ACTIONS": "true"}) == (
            "--shard=auto: GitHub Actions (seen by GITHUB_ACTIONS) sets no shard number and count; "
            "pass --shard=${{ matrix.shard }}/6 with shard: [1, 2, 3, 4, 5, 6] in the matrix "
            "(strategy.job-index is not used: it counts every cell of the matrix, environments too), "
            "or --shard=1/1 to run the whole suite in this job"
        )

    def test_teamcity(self) -> None:
        assert problem({"TEAMCITY_VERSION": "2025.07"}) == (
            "--shard=auto: TeamCity (seen by TEAMCITY_VERSION) sets no shard number and count; "
            "pass --shard=%teamcity.build.parallelTests.currentBatch%/"
            "%teamcity.build.parallelTests.totalBatches% or build parameters of your own, "
            "or --shard=1/1 to run the whole suite in this job"
        )

    def test_jenkins_names_both_variables_that_gave_it_away(self) -> None:
        assert problem({"JENKINS_URL": "https://ci.example.org/", "BUILD_ID": "7"}) == (
            "--shard=auto: Jenkins (seen by JENKINS_URL and BUILD_ID) sets no shard number and count; "
            "pass --shard=$SHARD/6 with SHARD as an axis of a matrix stage, "
            "or --shard=1/1 to run the whole suite in this job"
        )

    @pytest.mark.parametrize("value", ["true", "True", "1", "yes", "woodpecker"])
    def test_a_ci_nobody_knows(self, value: str) -> None:
        assert problem({"CI": value}) == (
            "--shard=auto: Unrecognised CI (seen by CI) sets no shard number and count; "
            "pass --shard=K/N with the number of this job and how many there are, "
            "or --shard=1/1 to run the whole suite in this job"
        )

    def test_buildkite_without_parallelism(self) -> None:
        assert problem({"CI": "true", "BUILDKITE": "true"}) == (
            "--shard=auto: Buildkite (seen by BUILDKITE) sets neither BUILDKITE_PARALLEL_JOB nor "
            "BUILDKITE_PARALLEL_JOB_COUNT; set `parallelism: 6` on the step, or pass --shard=K/N, "
            "or --shard=1/1 to run the whole suite in this job"
        )

    def test_bazel_without_an_index(self) -> None:
        assert problem({"TEST_TOTAL_SHARDS": "4"}) == (
            "--shard=auto: Bazel sets TEST_TOTAL_SHARDS='4' without TEST_SHARD_INDEX, and both are needed; "
            "set shard_count on the test rule, or pass --shard=K/N"
        )

    def test_bitbucket_out_of_range(self) -> None:
        environ = {
            "CI": "true",
            "BITBUCKET_BUILD_NUMBER": "9",
            "BITBUCKET_PARALLEL_STEP": "3",
            "BITBUCKET_PARALLEL_STEP_COUNT": "3",
        }
        assert problem(environ) == (
            "--shard=auto: Bitbucket Pipelines sets BITBUCKET_PARALLEL_STEP='3' with "
            "BITBUCKET_PARALLEL_STEP_COUNT='3', which is not within 0 to 2; "
            "put the shards, and no other step, into one `parallel` group, or pass --shard=K/N"
        )

    def test_a_value_with_a_line_break_stays_on_one_line(self) -> None:
        environ = {"CIRCLECI": "true", "CIRCLE_NODE_INDEX": "1\n2", "CIRCLE_NODE_TOTAL": "2"}
        assert problem(environ) == (
            "--shard=auto: CircleCI sets CIRCLE_NODE_INDEX='1\\n2', which is not a whole number; "
            "set `parallelism: 6` on the job, or pass --shard=K/N"
        )


class TestGitLab:
    def test_without_parallel_the_total_is_one_and_there_is_no_index(self) -> None:
        assert shard_from_environment(GITLAB | {"CI_NODE_TOTAL": "1"}) == ShardIndex(1, 1)

    @pytest.mark.parametrize("total", ["2", "0", "x"])
    def test_any_other_total_without_an_index_is_an_error(self, total: str) -> None:
        assert problem(GITLAB | {"CI_NODE_TOTAL": total}) == (
            f"--shard=auto: GitLab CI sets CI_NODE_TOTAL='{total}' without CI_NODE_INDEX, "
            "and both are needed; set `parallel: 6` on the job, or pass --shard=K/N"
        )

    def test_parallel_counts_from_one(self) -> None:
        environ = {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "3", "CI_JOB_NAME": "test 1/3"}
        assert shard_from_environment(GITLAB | environ) == ShardIndex(1, 3)

    @pytest.mark.parametrize("name", ["test: [3.12, linux]", "unit tests: [1]"])
    def test_a_matrix_counts_its_cells_and_is_refused(self, name: str) -> None:
        environ = {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "3", "CI_JOB_NAME": name}
        assert problem(GITLAB | environ) == (
            "--shard=auto: CI_NODE_INDEX and CI_NODE_TOTAL of GitLab CI cannot be used with "
            f"CI_JOB_NAME='{name}': they count every cell of `parallel: matrix`, "
            "not the shards of one suite; pass --shard=$SHARD/6 with SHARD: [1, 2, 3, 4, 5, 6] in the matrix"
        )

    @pytest.mark.parametrize("index", [{}, {"CI_NODE_INDEX": "1"}])
    def test_a_matrix_of_one_cell_is_the_whole_suite(self, index: dict[str, str]) -> None:
        environ = {"CI_NODE_TOTAL": "1", "CI_JOB_NAME": "test: [3.12]"} | index
        assert shard_from_environment(GITLAB | environ) == ShardIndex(1, 1)


class TestTheSharedNodeVariables:
    def test_heroku_counts_from_zero_where_gitlab_counts_from_one(self) -> None:
        assert shard_from_environment(NODE | {"HEROKU_TEST_RUN_ID": "e5e2"}) == ShardIndex(2, 3)
        assert shard_from_environment(NODE | {"GITLAB_CI": "true"}) == ShardIndex(1, 3)

    def test_heroku_has_no_whole_suite_without_an_index(self) -> None:
        assert problem({"HEROKU_TEST_RUN_ID": "e5e2", "CI_NODE_TOTAL": "1"}) == (
            "--shard=auto: Heroku CI sets CI_NODE_TOTAL='1' without CI_NODE_INDEX, and both are needed; "
            "set environments.test.formation.test.quantity in app.json, or pass --shard=K/N"
        )

    @pytest.mark.parametrize("node", [{}, {"CI_NODE_TOTAL": "1"}, NODE])
    def test_cirrus_is_refused_whatever_it_sets(self, node: dict[str, str]) -> None:
        assert problem(node | {"CIRRUS_CI": "true"}) == (
            "--shard=auto: CI_NODE_INDEX and CI_NODE_TOTAL of Cirrus CI cannot be used: "
            "they count all tasks of the build, not the shards of one suite; "
            "pass --shard=$SHARD/6 with SHARD: 1 to SHARD: 6 under `env: matrix:`"
        )

    def test_without_a_known_provider_they_are_not_trusted(self) -> None:
        assert problem(NODE).startswith("--shard=auto: Unrecognised CI (seen by CI) sets no shard")


class TestAzure:
    @staticmethod
    def sliced(index: str, total: str, kind: str) -> dict[str, str]:
        return {
            "SYSTEM_JOBPOSITIONINPHASE": index,
            "SYSTEM_TOTALJOBSINPHASE": total,
            "SYSTEM_PARALLELEXECUTIONTYPE": kind,
        }

    def test_a_job_that_is_not_sliced_is_the_whole_suite(self) -> None:
        assert shard_from_environment(AZURE | self.sliced("1", "1", "None")) == ShardIndex(1, 1)

    def test_strategy_parallel_counts_from_one(self) -> None:
        assert shard_from_environment(AZURE | self.sliced("1", "4", "MultiMachine")) == ShardIndex(1, 4)

    def test_strategy_matrix_counts_its_legs_and_is_refused(self) -> None:
        assert problem(AZURE | self.sliced("1", "4", "MultiConfiguration")) == (
            "--shard=auto: SYSTEM_JOBPOSITIONINPHASE and SYSTEM_TOTALJOBSINPHASE of Azure Pipelines cannot "
            "be used with SYSTEM_PARALLELEXECUTIONTYPE='MultiConfiguration': they count the legs of "
            "`strategy: matrix`, not the shards of one suite; "
            "pass --shard=$(shard)/6 with a variable shard in each leg of the matrix"
        )

    def test_a_matrix_of_one_leg_is_the_whole_suite(self) -> None:
        environ = AZURE | self.sliced("1", "1", "MultiConfiguration")
        assert shard_from_environment(environ) == ShardIndex(1, 1)


def test_github_matrix_numbers_are_no_substitute_for_a_shard() -> None:
    """12 environments of 6 shards are 72 cells: a 72nd of the suite each would leave most tests unrun."""
    environ = {"GITHUB_ACTIONS": "true", "STRATEGY_JOB_INDEX": "3", "STRATEGY_JOB_TOTAL": "72"}
    assert "strategy.job-index is not used" in problem(environ)


def test_bitbucket_counts_from_zero() -> None:
    environ = {
        "BITBUCKET_BUILD_NUMBER": "9",
        "BITBUCKET_PARALLEL_STEP": "0",
        "BITBUCKET_PARALLEL_STEP_COUNT": "3",
    }
    assert shard_from_environment(environ) == ShardIndex(1, 3)


def test_a_launcher_inside_a_ci_job_decides() -> None:
    environ = {"GITHUB_ACTIONS": "true", "CI": "true", "TEST_SHARD_INDEX": "2", "TEST_TOTAL_SHARDS": "4"}
    assert shard_from_environment(environ) == ShardIndex(3, 4)
