"""Taking a run into the store in a process of its own: joining needs numpy, which this one must not load."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest_smartshard
from pytest_smartshard.journal.run_folder import MERGED
from pytest_smartshard.model.proof import Verdict
from pytest_smartshard.settings.resolve import Settings

_NOT_INHERITED = ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "PYTHONWARNINGS")
"""Meant for the suite: measuring our process would add to its coverage, its warnings are no errors of ours."""

LONGEST = 600
"""Seconds after which joining is given up; the journals remain and can be merged by hand."""


def take_in_apart(folders: Sequence[Path], settings: Settings) -> list[str]:
    """Merge the journals in *folders* into the store; returns lines for the user and never raises."""
    store = settings.store.path
    command = [
        sys.executable,
        "-m",
        "pytest_smartshard",
        "merge",
        "--last-shard",
        "--store",
        str(store),
        "--out",
        str(settings.home / MERGED),
        *map(str, folders),
    ]
    by_hand = f"smartshard merge --store {store} {' '.join(map(str, folders))}"
    try:
        done = subprocess.run(
            command,
            cwd=settings.home,
            env=_environment(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return [f"the durations were not taken in: {error}; try: {by_hand}"]
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    store_file = settings.store.file_of(settings.segment)
    if done.returncode in (Verdict.GREEN, Verdict.RED):
        return [*said, f"the run is complete: durations taken into {store_file}"]
    if done.returncode in (Verdict.STOPPED, Verdict.UNPROVED):
        return [*said, f"durations of what has run taken into {store_file}"]
    return [*said, f"the durations were not taken in; try: {by_hand}"]


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in environ.items()
        if name not in _NOT_INHERITED and not name.startswith("COV_CORE_")
    }
    # The suite may have put this package on the path by means that a new process does not share.
    package = str(Path(pytest_smartshard.__file__).parent.parent)
    inherited["PYTHONPATH"] = os.pathsep.join(filter(None, [package, inherited.get("PYTHONPATH", "")]))
    inherited["PYTHONUTF8"] = "1"
    return inherited
