"""What the stand-ins of all CI systems share: a recipe in its text, a job with its folder, and shell commands.

A stand-in reads the YAML of a recipe, runs the shell commands of every job as they stand there, each job in a
checkout of its own and with the variables of that CI system, and carries caches and artifacts from folder to
folder as the steps say. What it does not know, it refuses: a key, a condition, an expression.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pages import TIMEOUT, readers_environment
from ruamel.yaml import YAML

Yaml = Any
"""A parsed recipe or a part of it: dicts, lists, texts, numbers, truth values."""

DEFAULT_BRANCH = "main"

_PIP = """\
#!/bin/sh
# Everything is installed: what the tests run with.
test "$1" = install || exit 2
while test $# -gt 0; do
    if test "$1" = -r; then test -f "$2" || exit 1; fi
    shift
done
"""

_COUNTS = r"""(--shard=[^\n/]+/|parallel(?:ism)?: "?)(\d+)("?)(?= --|$)"""
_LISTS = r'\[("?1"?(?:, "?\d+"?)+)\]'


class Done(NamedTuple):
    """A script that a job has run."""

    script: str
    code: int
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What starts a run. ``environ`` is given to all jobs, beside the variables of the CI system.

    ``fork``: the pull request comes from another repository. ``inputs`` are what somebody has entered who
    starts the run by hand.
    """

    number: int
    branch: str = DEFAULT_BRANCH
    pull_request: bool = False
    fork: bool = False
    attempt: int = 1
    inputs: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Job:
    """One job as it runs: its name in the recipe, its cell of the matrix, the folder it works in, its variables.

    ``outputs`` are what its steps give to later ones, where the CI system has such a thing.
    """

    name: str
    cell: str
    folder: Path
    environ: dict[str, str]
    outputs: dict[str, str] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)
    failed: bool = False

    @property
    def output(self) -> str:
        return "".join(f"$ {done.script.strip()}\n{done.output}" for done in self.done)

    @property
    def ran(self) -> list[str]:
        """Ids of the tests that ran in it, as :data:`SUITE` writes them down."""
        path = Path(self.environ["RAN"])
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def shell(self, script: str, *options: str, inside: str = ".") -> int:
        """Run *script* in bash with *options*; returns its exit code and does not judge it.

        *inside* is a folder below that of the job.
        """
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", *options, "-c", script],
            cwd=self.folder / inside,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=TIMEOUT,
        )
        self.done.append(Done(script, done.returncode, done.stdout))
        return done.returncode


class Run(NamedTuple):
    """One run of a recipe, over."""

    jobs: Sequence[Job]

    def of(self, name: str) -> list[Job]:
        """The jobs of that name in the recipe, in the order of the matrix."""
        return [job for job in self.jobs if job.name == name]


@dataclass(frozen=True, slots=True)
class Bench:
    """A repository and a place for what the CI system keeps, both below ``root``."""

    root: Path

    @classmethod
    def make(cls, root: Path, files: Mapping[str, str]) -> Bench:
        bench = cls(root)
        for name, text in files.items():
            path = bench.repository / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        bench.tool("pip", _PIP)
        return bench

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    def tool(self, name: str, text: str) -> None:
        """Put a command on the path of all jobs."""
        path = self.root / "tools" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def job(self, event: Event, name: str, cell: str, environ: Mapping[str, str], *, inside: str = ".") -> Job:
        """A job in an empty folder of its own; it works in *inside* of that."""
        place = self.root / "jobs" / f"{event.number}-{event.attempt}" / re.sub(r"\W", "_", f"{name}{cell}")
        folder = place / "work" / inside
        folder.mkdir(parents=True)
        known = readers_environment({**environ, **event.environ, "CI": "true", "RAN": str(place / "ran")})
        known["PATH"] = f"{self.root / 'tools'}:{known['PATH']}"
        return Job(name=name, cell=cell, folder=folder, environ=known)

    def checkout(self, job: Job) -> None:
        shutil.copytree(self.repository, job.folder, dirs_exist_ok=True)


def parsed(recipe: str) -> Yaml:
    return YAML(typ="safe", pure=True).load(recipe)


def with_fewer_shards(recipe: str, shards: int) -> str:
    """The same recipe for *shards* shards. Fails where its lists, counts and calls of pytest do not agree."""
    lists = re.findall(_LISTS, recipe)
    counts = {int(found[2]) for found in re.finditer(_COUNTS, recipe, re.MULTILINE)}
    counts |= {len(found.split(", ")) for found in lists}
    assert len(counts) == 1, f"the recipe counts {counts} shards"
    recipe = re.sub(_COUNTS, lambda found: f"{found[1]}{shards}{found[3]}", recipe, flags=re.MULTILINE)
    for found in lists:
        recipe = recipe.replace(f"[{found}]", f"[{', '.join(found.split(', ')[:shards])}]")
    return recipe


def environment(python: object, system: str = "linux") -> str:
    """The environment's name on that system and Python. None but one is at hand: a variable tells the job."""
    assert re.fullmatch(r"3\.\d+", str(python)), f"{python!r} is not a version such as 3.12 (quote it in YAML)"
    return f"{system}-{python}"


def known_keys(part: Mapping[str, Yaml], *known: str) -> None:
    """Fail if *part* has a key that the stand-in would pass over."""
    assert part.keys() <= set(known), f"the stand-in does not know {sorted(part.keys() - set(known))} in {part}"


def at_once(work: Callable[[Any], Job], cells: Iterable[Any]) -> list[Job]:
    """The jobs of all cells of a matrix, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, cells))


def copy(source: Path, target: Path) -> None:
    """Copy a file, or what is in a folder into another folder."""
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
