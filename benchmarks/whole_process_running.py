"""Trees with a suite in them, and whole pytest processes there with their processor time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

from peers import PYTEST_SPLIT, venv_python
from suites_running import RUNNERS
from whole_process_suites import WholeSuite

HERE = Path(__file__).resolve().parent
PYTEST_FSPLIT = "pytest-fsplit==0.1.0"
OUR_NEEDS = ("numpy==2.4.6", "filelock==4.2.12")
LONGEST_RUN = 3600
"""Seconds after which a run is taken to hang, and ended."""

REWRITTEN = "*-pytest-*.pyc"
"""Files of the assertion-rewrite cache; what Python itself caches has other names."""

LEFT_BEHIND = (".pytest_cache", ".smartshard")
"""What no measured process finds."""

MADE_ONCE = (".hypothesis",)
"""What further a fresh checkout does not have."""

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
"""Threads of numerical libraries that wait for work burn processor time, more on a busy machine."""

_KEPT_OUT = re.compile(r"PYTEST_.*|PYTHON(DONTWRITEBYTECODE|PYCACHEPREFIX|HASHSEED|WARNINGS|DEVMODE|PATH)")
_ADDRESS = re.compile(r"0x[0-9a-f]+")

_TOP_LEVEL = """
import importlib.metadata, json, sys
files = importlib.metadata.files(sys.argv[1])
names = {file.parts[0] for file in files if not file.parts[0].endswith(".dist-info")} - {".."}
print(json.dumps([sorted(names), str(files[0].locate().parents[len(files[0].parts) - 1])]))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """One process: seconds of processor (its waited-for children's, too) and of wall time, its exit code, which
    tests ran how often, and the end of what it printed.
    """

    cpu: float
    wall: float
    code: int
    ran: Counter[str]
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A copy of a suite of its own, with everything that pytest leaves there. ``folder``: where pytest starts."""

    python: Path
    home: Path
    suite: WholeSuite

    @property
    def top(self) -> Path:
        return self.home / "tree"

    @property
    def folder(self) -> Path:
        return self.top / self.suite.folder

    def forget(self) -> None:
        """As a fresh checkout: pytest has to rewrite every test file that it imports."""
        for cached in self.top.rglob(REWRITTEN):
            cached.unlink()
        self._remove(MADE_ONCE)

    def take_over(self, other: Tree) -> None:
        """What was made once in another tree of the same suite."""
        for name in MADE_ONCE:
            for made in other.top.rglob(name):
                copytree(made, self.top / made.relative_to(other.top), dirs_exist_ok=True)

    def tidy(self) -> None:
        """Remove what pytest and ours leave of a run."""
        self._remove(LEFT_BEHIND)

    def _remove(self, names: Sequence[str]) -> None:
        for name in names:
            for left in {self.top / name, self.folder / name, *self.top.glob(f"*/{name}")}:
                rmtree(left, ignore_errors=True)

    def pytest(self, *options: str, plugin: str = "whole_process_ran", **variables: Path) -> Spent:
        """Run the suite, as a process of its own from start to end."""
        ran, log = self.home / "ran.json", self.home / "output.txt"
        ran.unlink(missing_ok=True)
        command = [self.python.with_name("pytest"), "-q", "-p", plugin, *options, *self.suite.arguments]
        env = self._environment(SMARTSHARD_RAN=ran, **variables)
        cpu, wall, code = timed([*map(str, command)], self.folder, env, log)
        nodeids = json.loads(ran.read_text("utf-8")) if ran.exists() else []
        return Spent(
            cpu=cpu,
            wall=wall,
            code=code,
            ran=Counter(_ADDRESS.sub("0x", nodeid) for nodeid in nodeids),
            said=log.read_text("utf-8", errors="replace")[-3000:],
        )

    def smartshard(self, *arguments: str | Path) -> None:
        """Run our command line. Exit code 1 says that tests failed."""
        command = [str(self.python.with_name("smartshard")), *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            sys.exit(f"smartshard {arguments[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")

    def _environment(self, **variables: Path) -> dict[str, str]:
        # An installed suite is run from the copy and not from site-packages; an sdist tests what is installed.
        places = [HERE / "whole_process_plugins", *([] if self.suite.sdist else [self.top])]
        given = {name: str(value) for name, value in variables.items()}
        path = os.pathsep.join(map(str, places))
        return {**bare_environment(), **given, "PYTHONPATH": path}


def bare_environment() -> dict[str, str]:
    """Of this process, without what would change a pytest below it."""
    inherited = {name: value for name, value in os.environ.items() if not _KEPT_OUT.fullmatch(name)}
    return {**inherited, **ONE_THREAD, "PYTHONUTF8": "1"}


def timed(command: Sequence[str], folder: Path, env: Mapping[str, str], log: Path) -> tuple[float, float, int]:
    """Run a process: its processor seconds, with those of children it waited for, its wall seconds and exit code.

    What it prints goes to *log*.
    """
    with log.open("wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        watch = threading.Timer(LONGEST_RUN, process.kill)
        watch.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        finally:
            watch.cancel()
        wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, wall, process.returncode


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where trees of a suite come from: the environment that it is installed in, and its sdist if it has one."""

    suite: WholeSuite
    python: Path
    archive: Path | None

    @classmethod
    def installed(cls, suite: WholeSuite, venvs: Path, wheel: Path) -> Source:
        """Install the suite, all tools and our *wheel*."""
        tested = next(iter(suite.requirements))
        packages = (*RUNNERS, *OUR_NEEDS, *PYTEST_SPLIT, PYTEST_FSPLIT, *suite.requirements)
        python = Path(venv_python(venvs, f"whole-{suite.name}", packages))
        pip = [str(python), "-m", "pip"]
        subprocess.run([*pip, "install", "-qq", "--no-deps", "--force-reinstall", str(wheel)], check=True)
        archive = None
        if suite.sdist:
            place = venvs / "sdists" / suite.sdist
            if not list(place.glob("*.tar.gz")):
                name = tested.partition("==")[0]
                options = ["-qq", "--no-deps", "--no-binary", name, "-d", str(place)]
                subprocess.run([*pip, "download", *options, suite.sdist], check=True)
            (archive,) = place.glob("*.tar.gz")
        return cls(suite=suite, python=python, archive=archive)

    def tree(self, home: Path) -> Tree:
        """A fresh tree in *home*, which is made."""
        tree = Tree(python=self.python, home=home, suite=self.suite)
        home.mkdir(parents=True)
        if self.archive is not None:
            with tarfile.open(self.archive) as archive:
                archive.extractall(home / "unpacked", filter="data")
            (top,) = (home / "unpacked").iterdir()
            top.rename(tree.top)
            return tree
        tree.top.mkdir()
        (tree.top / "pytest.ini").write_text("[pytest]\n", encoding="ascii")
        name = re.split(r"[^\w.-]", self.suite.requirements[0])[0]
        said = subprocess.run(
            [str(self.python), "-c", _TOP_LEVEL, name], capture_output=True, text=True, check=True
        )
        names, packages = json.loads(said.stdout)
        for name in names:
            if (source := Path(packages, name)).is_dir() and name != "__pycache__":
                copytree(source, tree.top / name, ignore=ignore_patterns(REWRITTEN))
        return tree
