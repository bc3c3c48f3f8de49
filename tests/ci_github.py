"""A stand-in for GitHub Actions: jobs, matrices, caches and artifacts as it documents them, in folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path

from ci_jobs import DEFAULT_BRANCH, Bench, Event, Job, Run, Yaml, at_once, copy, environment, known_keys

Context = Mapping[str, str]
"""Values by the names that expressions have for them. ``success`` is empty where something before has failed."""

_SYSTEMS = {"ubuntu": "linux", "macos": "macos", "windows": "windows"}

_BEYOND_NAMES: dict[str, Callable[[Context], object]] = {
    "needs.store.outputs.key || 'smartshard-none'": lambda known: (
        known["needs.store.outputs.key"] or "smartshard-none"
    ),
    "always()": lambda known: True,
    "!cancelled()": lambda known: True,
    "success()": lambda known: known["success"],
    "github.run_attempt > 1": lambda known: known["success"] and int(known["github.run_attempt"]) > 1,
    "(success() || steps.merge.outputs.code == '1') && github.event_name == 'push' "
    "&& github.ref_name == github.event.repository.default_branch": lambda known: (
        (known["success"] or known.get("steps.merge.outputs.code") == "1")
        and known["github.event_name"] == "push"
        and known["github.ref_name"] == known["github.event.repository.default_branch"]
    ),
}
"""Expressions that are more than a name. A condition that asks for no status asks for success besides."""

_NOT_IN_A_NAME = re.compile(r'[":<>|*?\r\n\\/]')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cache:
    """``scope`` is the branch or the pull request that has saved it."""

    key: str
    path: str
    windows_only: bool
    content: Path
    scope: str


@dataclass(slots=True)
class GitHub:
    """The caches of a repository, and the artifacts of its runs by number and name."""

    bench: Bench
    caches: list[_Cache] = field(default_factory=list)
    artifacts: dict[int, dict[str, Path]] = field(default_factory=dict)

    def saved(self) -> int:
        """How many stores have been saved."""
        return len(self.caches)

    def run(self, recipe: Yaml, event: Event, earlier: Run | None = None) -> Run:
        """Run all jobs, or of those in *earlier* the failed ones and what needs them (*Re-run failed jobs*)."""
        known_keys(recipe, "name", "on", "permissions", "jobs")
        jobs: dict[str, list[Job]] = {}
        again: set[str] = set()
        for name, job in recipe["jobs"].items():
            known_keys(job, "needs", "if", "runs-on", "strategy", "steps", "outputs")
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            kept = {} if earlier is None or again.intersection(needs) else _good(earlier.of(name))
            cells = _cells(job)
            if len(kept) < len(cells):
                again.add(name)
            before = [done for need in needs for done in jobs[need]]
            context = _context(event, before)
            if _value(job.get("if", "success()"), context):
                work = partial(self._job, name, job, context, event, kept)
                jobs[name] = at_once(work, cells)
            else:
                jobs[name] = []
        return Run([done for several in jobs.values() for done in several])

    def _job(
        self, name: str, recipe: Yaml, context: Context, event: Event, kept: Mapping[str, Job], cell: Context
    ) -> Job:
        label = ", ".join(cell.values())
        if label in kept:
            return kept[label]
        known = {**context, **{f"matrix.{axis}": value for axis, value in cell.items()}}
        environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_RUN_ID": known["github.run_id"],
            "GITHUB_RUN_ATTEMPT": known["github.run_attempt"],
        }
        job = self.bench.job(event, name, label, environ)
        job.environ["GITHUB_STEP_SUMMARY"] = str(job.folder.parent / "summary.md")
        job.environ["GITHUB_OUTPUT"] = str(job.folder.parent / "output")
        system = _SYSTEMS[_filled(recipe["runs-on"], known).removesuffix("-latest")]
        for step in recipe["steps"]:
            known["success"] = "" if job.failed else "true"
            if _value(step.get("if", "success()"), known):
                good = self._step(job, step, known, system)
                job.failed |= not (good or step.get("continue-on-error", False))
        for output, expression in recipe.get("outputs", {}).items():
            job.outputs[f"needs.{name}.outputs.{output}"] = _filled(expression, known)
        return job

    def _step(self, job: Job, step: Yaml, known: dict[str, str], system: str) -> bool:
        known_keys(step, "uses", "with", "run", "working-directory", "id", "if", "continue-on-error")
        if "run" in step:
            inside = _filled(step.get("working-directory", "."), known)
            good = job.shell(_filled(step["run"], known), "-e", inside=inside) == 0
            known.update(_outputs(job, step.get("id", "")))
            return good
        given = {key: _filled(value, known) for key, value in step.get("with", {}).items()}
        match step["uses"].split("@")[0]:
            case "actions/checkout":
                self.bench.checkout(job)
            case "actions/setup-python":
                job.environ["SMARTSHARD_ENV"] = environment(given["python-version"], system)
            case "actions/cache/restore":
                found = self._restore(job, given, system, known["github.ref_name"])
                known[f"steps.{step.get('id')}.outputs.cache-matched-key"] = found
            case "actions/cache/save":
                self._save(job, given, system, known["github.ref_name"])
            case "actions/upload-artifact":
                return self._upload(job, given, known["github.run_id"])
            case "actions/download-artifact":
                return self._download(job, given, known["github.run_id"])
            case unknown:
                raise AssertionError(f"the stand-in does not know the action {unknown}")
        return True

    def _restore(self, job: Job, given: Mapping[str, str], system: str, ref: str) -> str:
        """Copy the cache with that key, else the newest whose key begins as asked for; returns its key.

        Those of the default branch are there for all, others only where they come from.
        """
        known_keys(given, "path", "key", "restore-keys", "lookup-only", "enableCrossOsArchive")
        prefixes = given.get("restore-keys", "").split()
        fitting = [
            cache
            for cache in self.caches
            if cache.scope in (ref, DEFAULT_BRANCH) and _same_version(cache, given, system)
        ]
        exact = [cache for cache in fitting if cache.key == given["key"]]
        similar = [cache for prefix in prefixes for cache in reversed(fitting) if cache.key.startswith(prefix)]
        for cache in [*exact, *similar][:1]:
            if given.get("lookup-only") != "true":
                copy(cache.content, job.folder / given["path"])
            return cache.key
        return ""

    def _save(self, job: Job, given: Mapping[str, str], system: str, ref: str) -> None:
        known_keys(given, "path", "key", "enableCrossOsArchive")
        assert all(cache.key != given["key"] for cache in self.caches), "a cache cannot be changed"
        content = self.bench.root / "caches" / given["key"]
        copy(job.folder / given["path"], content)
        windows_only = _windows_only(given, system)
        self.caches.append(
            _Cache(key=given["key"], path=given["path"], windows_only=windows_only, content=content, scope=ref)
        )

    def _upload(self, job: Job, given: Mapping[str, str], run: str) -> bool:
        known_keys(given, "name", "path", "include-hidden-files")
        artifacts = self.artifacts.setdefault(int(run), {})
        name, source = given["name"], job.folder / given["path"]
        assert not _NOT_IN_A_NAME.search(name), name
        if name in artifacts:
            return False  # an artifact cannot be changed
        hidden = any(part.startswith(".") for part in Path(given["path"]).parts)
        if source.exists() and (not hidden or given.get("include-hidden-files") == "true"):
            artifacts[name] = self.bench.root / "artifacts" / run / name
            if source.is_dir():
                copy(source, artifacts[name])
            else:
                copy(source, artifacts[name] / source.name)
        return True

    def _download(self, job: Job, given: Mapping[str, str], run: str) -> bool:
        """Of this run, or of the one that is named with a token for it. A name has to be there, a pattern not."""
        known_keys(given, "name", "pattern", "path", "merge-multiple", "run-id", "github-token")
        assert ("run-id" in given) == ("github-token" in given)
        artifacts = self.artifacts.get(int(given.get("run-id", run)), {})
        target = job.folder / given.get("path", ".")
        if "name" in given:
            if given["name"] in artifacts:
                copy(artifacts[given["name"]], target)
            return given["name"] in artifacts
        expression = re.compile(re.escape(given["pattern"]).replace(r"\*", ".*"))
        for name in sorted(filter(expression.fullmatch, artifacts)):
            copy(artifacts[name], target if given.get("merge-multiple") == "true" else target / name)
        return True


def _outputs(job: Job, step: str) -> dict[str, str]:
    """What a script has written for later steps of its job, by the names that expressions have for it."""
    file = Path(job.environ["GITHUB_OUTPUT"])
    if not step or not file.exists():
        return {}
    pairs = [line.partition("=") for line in file.read_text(encoding="utf-8").splitlines()]
    return {f"steps.{step}.outputs.{name}": value for name, _, value in pairs}


def _same_version(cache: _Cache, given: Mapping[str, str], system: str) -> bool:
    return (cache.path, cache.windows_only) == (given["path"], _windows_only(given, system))


def _windows_only(given: Mapping[str, str], system: str) -> bool:
    return system == "windows" and given.get("enableCrossOsArchive") != "true"


def _good(jobs: list[Job]) -> dict[str, Job]:
    return {job.cell: job for job in jobs if not job.failed}


def _cells(job: Yaml) -> list[dict[str, str]]:
    """The cells of the job's matrix; a job without one has a single empty cell."""
    strategy = job.get("strategy", {})
    known_keys(strategy, "fail-fast", "matrix")
    matrix = strategy.get("matrix", {})
    if "include" in matrix:
        known_keys(matrix, "include")
        return [{axis: str(value) for axis, value in row.items()} for row in matrix["include"]]
    # GitHub cancels the other cells when one fails, unless it is told not to.
    assert not matrix or strategy["fail-fast"] is False
    return [dict(zip(matrix, map(str, values), strict=True)) for values in product(*matrix.values())]


