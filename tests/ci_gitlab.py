"""A stand-in for GitLab CI: jobs, rules, the cache and artifacts as it documents them, in folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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
_OF_A_JOB = ("stage", "image", "needs", "parallel", "script", "artifacts", "cache", "rules", "when")
_FORK = "fork-"
_WHEN: Mapping[str, Callable[[bool], bool]] = {
    "on_success": lambda failed: not failed,
    "on_failure": lambda failed: failed,
    "always": lambda failed: True,
}
"""Whether a job runs after one that has failed, and something is kept of a job that has."""


@dataclass(slots=True)
class GitLab:
    """The caches of the project and of its forks by key, and the artifacts of each job of a pipeline."""

    bench: Bench
    caches: dict[str, Path] = field(default_factory=dict)

    def saved(self) -> Mapping[str, str]:
        """What the project's caches hold: every store with its content."""
        return {
            f"{key} {path.name}": path.read_text(encoding="utf-8")
            for key, folder in self.caches.items()
            for path in sorted(folder.rglob("*.json"))
            if not key.startswith(_FORK)
        }

    def run(self, recipe: Yaml, event: Event, earlier: Run | None = None) -> Run:
        """Run all jobs of a pipeline, or of those in *earlier* the failed ones (*Retry* on a pipeline)."""
        default = recipe["default"]
        known_keys(default, "image")
        named = {name: job for name, job in recipe.items() if name not in _GLOBAL}
        done: dict[str, list[Job]] = {}
        for name, job in sorted(named.items(), key=lambda pair: recipe["stages"].index(pair[1]["stage"])):
            known_keys(job, *_OF_A_JOB)
            rule = _rule(job, _variables(event))
            failed = any(before.failed for several in done.values() for before in several)
            done[name] = []
            when = rule.get("when", job.get("when", "on_success"))
            assert when in _WHEN, f"the stand-in does not know when: {when}"
            if _WHEN[when](failed):
                artifacts = [copied for need in job["needs"] for copied in done[need]] if "needs" in job else []
                kept = {} if earlier is None else {old.cell: old for old in earlier.of(name) if not old.failed}
                work = partial(self._job, name, {**default, **job}, rule, artifacts, event, kept)
                done[name] = at_once(work, _cells(name, job))
        return Run([job for several in done.values() for job in several])

    def _job(
        self,
        name: str,
        recipe: Yaml,
        rule: Yaml,
        needed: list[Job],
        event: Event,
        kept: Mapping[str, Job],
        cell: Mapping[str, str],
    ) -> Job:
        known = {**_variables(event), "CI_JOB_NAME": name, **rule.get("variables", {}), **cell}
        if known["CI_JOB_NAME"] in kept:
            return kept[known["CI_JOB_NAME"]]
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
        known_keys(cache, "key", "paths", "policy", "when", "unprotect")
        policy, key = _filled(cache.get("policy", ""), known), _key(cache, event)
        if "pull" in policy and key in self.caches:
            copy(self.caches[key], job.folder)
        job.failed = job.shell("\n".join(recipe["script"]), "-eo", "pipefail") != 0
        if "push" in policy and _WHEN[cache.get("when", "on_success")](job.failed):
            self.caches[key] = self.bench.root / "cache" / f"{key}-{job.environ['CI_JOB_ID']}"
            _keep(job, cache["paths"], self.caches[key])
        self._keep_artifacts(job, recipe.get("artifacts", {}), known)
        return job

    def _keep_artifacts(self, job: Job, given: Yaml, known: Mapping[str, str]) -> None:
        known_keys(given, "name", "when", "paths")
        assert "/" not in _filled(given.get("name", ""), known)
        when = given.get("when", "on_success")
        assert when in _WHEN, f"the stand-in does not know when: {when}"
        self._artifacts_of(job).mkdir()
        if _WHEN[when](job.failed):
            _keep(job, given.get("paths", []), self._artifacts_of(job))

    @staticmethod
    def _artifacts_of(job: Job) -> Path:
        return job.folder.parent / "artifacts"


def _key(cache: Yaml, event: Event) -> str:
    """A fork is a project of its own. Protected branches have caches of their own, unless that is waived."""
    protected = event.branch == DEFAULT_BRANCH and not event.pull_request
    kind = "" if cache.get("unprotect") else "-protected" if protected else "-non_protected"
    return f"{_FORK if event.fork else ''}{cache.get('key', '')}{kind}"


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
