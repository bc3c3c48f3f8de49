"""What only one system's files have: composite actions, extends, commands, legs, groups."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_smartshard.model.pipeline import Job, Way
from pytest_smartshard.pipelines.azure import AzurePipelines
from pytest_smartshard.pipelines.buildkite import Buildkite
from pytest_smartshard.pipelines.circleci import CircleCI
from pytest_smartshard.pipelines.dialect import Dialect
from pytest_smartshard.pipelines.github import GitHubActions, matrix_of, skips_hidden_files
from pytest_smartshard.pipelines.gitlab import GitLab
from pytest_smartshard.pipelines.tree import Block, parse_yaml


@dataclass
class Others:
    files: Mapping[str, str] = field(default_factory=dict)

    def tree(self, path: str) -> Block | None:
        return tree(self.files[path]) if path in self.files else None


def tree(text: str) -> Block:
    return parse_yaml(textwrap.dedent(text).encode(), "ci.yml")


def jobs(dialect: Dialect, text: str, **files: str) -> dict[str, Job]:
    others = Others({name.replace("__", "/").replace("_yml", ".yml"): content for name, content in files.items()})
    return {job.name: job for job in dialect.read("ci.yml", text, tree(text), others).jobs}


def words(job: Job) -> list[str]:
    return [" ".join(command.words) for command in job.commands]


def test_github_matrix_is_combined_as_github_does() -> None:
    matrix = matrix_of(
        tree(
            """
            fruit: [apple, pear]
            animal: [cat, dog]
            include:
              - color: green
              - {color: pink, animal: cat}
              - {fruit: apple, shape: circle}
              - {fruit: banana}
              - {fruit: banana, animal: cat}
            exclude:
              - {fruit: pear, animal: dog}
            """
        )
    )
    assert matrix is not None
    assert list(matrix.cells) == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_github_release_of_the_upload_action() -> None:
    later = ["v4", "v4.4", "v4.4.0", "v4.6.2", "v5", "v7.0.1", "main"]
    before = ["v3", "v4.0.0", "v4.3.6", "ea165f8d65b6e75b540449e92b4886f43607fa02", ""]
    assert [skips_hidden_files(version) for version in later + before] == [True] * 7 + [False] * 5


def test_github_composite_action_of_the_repository_is_read() -> None:
    workflow = """
        on: push
        jobs:
          a:
            steps:
              - uses: ./.github/actions/setup
              - run: pytest
          b:
            steps: [{uses: ./missing}, {uses: ./loop}]
        """
    steps = "{run: echo hello, shell: bash}, {uses: actions/cache@v4, with: {path: x}}"
    action = f"runs: {{using: composite, steps: [{steps}]}}"
    found = jobs(
        GitHubActions(),
        workflow,
        **{
            ".github__actions__setup__action_yml": action,
            "loop__action_yml": "runs: {steps: [{uses: ./loop}]}",
        },
    )
    assert words(found["a"]) == ["echo hello", "pytest"]
    assert [carried.way for carried in found["a"].carried] == [Way.RESTORE, Way.SAVE]
    assert (found["a"].opaque, found["b"].opaque) == (False, True)


def test_gitlab_extends_defaults_references_and_includes() -> None:
    text = """
        include: [local: /ci/base.yml]
        variables: {N: "4"}
        default: {before_script: [pip install x]}
        .part: {script: [one, [two]]}
        tests:
          extends: [.base, .more]
          script:
            - !reference [.part, script]
            - pytest --shard=$CI_NODE_INDEX/$N
        .more: {cache: {paths: [b], policy: pull}}
        lost: {script: [!reference [.nowhere, script]]}
        loop: {extends: loop}
        """
    found = jobs(GitLab(), text, ci__base_yml=".base: {parallel: 4, cache: {paths: [a], key: k}}")
    assert words(found["tests"]) == ["pip install x", "one", "two", "pytest --shard=$CI_NODE_INDEX/$N"]
    assert found["tests"].parallel == 4
    assert [(carried.way, carried.paths) for carried in found["tests"].carried] == [(Way.RESTORE, ("b",))]
    assert [found[name].opaque for name in ("tests", "lost", "loop")] == [False, True, True]


def test_circleci_commands_conditions_and_matrix_of_a_workflow() -> None:
    text = """
        commands:
          restore: {steps: [restore_cache: {keys: [k]}]}
        jobs:
          tests:
            parameters: {shard: {type: integer}}
            steps:
              - restore
              - run: pytest --shard=<< parameters.shard >>/2
              - unless: {condition: x, steps: [save_cache: {key: k, paths: [store]}]}
              - python/install
        workflows:
          all:
            jobs: [tests: {matrix: {parameters: {shard: [1, 2]}}}]
        """
    job = jobs(CircleCI(), text)["tests"]
    assert words(job) == ["pytest --shard=${{matrix.shard}}/2"]
    assert job.matrix is not None
    assert [dict(cell) for cell in job.matrix.cells] == [{"shard": "1"}, {"shard": "2"}]
    assert [(carried.way, carried.paths, carried.conditional) for carried in job.carried] == [
        (Way.RESTORE, ("store",), False),
        (Way.SAVE, ("store",), True),
    ]
    assert job.opaque


def test_azure_legs_expressions_and_predefined_variables() -> None:
    text = """
        stages:
          - jobs:
              - job: tests
                strategy: {matrix: {one: {shard: 1}, two: {shard: 2}}}
                steps:
                  - ${{ if eq(parameters.x, 'y') }}:
                      - bash: echo maybe
                  - script: pytest --shard=$(shard)/$(System.TotalJobsInPhase)
                  - task: Cache@2
                    inputs: {path: $(Pipeline.Workspace)/store}
        """
    job = jobs(AzurePipelines(), text)["tests"]
    assert words(job) == ["echo maybe", "pytest --shard=${{matrix.shard}}/$SYSTEM_TOTALJOBSINPHASE"]
    assert [command.conditional for command in job.commands] == [True, False]
    assert [carried.paths for carried in job.carried] == [("$PIPELINE_WORKSPACE/store",)] * 2


def test_buildkite_groups_matrix_and_escaped_variables() -> None:
    text = """
        - group: all
          steps:
            - key: tests
              command: pytest --shard={{matrix}}/$$N
              matrix: [1, 2]
              artifact_paths: "a;b"
        """
    job = jobs(Buildkite(), text)["tests"]
    assert words(job) == ["pytest --shard=${{matrix.setup}}/$N"]
    assert [carried.paths for carried in job.carried] == [("a", "b")]
