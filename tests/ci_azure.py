"""A stand-in for Azure Pipelines: jobs, strategies and artifacts as it documents them, in folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ci_jobs import Bench, Event, Job, Run, Yaml, at_once, copy, environment, known_keys

Known = Mapping[str, str]
"""Variables by name; ``failed`` is empty as long as nothing before has failed."""

_CONDITIONS: dict[str, Callable[[Known], bool]] = {
    "succeeded()": lambda known: not known["failed"],
    "succeededOrFailed()": lambda known: True,
    "and(eq(variables['proved'], 'true'), "
    "eq(variables['Build.SourceBranch'], 'refs/heads/main'))": lambda known: (
        known.get("proved") == "true" and known["Build.SourceBranch"] == "refs/heads/main"
    ),
}
_FROM_AN_EARLIER_RUN = {
    "buildType": "specific",
    "project": "$(System.TeamProjectId)",
    "definition": "$(System.DefinitionId)",
    "buildVersionToDownload": "latestFromBranch",
    "branchName": "refs/heads/main",
    "tags": "smartshard",
    "allowPartiallySucceededBuilds": True,
    "allowFailedBuilds": True,
}
_TAG = re.compile(r"##vso\[build\.addbuildtag\](\S+)")
_SET = re.compile(r"##vso\[task\.setvariable variable=(\w+)\](\S*)")


@dataclass(slots=True)
class Azure:
    """The artifacts of each run of a pipeline by number and name, and which runs are tagged."""

    bench: Bench
    artifacts: dict[int, dict[str, Path]] = field(default_factory=dict)
    tagged: list[int] = field(default_factory=list)

    def saved(self) -> int:
        """How many runs have left a store for later ones."""
        return len(self.tagged)

    def run(self, recipe: Yaml, event: Event) -> Run:
        """Run all jobs."""
        known_keys(recipe, "trigger", "pool", "jobs")
        self.artifacts[event.number] = {}
        done: dict[str, list[Job]] = {}
        for job in recipe["jobs"]:
            known_keys(job, "job", "dependsOn", "condition", "strategy", "steps")
            needs = [job["dependsOn"]] if isinstance(job.get("dependsOn"), str) else job.get("dependsOn", [])
            failed = "failed" if any(before.failed for need in needs for before in done[need]) else ""
            known = {**_variables(event), "failed": failed}
            if _CONDITIONS[job.get("condition", "succeeded()")](known):
                done[job["job"]] = at_once(partial(self._job, job, known, event), _legs(job))
            else:
                done[job["job"]] = []
        return Run([job for several in done.values() for job in several])

    def _job(self, recipe: Yaml, given: Known, event: Event, leg: Known) -> Job:
        known = {**given, **leg, "failed": ""}
        environ = {name.upper().replace(".", "_"): value for name, value in known.items()}
        job = self.bench.job(
            event, recipe["job"], "-".join(leg.values()), {**environ, "TF_BUILD": "True"}, inside="s"
        )
        known["Pipeline.Workspace"] = str(job.folder.parent)
        known["System.DefaultWorkingDirectory"] = str(job.folder)
        if {"checkout": "none"} not in recipe["steps"]:
            self.bench.checkout(job)
        for step in recipe["steps"]:
            known_keys(
                step, "checkout", "task", "bash", "publish", "artifact", "condition", "inputs", "continueOnError"
            )
            known["failed"] = "failed" if job.failed else ""
            if _CONDITIONS[step.get("condition", "succeeded()")](known):
                good = self._step(job, step, known, event)
                job.failed |= not (good or step.get("continueOnError", False))
        return job

    def _step(self, job: Job, step: Yaml, known: dict[str, str], event: Event) -> bool:
        if "bash" in step:
            code = job.shell(_filled(step["bash"], known))
            if _TAG.search(job.done[-1].output):
                self.tagged.append(event.number)
            known.update(_SET.findall(job.done[-1].output))
            return code == 0
        if "publish" in step:
            return self._publish(Path(_filled(step["publish"], known)), _filled(step["artifact"], known), event)
        match step.get("task"):
            case None:
                assert step == {"checkout": "none"}
            case "UsePythonVersion@0":
                python = _filled(step["inputs"]["versionSpec"], known)
                job.environ["SMARTSHARD_ENV"] = environment(python)
            case "DownloadPipelineArtifact@2":
                return self._download(step["inputs"], known, event)
            case unknown:
                raise AssertionError(f"the stand-in does not know the task {unknown}")
        return True

    def _publish(self, source: Path, name: str, event: Event) -> bool:
        artifacts = self.artifacts[event.number]
        if name in artifacts or not any(path.is_file() for path in source.rglob("*")):
            return False  # an artifact cannot be replaced, and an empty folder is none
        artifacts[name] = self.bench.root / "artifacts" / str(event.number) / name
        copy(source, artifacts[name])
        return True

    def _download(self, inputs: Yaml, known: Known, event: Event) -> bool:
        known_keys(inputs, *_FROM_AN_EARLIER_RUN, "itemPattern", "targetPath")
        asked = {key: value for key, value in inputs.items() if key in _FROM_AN_EARLIER_RUN}
        assert asked in ({}, _FROM_AN_EARLIER_RUN)
        if asked and not self.tagged:
            return False
        artifacts = self.artifacts[max(self.tagged) if asked else event.number]
        wanted = inputs.get("itemPattern", "**").removesuffix("/**")
        expression = re.compile(re.escape(wanted).replace(r"\*", ".*"))
        for name in filter(expression.fullmatch, sorted(artifacts)):
            copy(artifacts[name], Path(_filled(inputs["targetPath"], known)) / name)
        return True


def _variables(event: Event) -> dict[str, str]:
    return {
        "Build.BuildId": str(event.number),
        "Build.SourceBranch": f"refs/pull/{event.number}/merge"
        if event.pull_request
        else f"refs/heads/{event.branch}",
        "System.JobAttempt": str(event.attempt),
        "System.JobPositionInPhase": "1",
        "System.TotalJobsInPhase": "1",
    }


def _legs(job: Yaml) -> list[dict[str, str]]:
    """The variables by which the parts of a job differ; a job of one part has none."""
    strategy = job.get("strategy", {})
    known_keys(strategy, "parallel", "matrix")
    if not strategy:
        return [{}]
    by_matrix = "matrix" in strategy
    rows = list(strategy["matrix"].values()) if by_matrix else [{}] * int(strategy["parallel"])
    return [
        {
            **{name: str(value) for name, value in row.items()},
            "System.JobPositionInPhase": str(number),
            "System.TotalJobsInPhase": str(len(rows)),
            "System.ParallelExecutionType": "MultiConfiguration" if by_matrix else "MultiMachine",
        }
        for number, row in enumerate(rows, start=1)
    ]


def _filled(text: str, known: Known) -> str:
    """*text* with each macro replaced by its value. Azure leaves an unknown one as it is; nobody means that."""
    return re.sub(r"\$\(([\w.]+)\)", lambda found: known[found[1]], text)
