"""The recipes are run as their CI systems would run them, with stand-ins for caches, artifacts and matrices.

On GitHub and GitLab a red first run of two environments, which knows nothing, is run again where it failed; the
next run goes by its history, and the pull request of a fork saves nothing. The others have a green run, and a red
pull request. Which exit codes of a merge save the store, and which make its job fail, is tried with all of
them. The other recipes of a page follow.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
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

WEAK = """\
import os
import sys


def test_one():
    is_rest = any("--shard-rerun" in word for word in sys.argv)
    assert is_rest or os.environ.get("BREAK") != os.environ["SMARTSHARD_ENV"]


def test_two():
    pass
"""

SUITE = {
    "requirements.txt": "",
    "conftest.py": """\
import os


def pytest_runtest_call(item):
    with open(os.environ["RAN"], "a", encoding="utf-8") as file:
        file.write(f"{item.nodeid}\\n")
""",
    "test_a.py": WEAK,
    **{f"test_{name}.py": "def test_one():\n    pass\n\n\ndef test_two():\n    pass\n" for name in "bcd"},
}
"""A suite that writes down which of its tests run.

One of them fails in the environment that the variable ``BREAK`` names, unless it is run as what was left.
"""

SUITES = {"backend": 3, "frontend": 2}
"""The suites of the guide on several of them, and how many shards each has there."""

TESTS = [f"test_{name}.py::test_{number}" for name in "abcd" for number in ("one", "two")]

NOTHING_KNOWN = "no history yet"
ALL_KNOWN = "100 % of the time from history"
PROVED = "proved: 8 tests ran exactly once in {} shards"

BROKEN = "linux-3.12"
FIRST = Event(number=101)
RED = replace(FIRST, environ={"BREAK": BROKEN})
PULL_REQUEST = Event(number=102, branch="topic", pull_request=True, environ={"BREAK": BROKEN})
LATER = Event(number=103)
FORK = Event(number=104, branch="topic", pull_request=True, fork=True)


class System(Protocol):
    """A CI system and what it keeps from run to run."""

    bench: Bench

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


def judge(
    run: Run,
    *,
    history: str,
    journals: Mapping[str, int] | None = None,
    code: int = 0,
    besides: Mapping[str, str] | None = None,
) -> None:
    """Each test ran once in each environment, by one plan and what *history* says, and the merge proves it.

    *journals* says how many it has read of an environment, where that is not one for each shard; *code* is how it
    exits, and *besides* what it says of an environment after the proof.
    """
    jobs, (merge,) = run.of("shards"), run.of("merge")
    said = "\n".join(job.output for job in run.jobs)
    ran = by_environment(jobs)
    assert ran == {name: Counter(TESTS) for name in ran}, said
    plans = {(job.environ["SMARTSHARD_ENV"], planned(job).rpartition(", plan ")[2]) for job in jobs}
    assert len(plans) == len(ran), said
    assert all(f", {history}, plan " in planned(job) for job in jobs), said
    assert merge.failed == (code != 0), said
    for name, shards in Counter(job.environ["SMARTSHARD_ENV"] for job in jobs).items():
        read, proved = re.findall(rf"^root@{name}@all: (.+)$", merge.output, re.MULTILINE)
        assert read.startswith(f"{(journals or {}).get(name, shards)} journals read, ")
        assert read.endswith((" now knows 8 tests", " already knew all of it: 8 tests"))
        assert proved == PROVED.format(shards) + (besides or {}).get(name, "")


def failed(run: Run) -> list[str]:
    """Names in the recipe of the jobs that failed."""
    return [job.name for job in run.jobs if job.failed]


def passed(run: Run) -> bool:
    return not failed(run)


class Repeating(System, Protocol):
    """One that can run again what has failed, as the next attempt."""

    def run(self, recipe: Yaml, event: Event, earlier: Run | None = None) -> Run:
        """Run all jobs of a recipe, or of those in *earlier* the failed ones and what comes after them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """A recipe with two environments, on a system that runs failed jobs again.

    ``journals`` are what the merge of the second attempt reads of the environment that was red, and ``flaky`` is
    what it can say then. ``fork`` is the history that the pull request of a fork has.
    """

    whole: Callable[[], Yaml]
    make: Callable[[Bench], Repeating]
    journals: int
    flaky: str
    fork: str


def github_with_attempts() -> Yaml:
    whole = recipe("github-actions")
    whole["jobs"]["shards"]["steps"][1:1] = recipe("github-actions", 1, None)
    whole["jobs"]["merge"]["steps"] += recipe("github-actions", 4, None)
    return whole


