"""Artifacts of a run that came to its end, to be damaged: two shards, each in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from faulty import CI, RUN, ids, suite
from sharded import GIVE_ALL, SEGMENT, Project

COUNTS = {"a": 3, "b": 2}
JOURNAL = "0-1-of-2-1.jsonl"
PROVED = f"{SEGMENT}: proved: 5 tests ran exactly once in 2 shards"
LACKS_FIRST = (
    f"{SEGMENT}: NOT PROVED: 1 file (its tests are not known) did not run to the end",
    f"{SEGMENT}: run {RUN} lacks shard 1 of 2{GIVE_ALL}",
    f"{SEGMENT}: 1 file (its tests are not known) assigned and not run, by shard 1/2: test_a.py",
)
UNPRUNED = "shard_prune = off"
UNPRUNED_LACKS_FIRST = (
    f"{SEGMENT}: NOT PROVED: 3 of 5 tests did not run to the end",
    f"{SEGMENT}: run {RUN} lacks shard 1 of 2{GIVE_ALL}",
    f"{SEGMENT}: 3 tests assigned and not run, by shard 1/2: {', '.join(ids(a=3))}",
)
"""What the other shard, that had collected everything, knows of it."""

MOST_MEMORY = 1_500 * 1024**2
"""Bytes of address space in which artifacts that unpack to more are refused. The command itself needs 0.6 GB."""


def carry(folder: Path, ini: str = "") -> Path:
    """Run both shards in folders below *folder*; returns the folder of their artifacts."""
    for shard in (1, 2):
        project = Project.make(folder / f"machine-{shard}" / "project", suite(**COUNTS), ini)
        assert project.run(shard, 2, env=CI).code == 0
        shutil.copytree(project.home / "runs", folder / "artifacts" / f"shard-{shard}")
    return folder / "artifacts"


def first_in(artifacts: Path) -> Path:
    return artifacts / "shard-1" / RUN / SEGMENT / JOURNAL


def rest_line(artifacts: Path) -> str:
    return f"run what is left with pytest --shard-rerun={artifacts}"


def store_line(project: Project, journals: int, tests: int) -> str:
    return (
        f"{SEGMENT}: {journals} journal{'s'[: journals > 1]} read, {project.store_path} now knows {tests} tests"
    )


def limited(project: Project, *paths: Path, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Merge with little memory and in a minute, or fail."""
    code = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({MOST_MEMORY}, {MOST_MEMORY}))\n"
        "from pytest_smartshard.cli.main import run\n"
        "run()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, "merge", "--check", *options, *map(str, paths)],
        cwd=project.root,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
