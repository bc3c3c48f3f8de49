"""A stand-in for GitLab CI: jobs, rules, the cache and artifacts as it documents them, in folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from zlib import crc32

from ci_jobs import DEFAULT_BRANCH, Bench, Event, Job, Run, Yaml, at_once, copy, environment, known_keys

_RULES = {
    "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH": lambda known: (
        known.get("CI_COMMIT_BRANCH") == known["CI_DEFAULT_BRANCH"]
    ),
}
_GLOBAL = ("stages", "default")


@dataclass(slots=True)
class GitLab:
    """The cache of a project by its key, and the artifacts of each job of a pipeline."""

    bench: Bench
    caches: dict[str, Path] = field(default_factory=dict)
    saves: int = 0

    def saved(self) -> int:
        """How many times the store has been saved."""
        return self.saves

    def run(self, recipe: Yaml, event: Event) -> Run:
        """Run all jobs of a pipeline."""
        default = recipe["default"]
        known_keys(default, "image")
        named = {name: job for name, job in recipe.items() if name not in _GLOBAL}
        done: dict[str, list[Job]] = {}
        for name, job in sorted(named.items(), key=lambda pair: recipe["stages"].index(pair[1]["stage"])):
            known_keys(job, "stage", "image", "needs", "parallel", "script", "artifacts", "cache", "rules")
            rule = _rule(job, _variables(event))
            failed = any(before.failed for several in done.values() for before in several)
            done[name] = []
            when = rule.get("when", "on_success")
            assert when in ("on_success", "always"), f"the stand-in does not know when: {when}"
            if when == "always" or not failed:
                artifacts = [copied for need in job["needs"] for copied in done[need]] if "needs" in job else []
                work = partial(self._job, name, {**default, **job}, rule, artifacts, event)
                done[name] = at_once(work, _cells(name, job))
        return Run([job for several in done.values() for job in several])

    def _job(
        self, name: str, recipe: Yaml, rule: Yaml, needed: list[Job], event: Event, cell: Mapping[str, str]
    ) -> Job:
        known = {**_variables(event), "CI_JOB_NAME": name, **rule.get("variables", {}), **cell}
        known["CI_JOB_ID"] = str(crc32(f"{event.number} {event.attempt} {known['CI_JOB_NAME']}".encode()))
        known["CI_JOB_NAME_SLUG"] = re.sub(r"[^a-z0-9]+", "-", known["CI_JOB_NAME"].lower()).strip("-")
        job = self.bench.job(event, name, known["CI_JOB_NAME"], known)
        image, python = _filled(recipe["image"], known).split(":")
        assert image == "python"
        job.environ["SMARTSHARD_ENV"] = environment(python)
        self.bench.checkout(job)
        for before in needed:
            copy(self._artifacts_of(before), job.folder)
        cache = recipe.get("cache", {})
        known_keys(cache, "key", "paths", "policy", "unprotect")
        policy = _filled(cache.get("policy", ""), known)
        if "pull" in policy and cache["key"] in self.caches:
            copy(self.caches[cache["key"]], job.folder)
        job.failed = job.shell("\n".join(recipe["script"]), "-eo", "pipefail") != 0
        if "push" in policy and not job.failed:
            self.caches[cache["key"]] = self.bench.root / "cache" / cache["key"]
            _keep(job, cache["paths"], self.caches[cache["key"]])
            self.saves += 1
        self._keep_artifacts(job, recipe.get("artifacts", {}), known)
        return job

    def _keep_artifacts(self, job: Job, given: Yaml, known: Mapping[str, str]) -> None:
        known_keys(given, "name", "when", "paths")
        assert "/" not in _filled(given.get("name", ""), known)
        when = given.get("when", "on_success")
        assert when in ("on_success", "always"), f"the stand-in does not know when: {when}"
        self._artifacts_of(job).mkdir()
        if when == "always" or not job.failed:
            _keep(job, given.get("paths", []), self._artifacts_of(job))

    @staticmethod
    def _artifacts_of(job: Job) -> Path:
        return job.folder.parent / "artifacts"


def _keep(job: Job, paths: list[str], target: Path) -> None:
    for path in paths:
        if (job.folder / path).exists():
            copy(job.folder / path, target / path)


def _variables(event: Event) -> dict[str, str]:
    known = {
        "GITLAB_CI": "true",
        "CI_PIPELINE_ID": str(event.number),
        "CI_DEFAULT_BRANCH": DEFAULT_BRANCH,
        "CI_NODE_TOTAL": "1",
    }
    # The pipeline of a merge request has no branch.
    return known if event.pull_request else {**known, "CI_COMMIT_BRANCH": event.branch}


def _rule(job: Yaml, known: Mapping[str, str]) -> Yaml:
    """The first rule that fits; a job without rules has an empty one."""
    for rule in job.get("rules", [{}]):
        known_keys(rule, "if", "when", "variables")
        if "if" not in rule or _RULES[rule["if"]](known):
            return rule
    raise AssertionError("no rule fits")


def _cells(name: str, job: Yaml) -> list[dict[str, str]]:
    """The variables by which the parts of a job differ; a job of one part has none."""
    parallel = job.get("parallel")
    if parallel is None:
        return [{}]
    if isinstance(parallel, int):
        labels: list[tuple[str, dict[str, str]]] = [
            (f"{name} {part}/{parallel}", {}) for part in range(1, parallel + 1)
        ]
    else:
        (axes,) = parallel["matrix"]
        values = [dict(zip(axes, row, strict=True)) for row in product(*axes.values())]
        labels = [(f"{name}: [{', '.join(row.values())}]", row) for row in values]
    return [
        {**row, "CI_JOB_NAME": label, "CI_NODE_INDEX": str(number), "CI_NODE_TOTAL": str(len(labels))}
        for number, (label, row) in enumerate(labels, start=1)
    ]


def _filled(text: str, known: Mapping[str, str]) -> str:
    """*text* with each variable replaced by its value."""
    return re.sub(r"\$(\w+)", lambda found: known[found[1]], text)
