"""``smartshard doctor`` finds nothing in any recipe, neither as it stands nor with the variants of its guide."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_smartshard.operations.examining.examine import examine

ROOT = Path(__file__).parents[2]

PLACES = {
    "azure-pipelines": "azure-pipelines.yml",
    "buildkite": ".buildkite/pipeline.yml",
    "circleci": ".circleci/config.yml",
    "github-actions": ".github/workflows/tests.yml",
    "gitlab-ci": ".gitlab-ci.yml",
    "several-systems": ".github/workflows/tests.yml",
}


def recipes(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def with_gitlab_job(whole: Any, part: Any) -> Any:
    """A job that is new or replaces one, or what is added to one."""
    added = {name: {**whole[name], **job} for name, job in part.items() if name == "merge"}
    return {**whole, **part, **added}


def with_azure_job(whole: Any, part: Any) -> Any:
    (new,) = part["jobs"]
    job = next(job for job in whole["jobs"] if job["job"] == new["job"])
    job["strategy"] = new["strategy"]
    before = [step for step in job["steps"] if "pytest --shard" not in str(step) and "publish" not in step]
    job["steps"] = [*before, *new["steps"]]
    return whole


def with_github_steps(whole: Any, part: Any) -> Any:
    """Another workflow, other jobs, or steps of a job."""
    if "jobs" in part:
        return part if True in part else {**whole, "jobs": {**whole["jobs"], **part["jobs"]}}
    job = whole["jobs"]["shards" if "download-artifact" in str(part) else "merge"]
    job["steps"] = [*job["steps"][:1], *part, *job["steps"][1:]]
    return whole


def with_github_matrix(whole: Any, part: Any) -> Any:
    shards, changed = whole["jobs"]["shards"], part["jobs"]["shards"]
    steps = [step for step in shards["steps"] if "pytest --shard" not in str(step)]
    steps[-1:-1] = changed["steps"]
    whole["jobs"]["shards"] = {**shards, **changed, "steps": steps}
    return whole


VARIANTS = {
    "azure-pipelines": with_azure_job,
    "github-actions": with_github_steps,
    "gitlab-ci": with_gitlab_job,
    "several-systems": with_github_matrix,
}


def checkouts() -> list[tuple[str, str]]:
    """File and text of each recipe, whole."""
    found = []
    for name, place in PLACES.items():
        first, *others = recipes(f"docs/how-to/{name}.md")
        found.append((place, first))
        for other in others:
            changed = VARIANTS[name](yaml.safe_load(first), yaml.safe_load(other))
            found.append((place, yaml.safe_dump(changed, sort_keys=False).replace("\ntrue:", "\non:")))
    return found


@pytest.mark.parametrize(("place", "text"), checkouts())
def test_a_recipe_has_no_findings(place: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    seen = examine(tmp_path)
    assert seen.findings == ()
    assert seen.looked_at == (place,)


@pytest.mark.parametrize(("place", "text"), [pair for pair in checkouts() if "pytest --shard=" in pair[1]])
def test_the_call_in_a_recipe_is_seen(place: str, text: str, tmp_path: Path) -> None:
    """Or nothing would be found whatever was wrong: without its merge each of them has findings."""
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    seen_without_merge = re.sub(r"smartshard merge.*|echo .*vso.*|aws s3 .*|cp .*|mkdir .*", "true", text)
    file.write_text(seen_without_merge, encoding="utf-8")
    assert "nothing-merged" in [one.code for one in examine(tmp_path).findings]
