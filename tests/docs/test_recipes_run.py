"""The recipes are run as their CI systems would run them, with stand-ins for caches, artifacts and matrices.

Each has a first run that knows nothing and saves a store, and then a pull request with a failing test, which
finds the whole history, is judged by the merge job and saves nothing. The other recipes of a page follow.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
from ci_azure import Azure
from ci_buildkite import Buildkite
from ci_circleci import CircleCI
from ci_github import GitHub
from ci_gitlab import GitLab
from ci_jobs import Bench, Event, Job, Run, Yaml, parsed, with_fewer_shards
from pages import HOW_TO, blocks, write

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are those of a POSIX shell")

SHARDS = 2
"""In place of the number that a recipe has: each costs a start of pytest."""

SUITE = {
    "requirements.txt": "",
    "conftest.py": """\
import os


def pytest_runtest_call(item):
    with open(os.environ["RAN"], "a", encoding="utf-8") as file:
        file.write(f"{item.nodeid}\\n")
""",
    **{
        f"test_{name}.py": f"import os\n\n\ndef test_one():\n    assert 'BREAK' not in os.environ{broken}\n\n\n"
        "def test_two():\n    pass\n"
        for name, broken in {"a": "", "b": " or True", "c": " or True", "d": " or True"}.items()
    },
}
"""A suite that writes down which of its tests run. One of them fails where the variable ``BREAK`` is set."""

SUITES = {"backend": 3, "frontend": 2}
"""The suites of the guide on several of them, and how many shards each has there."""

TESTS = [f"test_{name}.py::test_{number}" for name in "abcd" for number in ("one", "two")]

FIRST = Event(number=101)
PULL_REQUEST = Event(number=102, branch="topic", pull_request=True, environ={"BREAK": "yes"})
LATER = Event(number=103)


class System(Protocol):
    """A CI system and what it keeps from run to run."""

    def run(self, recipe: Yaml, event: Event) -> Run:
        """Run all jobs of a recipe."""
        ...

    def saved(self) -> object:
        """Another value each time a store has been saved."""
        ...


SYSTEMS: dict[str, Callable[[Bench], System]] = {
    "azure-pipelines": Azure,
    "buildkite": Buildkite,
    "circleci": CircleCI,
    "github-actions": GitHub,
    "gitlab-ci": GitLab,
    "monorepo": GitHub,
    "several-systems": GitHub,
}


def recipe(name: str, number: int = 0, shards: int | None = SHARDS) -> Yaml:
    """A recipe of a guide, for *shards* shards, or for as many as it has."""
    text = texts(name)[number]
    return parsed(text if shards is None else with_fewer_shards(text, shards))


def texts(name: str) -> list[str]:
    return [block.body for block in blocks(HOW_TO / f"{name}.md") if block.language == "yaml"]


def system(name: str, folder: Path) -> System:
    return SYSTEMS[name](Bench.make(folder, SUITE))


def by_environment(jobs: Iterable[Job]) -> dict[str, Counter[str]]:
    """How many times each test ran in each environment."""
    found: dict[str, Counter[str]] = {}
    for job in jobs:
        found.setdefault(job.environ["SMARTSHARD_ENV"], Counter()).update(job.ran)
    return found


def planned(job: Job) -> str:
    """The line by which a shard says what it is going to run."""
    (line,) = re.findall(r"^shard \d+/\d+ of .+$", job.output, re.MULTILINE)
    return str(line)


def judge(run: Run, *, history: str, journals: Mapping[str, int] | None = None) -> None:
    """Each test ran once in each environment, by one plan and what *history* says, and the merge job passed.

    *journals* says how many it has read of an environment, where that is not one for each shard.
    """
    jobs, (merge,) = run.of("shards"), run.of("merge")
    said = "\n".join(job.output for job in run.jobs)
    ran = by_environment(jobs)
    assert ran == {name: Counter(TESTS) for name in ran}, said
    plans = {(job.environ["SMARTSHARD_ENV"], planned(job).rpartition(", plan ")[2]) for job in jobs}
    assert len(plans) == len(ran), said
    assert all(f", {history}, plan " in planned(job) for job in jobs), said
    assert not merge.failed, said
    for name in ran:
        (line,) = re.findall(rf"^root@{name}@all: .+$", merge.output, re.MULTILINE)
        assert f": {(journals or {}).get(name, SHARDS)} journals read, " in line
        assert line.endswith("now knows 8 tests")


def passed(run: Run) -> bool:
    return not any(job.failed for job in run.jobs)


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name not in ("monorepo", "several-systems")])
def test_a_recipe_runs(name: str, tmp_path: Path) -> None:
    ci = system(name, tmp_path)
    nothing = ci.saved()
    run = ci.run(recipe(name), FIRST)
    judge(run, history="no history yet")
    assert passed(run)
    saved = ci.saved()
    assert saved != nothing
    run = ci.run(recipe(name), PULL_REQUEST)
    judge(run, history="100 % of the time from history")
    failed = [job for job in run.jobs if job.failed]
    assert [job.name for job in failed] == ["shards"] * len(by_environment(failed))
    assert ci.saved() == saved


def test_several_pythons_on_gitlab(tmp_path: Path) -> None:
    whole = {**recipe("gitlab-ci"), **recipe("gitlab-ci", 1)}
    run = system("gitlab-ci", tmp_path).run(whole, FIRST)
    judge(run, history="no history yet")
    assert passed(run)
    assert by_environment(run.of("shards")).keys() == {"linux-3.12", "linux-3.13"}


def test_several_pythons_on_azure(tmp_path: Path) -> None:
    (shards,) = recipe("azure-pipelines", 1)["jobs"]
    whole = recipe("azure-pipelines")
    whole["jobs"] = [shards if job["job"] == "shards" else job for job in whole["jobs"]]
    run = system("azure-pipelines", tmp_path).run(whole, FIRST)
    judge(run, history="no history yet")
    assert passed(run)
    assert by_environment(run.of("shards")).keys() == {"linux-3.12", "linux-3.13"}


def test_a_failed_job_is_run_again_on_github_and_the_run_summarised(tmp_path: Path) -> None:
    whole = recipe("github-actions")
    shards, merge = whole["jobs"]["shards"], whole["jobs"]["merge"]
    shards["strategy"]["matrix"]["python"] = ["3.12"]
    shards["steps"][1:1] = recipe("github-actions", 1, None)
    merge["steps"] += recipe("github-actions", 2, None)
    ci = GitHub(Bench.make(tmp_path, SUITE))
    first = ci.run(whole, replace(FIRST, environ={"BREAK": "yes"}))
    judge(first, history="no history yet")
    (failed,) = [job for job in first.jobs if job.failed]
    again = ci.run(whole, replace(FIRST, attempt=2), earlier=first)
    # The journal of the first attempt comes twice: the second has fetched it with the plan, and kept it.
    judge(again, history="no history yet", journals={"linux-3.12": SHARDS + 2})
    assert passed(again)
    (repeated,) = [job for job in again.of("shards") if job not in first.jobs]
    assert (repeated.cell, repeated.ran) == (failed.cell, failed.ran)
    assert "attempt 2 at run github-101: following the earlier plan in " in repeated.output
    summary = Path(again.of("merge")[0].environ["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
    assert "8 tests in 2 shards" in summary


def test_several_systems(tmp_path: Path) -> None:
    """With one of the Pythons: the recipe of GitHub Actions has shown that they do not see each other."""
    matrix = recipe("several-systems", 0, None)["jobs"]["shards"]["strategy"]["matrix"]
    assert [len(values) for values in matrix.values()] == [3, 2, 4]
    whole = recipe("several-systems")
    whole["jobs"]["shards"]["strategy"]["matrix"]["python"] = ["3.13"]
    ci = system("several-systems", tmp_path)
    run = ci.run(whole, FIRST)
    judge(run, history="no history yet")
    assert passed(run)
    assert by_environment(run.of("shards")).keys() == {"linux-3.13", "macos-3.13", "windows-3.13"}
    uneven = recipe("several-systems", 1, None)["jobs"]["shards"]
    whole["jobs"]["shards"]["strategy"] = uneven["strategy"]
    steps = whole["jobs"]["shards"]["steps"]
    (place,) = [number for number, step in enumerate(steps) if step.get("run", "").startswith("pytest ")]
    steps[place : place + 1] = uneven["steps"]
    run = ci.run(whole, LATER)
    judge(run, history="100 % of the time from history", journals={"windows-3.13": 4})
    assert passed(run)


def test_several_suites(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path, {f"{suite}/{name}": text for suite in SUITES for name, text in SUITE.items()})
    for block in blocks(HOW_TO / "monorepo.md"):
        if block.language == "ini" and block.file:
            write(bench.repository, block.file, block.body)
    ci = GitHub(bench)
    for event, history in ((FIRST, "no history yet"), (LATER, "100 % of the time from history")):
        run = ci.run(recipe("monorepo", 0, None), event)
        said = "\n".join(job.output for job in run.jobs)
        assert passed(run), said
        for suite, shards in SUITES.items():
            jobs = [job for job in run.of("shards") if job.cell.startswith(suite)]
            assert sum((Counter(job.ran) for job in jobs), Counter()) == Counter(TESTS), said
            assert all(
                planned(job).split(": ")[0].endswith(f"/{shards} of {suite}@linux-3.13@all") for job in jobs
            )
            assert all(f", {history}, plan " in planned(job) for job in jobs), said
            assert f"{suite}@linux-3.13@all: {shards} journals read, " in run.of("merge")[0].output


def test_journals_that_are_not_kept_are_seen(tmp_path: Path) -> None:
    whole = recipe("github-actions")
    whole["jobs"]["shards"]["strategy"]["matrix"]["python"] = ["3.12"]
    (upload,) = [step for step in whole["jobs"]["shards"]["steps"] if "upload-artifact" in step.get("uses", "")]
    del upload["with"]["include-hidden-files"]
    ci = GitHub(Bench.make(tmp_path, SUITE))
    run = ci.run(whole, FIRST)
    assert [job.name for job in run.jobs if job.failed] == ["merge"]
    assert ci.saved() == 0


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("azure-pipelines", "condition: succeededOrFailed()", "condition: eq(1, 1)"),
        ("azure-pipelines", "$(Pipeline.Workspace)/store", "$(Pipeline.Place)/store"),
        ("buildkite", "$$BUILDKITE_BRANCH", "$BUILDKITE_BRANCH"),
        ("buildkite", "label: merge", "labels: merge"),
        ("circleci", "- checkout", "- checkup: {}"),
        ("circleci", "<< pipeline.git.branch >>", "<< pipeline.branch >>"),
        ("github-actions", "${{ matrix.shard }}", "${{ matrix.part }}"),
        ("github-actions", "actions/cache/restore", "actions/cash/restore"),
        ("gitlab-ci", "policy: $STORE_POLICY", "policy: $STORE_RULE"),
        ("gitlab-ci", "when: always\n    paths", "when: forever\n    paths"),
    ],
)
def test_a_stand_in_refuses_what_it_does_not_know(name: str, old: str, new: str, tmp_path: Path) -> None:
    bench = Bench.make(tmp_path, SUITE)
    for command in ("pytest", "smartshard"):
        bench.tool(command, "#!/bin/sh\nmkdir -p .smartshard/runs\n")  # what they do is not asked here
    text = texts(name)[0]
    assert old in text
    with pytest.raises((AssertionError, KeyError)):
        SYSTEMS[name](bench).run(parsed(text.replace(old, new)), FIRST)


def test_a_recipe_counts_its_shards_alike() -> None:
    with pytest.raises(AssertionError, match=r"^the recipe counts \{5, 6\} shards"):
        with_fewer_shards(texts("github-actions")[0].replace("}}/6", "}}/5"), 2)


def test_all_recipes_are_run() -> None:
    """One that is added to a page needs a test here."""
    pages = {path.stem: len(texts(path.stem)) for path in sorted(HOW_TO.glob("*.md")) if texts(path.stem)}
    assert pages == {
        "azure-pipelines": 2,
        "buildkite": 1,
        "circleci": 1,
        "github-actions": 3,
        "gitlab-ci": 2,
        "monorepo": 1,
        "several-systems": 2,
    }
