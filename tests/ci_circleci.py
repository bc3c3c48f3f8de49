"""A stand-in for CircleCI: jobs, workspaces and caches as it documents them, in folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ci_jobs import Bench, Event, Job, Run, Yaml, at_once, copy, environment, known_keys


class _Cache(NamedTuple):
    key: str
    content: Path


@dataclass(slots=True)
class CircleCI:
    """The caches of a project, and the workspace of each workflow by the number of its run."""

    bench: Bench
    caches: list[_Cache] = field(default_factory=list)

    def saved(self) -> int:
        """How many stores have been saved."""
        return len(self.caches)

    def run(self, recipe: Yaml, event: Event) -> Run:
        """Run the one workflow."""
        known_keys(recipe, "version", "jobs", "workflows")
        ((_, workflow),) = recipe["workflows"].items()
        done: dict[str, list[Job]] = {}
        for name, required in map(_required, workflow["jobs"]):
            job = recipe["jobs"][name]
            known_keys(job, "docker", "parallelism", "steps")
            if all(("failed" if _any_failed(done[need]) else "success") in needed for need, needed in required):
                done[name] = at_once(partial(self._job, name, job, event), range(job.get("parallelism", 1)))
                _persist(done[name], self._workspace(event))
            else:
                done[name] = []
        return Run([job for several in done.values() for job in several])

    def _workspace(self, event: Event) -> Path:
        return self.bench.root / "workspaces" / str(event.number)

    def _job(self, name: str, recipe: Yaml, event: Event, index: int) -> Job:
        branch = f"pull/{event.number}" if event.pull_request else event.branch
        environ = {
            "CIRCLECI": "true",
            "CIRCLE_NODE_INDEX": str(index),
            "CIRCLE_NODE_TOTAL": str(recipe.get("parallelism", 1)),
            "CIRCLE_WORKFLOW_WORKSPACE_ID": str(event.number),
            "CIRCLE_BUILD_NUM": str(100 * event.number + event.attempt),
            "CIRCLE_BRANCH": branch,
        }
        job = self.bench.job(event, name, str(index), environ)
        ((_, image),) = recipe["docker"][0].items()
        job.environ["SMARTSHARD_ENV"] = environment(image.removeprefix("cimg/python:"))
        known = {"pipeline.git.branch": branch, "epoch": str(event.number)}
        for step in recipe["steps"]:
            if not job.failed:  # the steps after a failed one are skipped
                job.failed = not self._step(job, step, known, event)
        return job

    def _step(self, job: Job, step: Yaml, known: Mapping[str, str], event: Event) -> bool:
        if step == "checkout":
            self.bench.checkout(job)
            return True
        ((kind, given),) = step.items()
        match kind:
            case "run":
                return job.shell(_filled(given, known), "-eo", "pipefail") == 0
            case "attach_workspace":
                known_keys(given, "at")
                if self._workspace(event).exists():
                    copy(self._workspace(event), job.folder / given["at"])
            case "persist_to_workspace":
                known_keys(given, "root", "paths")
                return _lay_aside(job, given)
            case "restore_cache":
                known_keys(given, "keys")
                self._restore(job, given["keys"])
            case "save_cache":
                known_keys(given, "key", "paths")
                self._save(job, _filled(given["key"], known), given["paths"])
            case "when":
                known_keys(given, "condition", "steps")
                one, other = given["condition"]["equal"]
                if _filled(one, known) == _filled(other, known):
                    return all(self._step(job, inner, known, event) for inner in given["steps"])
            case unknown:
                raise AssertionError(f"the stand-in does not know the step {unknown}")
        return True

    def _restore(self, job: Job, keys: list[str]) -> None:
        """Copy the newest cache that begins with the first key that fits one."""
        found = [cache for key in keys for cache in reversed(self.caches) if cache.key.startswith(key)]
        for cache in found[:1]:
            copy(cache.content, job.folder)

    def _save(self, job: Job, key: str, paths: list[str]) -> None:
        if any(cache.key == key for cache in self.caches):
            return  # a saved cache stays as it is
        content = self.bench.root / "caches" / key
        for path in paths:
            copy(job.folder / path, content / path)
        self.caches.append(_Cache(key, content))


def _required(entry: Yaml) -> tuple[str, list[tuple[str, list[str]]]]:
    """A job of the workflow: its name, and how each job that it requires may have ended."""
    if isinstance(entry, str):
        return entry, []
    ((name, given),) = entry.items()
    known_keys(given, "requires")
    required = []
    for need in given["requires"]:
        required += [(need, ["success"])] if isinstance(need, str) else list(need.items())
    return name, required


def _any_failed(jobs: list[Job]) -> bool:
    return any(job.failed for job in jobs)


def _aside(job: Job) -> Path:
    return job.folder.parent / "workspace"


def _lay_aside(job: Job, given: Yaml) -> bool:
    """Take files of the job for the workspace. Fails where a path is not there or is an empty folder."""
    root = job.folder / given["root"]
    for path in given["paths"]:
        if not any(found.is_file() for found in (root / path).rglob("*")):
            return False
        copy(root / path, _aside(job) / path)
    return True


def _persist(jobs: list[Job], workspace: Path) -> None:
    """Join what jobs at the same time have laid aside. No two of them may give a file of one name."""
    seen: set[Path] = set()
    for job in jobs:
        files = {path.relative_to(_aside(job)) for path in _aside(job).rglob("*") if path.is_file()}
        assert not files & seen, f"{job.name} {job.cell} gives files that another has given: {files & seen}"
        seen |= files
        if files:
            copy(_aside(job), workspace)


def _filled(text: str, known: Mapping[str, str]) -> str:
    """*text* with each expression replaced by its value."""
    return re.sub(r"<<\s*(.+?)\s*>>|\{\{\s*(.+?)\s*\}\}", lambda found: known[found[1] or found[2]], text)
