"""A disk that fills up while a journal is written: the suite does not notice, the merge does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from faulty import CI, headline, many, merged, names, rerun
from sharded import Project, Result

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits, signals and pipes of POSIX")

FILLING = """
import os
import resource

import pytest

HOME = os.path.join(os.path.dirname(__file__), ".smartshard")
LIMIT = int(os.environ.get("LIMIT", "0"))
UNLIMITED = resource.getrlimit(resource.RLIMIT_FSIZE)


def pytest_collection_finish():
    if LIMIT:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, UNLIMITED[1]))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish():
    resource.setrlimit(resource.RLIMIT_FSIZE, UNLIMITED)
    # What pytest itself is to write finds room again.
    if os.path.exists(os.path.join(HOME, "filler")):
        os.remove(os.path.join(HOME, "filler"))


def fill():
    if "FILL" not in os.environ:
        return
    with open(os.path.join(HOME, "filler"), "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
"""

FILLED = """
import pytest
from conftest import fill


@pytest.mark.parametrize("number", range(40))
def test_f(number):
    if number == 5:
        fill()
    assert number != 30
"""


def outcome(result: Result) -> tuple[int, Counter[str]]:
    return result.code, Counter(f"{test.name} {test.outcome}" for test in result.ran)


def full_disk(project: Project, plain: Result, env: dict[str, str], reason: str) -> None:
    """Run on a disk that fills up, judge what is left, and run it: all as without the fault, in the end."""
    with project.start("--shard=1/1", env={**CI, **env}) as process:
        result = process.result()
    assert outcome(result) == outcome(plain)
    (journal,) = project.journals()
    assert f"the journal is incomplete: {journal} cannot be written: {reason}" in result.section()
    lines = journal.read_bytes().split(b"\n")
    torn = lines.pop()
    if torn.endswith(b"}"):  # It lacks no more than its end.
        lines, torn = [*lines, torn], b""
    ended = sum(line.startswith(b'{"kind":"test"') for line in lines)
    begun = sum(line.startswith(b'{"kind":"start"') for line in lines)
    assert 5 <= ended < 30
    left = sorted(f"test_it.py::test_f[{number}]" for number in range(ended, 40))
    running = [f"test_it.py::test_f[{number}]" for number in range(ended, begun)]
    never = [test for test in left if test not in running]
    while_it_ran = f" while it ran {names(running)}" if running else ""
    expected = [
        headline(f"NOT PROVED: {len(left)} of 40 tests did not run to the end"),
        headline(f"shard 1/1 died in attempt 1{while_it_ran}: its journal has no end"),
        headline(f"{many(len(never))} assigned and not run, by shard 1/1: {names(never)}"),
        f"run what is left with pytest --shard-rerun={project.home / 'runs'}",
    ]
    if running:
        expected.append(headline(f"1 test started and not finished, by shard 1/1: {names(running)}"))
    if torn:
        expected.append(f"{journal}: line {len(lines) + 1} is torn and was set aside")
    assert sorted(merged(project, options=["--check"], code=3).lines) == sorted(expected)

    rest = rerun(project, env={})
    assert {test.name.rpartition("::")[2] for test in rest.ran} == {test.rpartition("::")[2] for test in left}
    assert rest.code == 1
    proved = "proved: 40 tests ran exactly once in 1 shard, then what was left in 1 shard, 1 failed"
    assert merged(project, options=["--check"], code=1).lines[-1] == headline(proved)


def test_a_journal_that_may_not_grow_any_more_changes_nothing_for_the_suite(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"conftest.py": FILLING, "test_it.py": FILLED})
    full_disk(project, project.pytest(), {"LIMIT": "6000"}, "[Errno 27] File too large")


def test_a_disk_that_fills_up_changes_nothing_for_the_suite(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"conftest.py": FILLING, "test_it.py": FILLED})
    plain = project.pytest()
    project.home.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=64k", "none", project.home], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no file system can be mounted here")
    try:
        full_disk(project, plain, {"FILL": "yes"}, "[Errno 28] No space left on device")
    finally:
        subprocess.run(["umount", project.home], check=True)
