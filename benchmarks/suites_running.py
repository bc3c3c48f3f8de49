"""Runs of a real suite: in a virtual environment of its own, on a fresh copy of its files for every run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tarfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

from peers import PYTEST_SPLIT, venv_python
from suites_judging import Case, Outcomes, ShardLeft
from suites_table import RealSuite

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
SHARDS = 3

RUNNERS = ("pytest==9.2.0", "pytest-xdist==3.8.0", "PyYAML==6.0.3")
"""In every suite's environment, with pytest-split, what the project needs and what the suite needs."""

WITHOUT_US = ("-p", "no:smartshard")
WITHOUT_PYTEST_SPLIT = ("-p", "no:pytest-split")
DURATIONS_FILE = ".test_durations"
LONGEST_RUN = 1200
"""Seconds after which a run is taken to hang."""

_KEPT_OUT = re.compile(r"PYTEST_.*|PYTHON(DONTWRITEBYTECODE|HASHSEED|WARNINGS|DEVMODE|PATH)")
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_VERDICTS = {"failure": "failed", "error": "error", "skipped": "skipped"}


class RunFailed(Exception):
    """A run of pytest that ended with neither 0 nor 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A suite with what its runs need.

    ``python``: the interpreter of its environment. ``sdist``: None where the wheel holds the tests. ``home``: a
    folder for its files and results.
    """

    suite: RealSuite
    python: Path
    sdist: Path | None
    home: Path

    @property
    def tree(self) -> Path:
        """Where the suite is run: the same place each time, or ids that hold a path would differ."""
        return self.home / self.suite.name

    def renew(self) -> None:
        """A fresh copy of the suite's files: nothing that a run left is seen by the next."""
        rmtree(self.tree, ignore_errors=True)
        if self.sdist is None:
            self.tree.mkdir(parents=True)
            return
        with tarfile.open(self.sdist) as archive:
            archive.extractall(self.home / "unpacked", filter="data")
        (top,) = (self.home / "unpacked").iterdir()
        top.rename(self.tree)

    def pytest(self, *options: str, env: Mapping[str, str] | None = None) -> tuple[Outcomes, float]:
        """Run the suite in its tree: cases of the JUnit file, and seconds. Raises RunFailed."""
        junit = self.home / "junit.xml"
        junit.unlink(missing_ok=True)
        # The script and not `python -m pytest`, which would put the tree on the path.
        command = [self.python.with_name("pytest"), "-q", f"--junitxml={junit}", *options, *self.suite.arguments]
        inherited = {name: value for name, value in os.environ.items() if not _KEPT_OUT.fullmatch(name)}
        given = {"PYTEST_ADDOPTS": self.suite.addopts} if self.suite.addopts else {}
        started = time.monotonic()
        done = subprocess.run(
            [*map(str, command)],
            cwd=self.tree,
            env={**inherited, "PYTHONUTF8": "1", **given, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST_RUN,
            check=False,
        )
        seconds = time.monotonic() - started
        if done.returncode not in (0, 1):
            raise RunFailed(f"pytest {' '.join(options)} ended with {done.returncode}:\n{done.stdout[-4000:]}")
        return (read_junit(junit) if junit.exists() else Counter()), seconds

    def shard(self, number: int, *options: str) -> ShardLeft:
        """Run one shard: its cases, and what its journal says."""
        before = set(self._journals())
        self._ids_of_shard(number).write_text("[]", encoding="ascii")
        cases, _ = self.pytest(
            *WITHOUT_PYTEST_SPLIT,
            f"--shard={number}/{SHARDS}",
            *options,
            "-p",
            "suites_ids",
            env=_ids_plugin(SMARTSHARD_SUITE_IDS=self._ids_of_shard(number)),
        )
        added = set(self._journals()).difference(before)
        if len(added) != 1:
            raise RunFailed(f"shard {number} left {len(added)} journals")
        lines = [json.loads(line) for line in added.pop().read_text("ascii").splitlines()]
        return ShardLeft(
            number=number,
            cases=cases,
            digest=lines[0]["digest"],
            keys=tuple((line["file"], line["test"]) for line in lines if line["kind"] == "test"),
        )

    def all_shards(self, *options: str) -> list[ShardLeft]:
        return [self.shard(number, *options) for number in range(1, SHARDS + 1)]

    def replayed(self, number: int, *, files: bool) -> Outcomes:
        """The tests of the shard that ran last under that number, in their order, in a pytest without us.

        *files*: with their files alone collected, else with all.
        """
        ids = self._ids_of_shard(number)
        alone = {"SMARTSHARD_SUITE_FILES": ids} if files else {}
        only = _ids_plugin(SMARTSHARD_SUITE_ONLY=ids, **alone)
        cases, _ = self.pytest(*WITHOUT_US, *WITHOUT_PYTEST_SPLIT, "-p", "suites_ids", env=only)
        return cases

    def _ids_of_shard(self, number: int) -> Path:
        return self.home / f"shard-{number}.ids.json"

    def _journals(self) -> list[Path]:
        return sorted(self.tree.glob(".smartshard/runs/**/*.jsonl"))

    def plan(self) -> tuple[dict[str, Any], list[list[str]]]:
        """The plan, as ``--shard-plan-out`` writes it, and the node ids of each shard; no test is run."""
        plan = self.home / "plan.json"
        self.pytest(*WITHOUT_PYTEST_SPLIT, "--collect-only", f"--shard=1/{SHARDS}", f"--shard-plan-out={plan}")
        numbers = range(1, SHARDS + 1)
        ids = [self._ids(f"--shard={number}/{SHARDS}", f"--shard-plan={plan}") for number in numbers]
        return json.loads(plan.read_text("utf-8")), ids

    def ids(self) -> list[str]:
        """All node ids, in the order of collection."""
        return self._ids(*WITHOUT_US)

    def _ids(self, *options: str) -> list[str]:
        path = self.home / "ids.json"
        path.write_text("[]", encoding="ascii")
        env = _ids_plugin(SMARTSHARD_SUITE_IDS=path)
        self.pytest(*options, *WITHOUT_PYTEST_SPLIT, "--collect-only", "-n0", "-p", "suites_ids", env=env)
        found: list[str] = json.loads(path.read_text("ascii"))
        return found

    def false_alarms(self) -> list[str]:
        """What ``smartshard doctor`` says about the tree, and the durations in it, that is not so."""
        command = [str(self.python.with_name("smartshard")), "doctor", "--format=json"]
        done = subprocess.run(
            command, cwd=self.tree, capture_output=True, text=True, encoding="utf-8", check=False
        )
        if done.returncode not in (0, 1):
            raise RunFailed(f"smartshard doctor ended with {done.returncode}:\n{done.stderr}")
        found = json.loads(done.stdout)["findings"]
        return [f"{one['code']}: {one['what']}" for one in found if one["code"] not in self.suite.findings]

    def groups_of_pytest_split(
        self, ids: Sequence[str], durations: Mapping[str, float], algorithm: str
    ) -> list[list[str]]:
        """The node ids of each of pytest-split's groups, by its own code, on what it recorded itself."""
        request = {"ids": ids, "durations": durations, "shards": [SHARDS]}
        answer = subprocess.run(
            [str(self.python), str(HERE / "peer_pytest_split.py")],
            input=json.dumps(request) + "\n",
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout
        (owners,) = json.loads(answer)[algorithm]
        pairs = list(zip(ids, owners, strict=True))
        return [[nodeid for nodeid, owner in pairs if owner == shard] for shard in range(SHARDS)]


def _ids_plugin(**paths: Path) -> dict[str, str]:
    """What suites_ids.py needs: to be found, and its variables."""
    return {"PYTHONPATH": str(HERE), **{name: str(path) for name, path in paths.items()}}


def read_junit(path: Path) -> Outcomes:
    """Each test of a JUnit file with its outcome.

    A file that skips itself while it is collected has a case without a class; every shard collects it.
    """
    found: Outcomes = Counter()
    for case in ET.parse(path).iter("testcase"):
        if case.get("classname"):
            verdicts = [_VERDICTS[part.tag] for part in case if part.tag in _VERDICTS]
            name = _ADDRESS.sub("0x", f"{case.get('classname')}::{case.get('name')}")
            found[Case(name, " ".join(verdicts) or "passed")] += 1
    return found


def build_wheel(venvs: Path, folder: Path) -> Path:
    """This project's wheel, built once for all environments."""
    python = venv_python(venvs, "build", ("pip",))  # The interpreter at hand may have none.
    command = [python, "-m", "pip", "wheel", "-qq", "--no-deps", "-w", str(folder), str(ROOT)]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("pytest_smartshard-*.whl")
    return wheel


def bench_for(suite: RealSuite, venvs: Path, wheel: Path, home: Path) -> Bench:
    """Install the suite and *wheel*, fetch the sdist where the tests are in it; *home* is for its files."""
    packages = (*RUNNERS, suite.numpy, "filelock==4.2.12", *PYTEST_SPLIT, *suite.requirements)
    python = Path(venv_python(venvs, f"suite-{suite.name}", packages))
    pip = [str(python), "-m", "pip"]
    subprocess.run([*pip, "install", "-qq", "--no-deps", "--force-reinstall", str(wheel)], check=True)
    home.mkdir(parents=True)
    return Bench(suite=suite, python=python, sdist=_sdist(suite, pip, venvs / "sdists"), home=home)


def _sdist(suite: RealSuite, pip: list[str], folder: Path) -> Path | None:
    if suite.sdist is None:
        return None
    place = folder / suite.sdist
    if not list(place.glob("*.tar.gz")):
        name = suite.sdist.partition("==")[0]
        command = [*pip, "download", "-qq", "--no-deps", "--no-binary", name, "-d", str(place), suite.sdist]
        subprocess.run(command, check=True)
    (archive,) = place.glob("*.tar.gz")
    return archive