def _context(event: Event, before: list[Job]) -> dict[str, str]:
    outputs = {name: value for job in before for name, value in job.outputs.items()}
    return {
        **outputs,
        "success": "" if any(job.failed for job in before) else "true",
        "github.run_id": str(event.number),
        "github.run_attempt": str(event.attempt),
        "github.event_name": "pull_request" if event.pull_request else "push",
        "github.ref_name": f"{event.number}/merge" if event.pull_request else event.branch,
        "github.event.repository.default_branch": DEFAULT_BRANCH,
        "github.token": "of-this-run",
        **{f"inputs.{name}": value for name, value in event.inputs.items()},
    }


def _value(expression: str, known: Context) -> object:
    """What an expression stands for, with or without its braces."""
    bare = re.sub(r"^\$\{\{\s*|\s*\}\}$", "", expression)
    if bare in known:
        return known[bare]
    assert bare in _BEYOND_NAMES, f"the stand-in does not know the expression {bare}"
    return _BEYOND_NAMES[bare](known)


def _filled(value: Yaml, known: Context) -> str:
    """A value of the recipe as text, with each expression in it replaced."""
    if isinstance(value, bool):
        return str(value).lower()
    return re.sub(r"\$\{\{.*?\}\}", lambda found: str(_value(found[0], known)), str(value))
