"""A suite that tells by itself what it ran, and dies where it is told to: for runs that end badly.

What it says is written by its own conftest to a file that nothing of the package knows of, so that a proof can
be held against it. The process dies by SIGKILL which it sends to itself: that is as sudden as any, and happens at
exactly the moment that is meant.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sharded import SEGMENT, Project, Result

needs_kill = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")

CI = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "41"}
RUN = "github-41"

CONFTEST = '''
"""Writes to the file in RECORD what happens, and dies once at the moment in DIE_AT: ``main:call test_a0``."""

import json
import os
import signal
import sys

import pytest

WHO = "worker" if "PYTEST_XDIST_WORKER" in os.environ else "main"
RECORD = os.environ.get("RECORD", os.devnull)
DIE_AT = os.environ.get("DIE_AT", "")


def tell(what, name):
    with open(RECORD, "ab", buffering=0) as file:
        file.write(json.dumps([WHO, what, name]).encode() + b"\\n")


def die(moment):
    if DIE_AT != f"{WHO}:{moment}":
        return
    try:
        open(f"{RECORD}.died", "x").close()
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


touches = 0


def watch(event, arguments):
    """Each time that something below .smartshard is opened, made or moved, and when the merge is started."""
    global touches
    first = str(arguments[0]) if arguments else ""
    if event == "subprocess.Popen" or (event in ("open", "os.rename", "os.mkdir") and ".smartshard" in first):
        touches += 1
        die(f"touch {touches}")
        tell("touch", str(touches))


if DIE_AT.startswith("main:touch"):
    sys.addaudithook(watch)


@pytest.hookimpl(tryfirst=True)
def pytest_configure():
    die("configure")


def pytest_sessionstart():
    die("session start")


@pytest.hookimpl(tryfirst=True)
def pytest_collection():
    die("collection")


def pytest_collection_modifyitems():
    die("deselecting")


def pytest_collection_finish():
    die("collected")


def pytest_runtest_logstart(nodeid):
    die(f"before {nodeid}")
    tell("begun", nodeid)


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    if report.when == "teardown":
        die(f"reported {report.nodeid}")
        tell("reported", report.nodeid)


def pytest_runtest_logfinish(nodeid):
    die(f"after {nodeid}")


@pytest.fixture(autouse=True)
def _around(request):
    die(f"setup {request.node.nodeid}")
    yield
    die(f"teardown {request.node.nodeid}")
    tell("done", request.node.nodeid)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish():
    die("before footer")
    try:
        return (yield)
    finally:
        die("after footer")


def pytest_terminal_summary():
    die("summary")


def pytest_unconfigure():
    die("unconfigure")
'''

TEST_FILE = """
import pytest
from conftest import die

die("import {name}")


@pytest.fixture(scope="module", autouse=True)
def module():
    yield
    die("last teardown of {name}")


@pytest.mark.parametrize("number", range({count}))
def test_{name}(number):
    die(f"call test_{name}[{{number}}]")
"""


def suite(**counts: int) -> dict[str, str]:
    """For each name a file with a function of that name and as many parameters, and the conftest."""
    files = {
        f"test_{name}.py": TEST_FILE.format(name=name, count=count) + f"# {'x' * (100 * count)}\n"
        for name, count in counts.items()
    }
    return {"conftest.py": CONFTEST, **files}


def ids(**counts: int) -> list[str]:
    """The node ids of :func:`suite`, sorted as the package sorts them."""
    return sorted(f"test_{name}.py::test_{name}[{n}]" for name, count in counts.items() for n in range(count))


@dataclass(frozen=True, slots=True)
class Record:
    """What the suite itself wrote down."""

    path: Path

    @property
    def env(self) -> dict[str, str]:
        return {"RECORD": str(self.path)}

    def told(self, what: str, *, by: str | None = None) -> Counter[str]:
        """How often each test was told of, by ``main`` or ``worker`` processes."""
        lines = self.path.read_text("ascii").splitlines() if self.path.exists() else []
        found = [json.loads(line) for line in lines]
        return Counter(name for who, kind, name in found if kind == what and by in (None, who))

    @property
    def done(self) -> Counter[str]:
        """Tests of which the tear-down came to its end, and how often."""
        return self.told("done")

    @property
    def begun(self) -> Counter[str]:
        return self.told("begun")


def merged(project: Project, *paths: Path, options: Sequence[str | Path] = (), code: int | None = None) -> Result:
    """Merge what is at *paths*, or in the project."""
    result = project.smartshard("merge", *options, *(paths or [project.home / "runs"]))
    assert code in (None, result.code), (result.lines, result.errors)
    return result


def rerun(project: Project, *arguments: str, path: Path | None = None, env: Mapping[str, str]) -> Result:
    """Run what is left, by one process."""
    return project.pytest(f"--shard-rerun={path or project.home / 'runs'}", *arguments, env={**CI, **env})


def headline(line: str) -> str:
    """A line of a merge about the whole suite's segment."""
    return f"{SEGMENT}: {line}"


def names(keys: Sequence[str], most: int = 10) -> str:
    """Tests as a line of a merge names them."""
    more = f" and {len(keys) - most:,} more" if len(keys) > most else ""
    return ", ".join(keys[:most]) + more


def many(count: int) -> str:
    return f"{count:,} {'test' if count == 1 else 'tests'}"
