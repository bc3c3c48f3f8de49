"""Clocks that go backwards, and locks of processes that are dead or alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty import CI, Record, headline, merged, rerun, suite
from processes import start
from sharded import TIMEOUT, Project

posix = pytest.mark.skipif(sys.platform == "win32", reason="limits, signals and pipes of POSIX")
COUNTS = {"a": 3, "b": 2}

SITE = """
import os, time

_now, _offset = time.time, float(os.environ.get("CLOCK_OFFSET", "0"))
time.time = lambda: _now() + _offset
"""


def at(site: Path, hours: float) -> dict[str, str]:
    """The environment of a machine whose clock is that much ahead, from the first line of Python on."""
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(SITE, encoding="ascii")
    return {**CI, "PYTHONPATH": str(site), "CLOCK_OFFSET": str(hours * 3600)}


def test_clocks_that_go_backwards_between_shards_attempts_and_generations(tmp_path: Path) -> None:
    site = tmp_path / "site"
    record = Record(tmp_path / "record")
    project = Project.make(tmp_path / "project", suite(**COUNTS))
    first = project.run(1, 2, env={**at(site, 0), **record.env, "DIE_AT": "main:call test_a[1]"})
    assert first.code == -9
    again = project.run(1, 2, env=at(site, -24 * 365)).recorded
    assert again.header["attempt"] == 2
    assert again.header["started"] < first.recorded.header["started"] - 3600
    assert project.run(2, 2, env={**at(site, -2), **record.env, "DIE_AT": "main:call test_b[1]"}).code == 0
    assert merged(project, code=0).lines[1:] == (headline("proved: 5 tests ran exactly once in 2 shards"),)

    # Of a run of what was left, too, the number counts and not the time.
    third = project.run(
        2, 2, env={**at(site, 0), "RECORD": str(tmp_path / "other"), "DIE_AT": "main:call test_b[0]"}
    )
    assert third.code == -9
    merged(project, code=3)
    rest = rerun(project, env={**at(site, -24 * 700), **Record(tmp_path / "rest").env})
    assert (rest.code, rest.recorded.header["generation"]) == (0, 1)
    proved = headline("proved: 5 tests ran exactly once in 2 shards, then what was left in 1 shard")
    assert merged(project, code=0).lines[1:] == (proved,)


def test_of_two_runs_the_one_that_is_judged_is_named(tmp_path: Path) -> None:
    """By a clock that went backwards the older run is the newest one: not to be known, so it is said."""
    site = tmp_path / "site"
    project = Project.make(tmp_path / "project", suite(a=1))
    for run, hours in (("40", 0), ("41", -48)):
        assert project.run(1, 1, env={**at(site, hours), "GITHUB_RUN_ID": run}).code == 0
    result = merged(project, options=["--check"], code=0)
    assert result.lines == (
        "judged is run github-40; journals of github-41 are left out: name a run with --run",
        headline("proved: 1 test ran exactly once in 1 shard"),
    )


HOLD = """
import sys
from pathlib import Path
from pytest_smartshard.store.replacing import locked

with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.readline()
print("free", flush=True)
"""

TELL_OF_LOCK = """
import os, sys

told = False

def tell(event, arguments):
    global told
    if not told and event == "open" and str(arguments[0]).endswith(".lock"):
        told = True
        with open(os.environ["TRIED"], "w") as pipe:
            pipe.write("tried")

sys.addaudithook(tell)
"""


@pytest.fixture
def locked_store(tmp_path: Path) -> Iterator[tuple[Project, subprocess.Popen[str]]]:
    """A run that can be merged, and a live process that holds the lock of its store."""
    project = Project.make(tmp_path / "project", suite(**COUNTS))
    project.run_all(2, env=CI)
    project.store_path.unlink()
    with start(HOLD, project.store_path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        yield project, holder
        holder.kill()


@posix
def test_the_lock_of_a_process_that_was_killed_holds_nobody_up(
    locked_store: tuple[Project, subprocess.Popen[str]],
) -> None:
    project, holder = locked_store
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert merged(project, code=0).lines[0] == headline(
        f"2 journals read, {project.store_path} now knows 5 tests"
    )


@posix
def test_a_merge_waits_for_the_lock_of_a_live_process_and_goes_on(
    locked_store: tuple[Project, subprocess.Popen[str]], tmp_path: Path
) -> None:
    project, holder = locked_store
    site, tried = tmp_path / "site", tmp_path / "tried"
    site.mkdir()
    (site / "sitecustomize.py").write_text(TELL_OF_LOCK, encoding="ascii")
    os.mkfifo(tried)
    with subprocess.Popen(
        [sys.executable, "-m", "pytest_smartshard", "merge", project.home / "runs"],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": str(site), "TRIED": str(tried)},
        stdout=subprocess.PIPE,
        text=True,
    ) as merging:
        assert tried.read_text("ascii") == "tried"
        assert not project.store_path.exists()
        assert merging.poll() is None
        holder.communicate("\n", timeout=TIMEOUT)
        out, _ = merging.communicate(timeout=TIMEOUT)
    assert merging.returncode == 0
    assert out.splitlines()[0] == headline(f"2 journals read, {project.store_path} now knows 5 tests")
