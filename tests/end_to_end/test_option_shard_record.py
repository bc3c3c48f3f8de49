"""``--shard-record`` and ini ``shard_record``: recording a run that is not sharded."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import SEGMENT, Project, exactly_once, functions

SUITE = {"test_a.py": functions("a", "b"), "test_b.py": functions("c", body="assert False")}


@pytest.mark.parametrize(("by", "arguments"), [("flag", ()), ("ini", ()), ("ini", ("-n", "2"))])
def test_a_whole_run_is_recorded_and_taken_in(tmp_path: Path, by: str, arguments: tuple[str, ...]) -> None:
    ini, flags = ("shard_record = true", []) if by == "ini" else ("", ["--shard-record"])
    project = Project.make(tmp_path / "project", SUITE, ini)
    plain = project.pytest("-p", "no:smartshard", *arguments)

    result = project.pytest(*flags, *arguments)

    assert result.code == plain.code == 1
    exactly_once([result], plain)
    assert len(project.stored()) == 3
    assert result.section()[-1] == f"the run is complete: durations taken into {project.store_path}"


def test_what_is_measured_is_written_down(tmp_path: Path) -> None:
    suite = """
        import time, pytest

        @pytest.fixture
        def slow():
            time.sleep(0.05)
            yield
            time.sleep(0.03)

        def test_phases(slow):
            time.sleep(0.08)

        def test_busy():
            until = time.process_time() + 0.1
            while time.process_time() < until:
                pass
        """
    project = Project.make(tmp_path / "project", {"test_it.py": suite})

    result = project.pytest("--shard-record")

    lines = {line["test"]: line for line in result.recorded.tests}
    setup, call, teardown = lines["test_phases"]["times"]
    assert (setup >= 50_000, call >= 80_000, teardown >= 30_000) == (True, True, True)
    assert lines["test_phases"]["cpu"] < setup + call + teardown
    assert lines["test_busy"]["cpu"] >= 100_000
    assert all(line["memory"] >= 0 for line in lines.values())
    (stored,) = project.store()["files"].values()
    assert stored["tests"] == ["test_busy", "test_phases"]
    assert abs(stored["costs"][1] - (setup + call + teardown)) <= 0.01 * stored["costs"][1]


def test_a_run_that_stopped_early_hands_on_what_it_measured_and_forgets_nothing(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, "test_c.py": functions("d")})
    project.pytest("--shard-record")

    result = project.pytest("--shard-record", "-x")

    assert result.code == 1
    assert result.recorded.footer is not None
    assert result.recorded.footer["reason"] == "stopping after 1 failures"
    assert result.section()[-5:] == (
        f"{SEGMENT}: stopped: 1 of 4 tests did not run",
        f"{SEGMENT}: shard 1/1 stopped early: stopping after 1 failures",
        f"{SEGMENT}: 1 test assigned and not run, by shard 1/1: test_c.py::test_d",
        f"run what is left with pytest --shard-rerun={result.recorded.path.parent}",
        f"durations of what has run taken into {project.store_path}",
    )
    assert len(project.stored()) == 4


def test_tests_that_a_complete_run_no_longer_has_expire(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.pytest("--shard-record")
    project.write({"test_a.py": functions("a", "new")})
    project.run(1, 2)
    assert "test_a.py::test_b" in project.stored()
    project.run(2, 2)
    assert sorted(project.stored()) == ["test_a.py::test_a", "test_a.py::test_new", "test_b.py::test_c"]