ATTEMPTS = {
    # The journal of the first attempt comes twice: the second has fetched it with the plan, and kept it.
    "github-actions": Attempts(
        whole=github_with_attempts, make=GitHub, journals=SHARDS + 2, flaky=", 1 flaky", fork=ALL_KNOWN
    ),
    # The artifacts of a job are those of its last attempt, and a fork has caches of its own.
    "gitlab-ci": Attempts(
        whole=lambda: {**recipe("gitlab-ci"), **recipe("gitlab-ci", 1)},
        make=GitLab,
        journals=SHARDS,
        flaky="",
        fork=NOTHING_KNOWN,
    ),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_two_environments_over_attempts_runs_and_forks(name: str, tmp_path: Path) -> None:
    way = ATTEMPTS[name]
    ci, whole = way.make(Bench.make(tmp_path, SUITE)), way.whole()
    nothing = ci.saved()

    first = ci.run(whole, RED)
    judge(first, history=NOTHING_KNOWN, code=1, besides={BROKEN: ", 1 failed"})
    assert failed(first) == ["shards", "merge"]
    after_red = ci.saved()
    assert after_red != nothing  # it is proved, so its durations are good

    again = ci.run(whole, replace(FIRST, attempt=2), first)
    judge(again, history=NOTHING_KNOWN, journals={BROKEN: way.journals}, besides={BROKEN: way.flaky})
    assert passed(again)
    (red,) = [job for job in first.of("shards") if job.failed]
    repeated, merge = [job for job in again.jobs if job not in first.jobs]
    assert (repeated.cell, repeated.ran, merge.name) == (red.cell, red.ran, "merge")
    assert planned(repeated) == planned(red)
    after_green = ci.saved()
    # Where attempts have no numbers, the store takes them for one, and keeps the failure.
    assert after_green != after_red or not way.flaky

    later = ci.run(whole, LATER)
    judge(later, history=ALL_KNOWN)
    assert passed(later)
    assert by_environment(later.of("shards")).keys() == {"linux-3.12", "linux-3.13"}
    after_later = ci.saved()
    assert after_later != after_green

    fork = ci.run(whole, FORK)
    judge(fork, history=way.fork)
    assert passed(fork)
    assert ci.saved() == after_later


@pytest.mark.parametrize("name", ["azure-pipelines", "buildkite", "circleci"])
def test_a_recipe_runs(name: str, tmp_path: Path) -> None:
    ci = system(name, tmp_path)
    nothing = ci.saved()
    run = ci.run(recipe(name), FIRST)
    judge(run, history=NOTHING_KNOWN)
    assert passed(run)
    saved = ci.saved()
    assert saved != nothing
    run = ci.run(recipe(name), PULL_REQUEST)
    judge(run, history=ALL_KNOWN, code=1, besides={BROKEN: ", 1 failed"})
    assert failed(run) == ["shards", "merge"]
    assert ci.saved() == saved


STUBS = {
    "pytest": """\
#!/bin/sh
mkdir -p .smartshard/runs
echo "$SMARTSHARD_ENV" > ".smartshard/runs/$$"
""",
    "smartshard": """\
#!/bin/sh
store=.smartshard/durations
if test "$2" = --store; then store=$3; fi
mkdir -p "$store"
echo "{}" > "$store/root.json"
exit "$VERDICT"
""",
}
"""What the two commands leave behind, where nothing else is asked of them."""


@pytest.mark.parametrize("code", [0, 1, 2, 3])
@pytest.mark.parametrize("name", ["azure-pipelines", "buildkite", "circleci", "github-actions", "gitlab-ci"])
def test_a_run_that_is_proved_saves_the_store_and_only_a_green_one_passes(
    name: str, code: int, tmp_path: Path
) -> None:
    ci = system(name, tmp_path)
    for command, script in STUBS.items():
        ci.bench.tool(command, script)
    nothing = ci.saved()
    run = ci.run(recipe(name), replace(FIRST, environ={"VERDICT": str(code)}))
    assert failed(run) == (["merge"] if code else []), [job.output for job in run.jobs]
    assert (ci.saved() != nothing) == (code < 2)


def test_what_is_left_is_run_by_hand_on_github(tmp_path: Path) -> None:
    ci = GitHub(Bench.make(tmp_path, SUITE))
    whole = recipe("github-actions")
    assert failed(ci.run(whole, RED)) == ["shards", "merge"]
    saved = ci.saved()
    rest = ci.run(recipe("github-actions", 2, None), Event(number=201, inputs={"run": "101"}))
    assert passed(rest), [job.output for job in rest.jobs]
    ran = by_environment(rest.of("rest"))
    assert ran == {BROKEN: Counter(["test_a.py::test_one"]), "linux-3.13": Counter()}
    (merge,) = rest.of("merge")
    assert f"root@{BROKEN}@all: {PROVED.format(SHARDS)}, then what was left in 1 shard, 1 flaky\n" in merge.output
    assert ci.saved() == saved


def test_what_is_left_is_run_on_gitlab(tmp_path: Path) -> None:
    ci = GitLab(Bench.make(tmp_path, SUITE))
    whole = {**recipe("gitlab-ci"), **recipe("gitlab-ci", 2, None)}
    whole["merge"] |= recipe("gitlab-ci", 3, None)["merge"]
    run = ci.run(whole, RED)
    judge(run, history=NOTHING_KNOWN, code=1, besides={BROKEN: ", 1 failed"})
    assert failed(run) == ["shards", "merge"]
    (rest,) = run.of("rest")
    assert rest.ran == ["test_a.py::test_one"]
    assert f"root@{BROKEN}@all: {PROVED.format(SHARDS)}, then what was left in 1 shard, 1 flaky\n" in rest.output


def test_a_job_plans_on_github(tmp_path: Path) -> None:
    whole = recipe("github-actions")
    added = recipe("github-actions", 3)["jobs"]
    whole["jobs"] = {"store": whole["jobs"]["store"], **added, "merge": whole["jobs"]["merge"]}
    run = GitHub(Bench.make(tmp_path, SUITE)).run(whole, FIRST)
    judge(run, history=NOTHING_KNOWN)
    assert passed(run)


def test_several_pythons_on_azure(tmp_path: Path) -> None:
    (shards,) = recipe("azure-pipelines", 1)["jobs"]
    whole = recipe("azure-pipelines")
    whole["jobs"] = [shards if job["job"] == "shards" else job for job in whole["jobs"]]
    run = system("azure-pipelines", tmp_path).run(whole, FIRST)
    judge(run, history=NOTHING_KNOWN)
    assert passed(run)
    assert by_environment(run.of("shards")).keys() == {"linux-3.12", "linux-3.13"}


def test_several_systems(tmp_path: Path) -> None:
    """With one of the Pythons: the recipe of GitHub Actions has shown that they do not see each other."""
    matrix = recipe("several-systems", 0, None)["jobs"]["shards"]["strategy"]["matrix"]
    assert [len(values) for values in matrix.values()] == [3, 2, 4]
    whole = recipe("several-systems")
    whole["jobs"]["shards"]["strategy"]["matrix"]["python"] = ["3.13"]
    ci = system("several-systems", tmp_path)
    run = ci.run(whole, FIRST)
    judge(run, history=NOTHING_KNOWN)
    assert passed(run)
    assert by_environment(run.of("shards")).keys() == {"linux-3.13", "macos-3.13", "windows-3.13"}
    uneven = recipe("several-systems", 1, None)["jobs"]["shards"]
    whole["jobs"]["shards"]["strategy"] = uneven["strategy"]
    steps = whole["jobs"]["shards"]["steps"]
    (place,) = [number for number, step in enumerate(steps) if step.get("run", "").startswith("pytest ")]
    steps[place : place + 1] = uneven["steps"]
    (merge,) = [step for step in whole["jobs"]["merge"]["steps"] if "smartshard merge" in step.get("run", "")]
    merge["run"] = merge["run"].replace("merge artifacts", "merge --expect=none artifacts")  # one system less
    run = ci.run(whole, LATER)
    judge(run, history=ALL_KNOWN)
    assert passed(run)


def test_several_suites(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path, {f"{suite}/{name}": text for suite in SUITES for name, text in SUITE.items()})
    for block in blocks(HOW_TO / "monorepo.md"):
        if block.language == "ini" and block.file:
            write(bench.repository, block.file, block.body)
    ci = GitHub(bench)
    for event, history in ((FIRST, NOTHING_KNOWN), (LATER, ALL_KNOWN)):
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
    assert failed(run) == ["merge"]
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
    for command in STUBS:
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
        "github-actions": 5,
        "gitlab-ci": 4,
        "monorepo": 1,
        "several-systems": 2,
    }
