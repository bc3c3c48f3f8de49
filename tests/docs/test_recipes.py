"""The recipes fit the schemas of their CI systems, keep the rules of all, and are the same in the README."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import pytest
from pages import HOW_TO, ROOT, blocks

GITHUB = "vendor.github-workflows"
SCHEMAS = {
    "azure-pipelines": "vendor.azure-pipelines",
    "buildkite": "vendor.buildkite",
    "circleci": "vendor.circle-ci",
    "github-actions": GITHUB,
    "gitlab-ci": "vendor.gitlab-ci",
    "monorepo": GITHUB,
    "several-systems": GITHUB,
}
IN_THE_README = [name for name in SCHEMAS if name not in ("monorepo", "several-systems")]
TRANSFORMED = ("azure-pipelines", "gitlab-ci")
"""Systems for which the checker knows how their own YAML differs."""

STEP_OF_A_JOB = "on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n"


def recipes(page: Path) -> list[str]:
    return [block.body for block in blocks(page) if block.language == "yaml"]


def guide(name: str) -> list[str]:
    return recipes(HOW_TO / f"{name}.md")


def as_whole_file(recipe: str, schema: str) -> str:
    """A recipe that is a step or a job only, within the least that makes it a workflow."""
    begins = recipe.splitlines()[1]
    if begins.startswith("- "):
        return STEP_OF_A_JOB + textwrap.indent(recipe, "      ")
    return f"on: push\n{recipe}" if begins == "jobs:" and schema == GITHUB else recipe


@pytest.mark.skipif(
    find_spec("check_jsonschema") is None and "CI" not in os.environ, reason="check-jsonschema is not installed"
)
@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name in SCHEMAS for number in range(len(guide(name)))]
)
def test_a_recipe_fits_the_schema(name: str, number: int, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.yml"
    file.write_text(as_whole_file(guide(name)[number], SCHEMAS[name]), encoding="utf-8")
    options = ["--builtin-schema", SCHEMAS[name], "--regex-variant", "nonunicode"]
    if name in TRANSFORMED:
        options += ["--data-transform", name]
    command = [sys.executable, "-m", "check_jsonschema", *options, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_has_the_first_recipe_of_each_guide() -> None:
    assert sorted(recipes(ROOT / "README.md")) == sorted(guide(name)[0] for name in IN_THE_README)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_recipe_keeps_the_rules(name: str) -> None:
    """One job picks the store, shards keep their journals, one merges them, and only the default branch saves."""
    recipe = guide(name)[0]
    store, shards, merge = (recipe.index(word) for word in ("store", "pytest --shard=", "smartshard merge"))
    assert store < shards < merge
    assert ".smartshard/runs" in recipe[shards:]
    kept_also_on_failure = {
        "azure-pipelines": "condition: succeededOrFailed()",
        "buildkite": "artifact_paths: .smartshard/runs",
        "circleci": "pytest --shard=auto || touch failed",
        "github-actions": "if: always()",
        "gitlab-ci": "when: always",
        "monorepo": "if: always()",
        "several-systems": "if: always()",
    }
    assert kept_also_on_failure[name] in recipe[shards:merge]
    saves = {
        "azure-pipelines": ("artifact: merged-", "'refs/heads/main'"),
        "buildkite": ("aws s3 sync .smartshard/durations", "BUILDKITE_PIPELINE_DEFAULT_BRANCH"),
        "circleci": ("save_cache", "equal: [main"),
        "github-actions": ("actions/cache/save", "default_branch"),
        "gitlab-ci": ("pull-push", "$CI_DEFAULT_BRANCH"),
        "monorepo": ("actions/cache/save", "default_branch"),
        "several-systems": ("actions/cache/save", "default_branch"),
    }
    step, condition = saves[name]
    assert recipe.count(step) == 1
    assert recipe.index(step) > merge
    assert condition in recipe[merge:]
