"""What dies in the middle of a run: a worker, or the whole of pytest. What had finished stays."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from sharded import SEGMENT, Journal, Project, functions, samples_in

CRASHING = """
import os

def test_before(): pass

def test_crash(): os._exit(7)

def test_after(): pass
"""


def test_a_crashed_worker_costs_one_test_and_says_so(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"test_it.py": CRASHING, "test_other.py": functions("a", "b")})

    result = project.run(1, 1, "-n", "2")

    assert result.code == 1
    assert {line["test"]: line["outcome"] for line in result.recorded.tests} == {
        "test_before": "passed",
        "test_crash": "crashed",
        "test_after": "passed",
        "test_a": "passed",
        "test_b": "passed",
    }
    assert len(result.recorded.tests) == 5
    assert sorted(result.recorded.ran) == sorted(result.ran)
    assert result.recorded.footer is not None
    assert (result.recorded.footer["ran"], result.recorded.footer["reason"]) == (5, "")
    assert result.section()[-1] == f"the run is complete: durations taken into {project.store_path}"
    assert samples_in(project.store())["test_crash"][0].startswith("c")


# It says where it is, then waits for good: nobody has to guess how long it takes.
WAITING = """
import os, signal, sys, time

def test_a(): pass

def test_b(): assert False

def test_waits():
    if "WAIT" in os.environ:
        # A shell that starts jobs in the background has them ignore interrupts.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("now", file=open(os.environ["WAIT"], "w"), flush=True)
        time.sleep(600)

def test_last(): pass
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in the file system")
def test_a_killed_shard_keeps_what_it_finished_and_its_next_run_is_the_second_attempt(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"test_it.py": WAITING})
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with project.start("--shard=1/1", env={"WAIT": str(pipe)}) as process:
        assert pipe.read_text("utf-8") == "now\n"  # blocks until the test is there
        process.popen.send_signal(signal.SIGKILL)
        process.popen.communicate()

    (path,) = project.journals()
    assert path.name == "0-1-of-1-1.jsonl"
    killed = Journal.read(path)
    assert killed.outcomes == {"test_a": "passed", "test_b": "failed"}
    assert killed.footer is None
    assert not project.store_path.exists()

    result = project.run(1, 1)

    assert result.recorded.path == path.with_name("0-1-of-1-2.jsonl")
    assert result.recorded.header["attempt"] == 2
    assert result.recorded.header["run"] == killed.header["run"]
    assert len(result.recorded.tests) == 4
    assert result.section()[-1] == f"the run is complete: durations taken into {project.store_path}"
    assert {tail: len(samples) for tail, samples in samples_in(project.store()).items()} == {
        "test_a": 2,
        "test_b": 2,
        "test_last": 2,
        "test_waits": 2,
    }


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in the file system")
def test_an_interrupted_shard_keeps_what_it_finished_and_is_not_taken_for_complete(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"test_it.py": WAITING})
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with project.start("--shard=1/1", env={"WAIT": str(pipe)}) as process:
        assert pipe.read_text("utf-8") == "now\n"
        process.popen.send_signal(signal.SIGINT)
        result = process.result(before=())

    assert result.code == 2
    assert result.recorded.outcomes == {"test_a": "passed", "test_b": "failed"}
    assert result.recorded.footer is not None
    assert result.recorded.footer["reason"] == "interrupted"
    (run,) = project.store()["runs"]
    assert run["finished"] == []
    assert result.section()[-6:] == (
        f"{SEGMENT}: stopped: 2 of 4 tests did not run",
        f"{SEGMENT}: shard 1/1 stopped early: interrupted",
        f"{SEGMENT}: 1 test assigned and not run, by shard 1/1: test_it.py::test_last",
        f"{SEGMENT}: 1 test started and not finished, by shard 1/1: test_it.py::test_waits",
        f"run what is left with pytest --shard-rerun={result.recorded.path.parent}",
        f"durations of what has run taken into {project.store_path}",
    )
