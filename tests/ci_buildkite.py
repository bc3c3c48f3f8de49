"""A stand-in for Buildkite: steps, and stand-ins for the two commands that a recipe calls there."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ci_jobs import DEFAULT_BRANCH, Bench, Event, Job, Run, Yaml, at_once, environment, known_keys

_PYTHON = "3.12"
"""Of the agents. A pipeline does not say it."""


@dataclass(slots=True)
class Buildkite:
    """A pipeline whose agents keep nothing; the bucket is what lasts."""

    bench: Bench

    def __post_init__(self) -> None:
        for name, script in {"buildkite-agent": "ci_buildkite_agent.py", "aws": "ci_aws.py"}.items():
            command = shlex.join([sys.executable, "-SE", str(Path(__file__).with_name(script))])
            self.bench.tool(name, f'#!/bin/sh\nexec {command} "$@"\n')

    def saved(self) -> str:
        """What the bucket holds: every file with its content."""
        files = sorted(path for path in (self.bench.root / "buckets").rglob("*") if path.is_file())
        return "".join(f"{path.name}\n{path.read_text(encoding='utf-8')}\n" for path in files)

    def run(self, recipe: Yaml, event: Event) -> Run:
        """Run all steps of a build."""
        known_keys(recipe, "steps")
        done: dict[str, list[Job]] = {}
        for step in recipe["steps"]:
            known_keys(step, "label", "key", "depends_on", "parallelism", "commands", "artifact_paths")
            needs = [need for need, may_fail in _needs(step) if not may_fail]
            name = step["label"].split()[0]
            if any(job.failed for need in needs for job in done[need]):
                done[step.get("key", name)] = []
                continue
            work = partial(self._job, step, event, name)
            done[step.get("key", name)] = at_once(work, range(step.get("parallelism", 1)))
        return Run([job for several in done.values() for job in several])

    def _job(self, step: Yaml, event: Event, name: str, index: int) -> Job:
        environ = {
            "BUILDKITE": "true",
            "BUILDKITE_BUILD_ID": str(event.number),
            "BUILDKITE_JOB_ID": f"{name}-{index}",
            "BUILDKITE_RETRY_COUNT": str(event.attempt - 1),
            "BUILDKITE_BRANCH": event.branch,
            "BUILDKITE_PIPELINE_DEFAULT_BRANCH": DEFAULT_BRANCH,
            "BUILDKITE_PULL_REQUEST": str(event.number) if event.pull_request else "false",
            "STEP": step.get("key", name),
            "KEPT": str(self.bench.root / "kept" / str(event.number)),
            "BUCKETS": str(self.bench.root / "buckets"),
            "SMARTSHARD_ENV": environment(_PYTHON),
            **_numbers(step, index),
        }
        job = self.bench.job(event, step.get("key", name), str(index), environ)
        self.bench.checkout(job)
        job.failed = job.shell("\n".join(map(_uploaded, step["commands"])), "-e") != 0
        if "artifact_paths" in step:  # also of a job that has failed
            assert job.shell(f"buildkite-agent artifact upload '{step['artifact_paths']}'", "-e") == 0, job.output
        return job


def _numbers(step: Yaml, index: int) -> Mapping[str, str]:
    if "parallelism" not in step:
        return {}
    return {
        "BUILDKITE_PARALLEL_JOB": str(index),
        "BUILDKITE_PARALLEL_JOB_COUNT": str(step["parallelism"]),
    }


def _needs(step: Yaml) -> list[tuple[str, bool]]:
    """The keys of the steps that must be over before, and whether each of them may have failed."""
    given = step.get("depends_on", [])
    entries = [given] if isinstance(given, str) else given
    return [
        (entry, False) if isinstance(entry, str) else (entry["step"], entry.get("allow_failure", False))
        for entry in entries
    ]


def _uploaded(command: str) -> str:
    """A command as the upload of the pipeline leaves it: ``$$`` is a dollar, a single one asks for a value."""
    assert not re.search(r"(?<!\$)\$(?!\$)", command), f"replaced at upload: {command}"
    return command.replace("$$", "$")
