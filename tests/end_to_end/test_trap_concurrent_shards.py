"""Shards that write at the same time lose nothing of each other."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sharded import Journal, Project, Result, functions, samples_in

NAMES = [f"n{number}" for number in range(10)]
SUITE = {f"test_{file}.py": functions(*NAMES) for file in "abcd"}
ALL = sorted(f"test_{file}.py::test_{name}" for file in "abcd" for name in NAMES)


def at_once(project: Project, commands: Sequence[Sequence[str]]) -> list[Result]:
    with ExitStack() as stack:
        processes = [stack.enter_context(project.start(*command)) for command in commands]
        return [process.result() for process in processes]


def test_four_shards_of_one_run_at_once_fill_one_store(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)

    results = at_once(project, [[f"--shard={shard}/4"] for shard in (1, 2, 3, 4)])

    assert [result.code for result in results] == [0, 0, 0, 0]
    (run,) = project.runs()
    journals = [Journal.read(path) for path in project.journals()]
    assert len(journals) == 4
    assert len({journal.header["digest"] for journal in journals}) == 1
    assert sorted(f"{line['file']}::{line['test']}" for journal in journals for line in journal.tests) == ALL
    assert sorted(project.stored()) == ALL
    (stored,) = project.store()["runs"]
    assert stored["run"] == run.name
    assert [finished.split()[-1] for finished in stored["finished"]] == ["1/4", "2/4", "3/4", "4/4"]
    complete = f"the run is complete: durations taken into {project.store_path}"
    assert any(complete in result.lines for result in results)


def test_four_runs_at_once_all_get_into_one_store(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)

    results = at_once(project, [["--shard=1/1", f"--shard-run=r{number}"] for number in (1, 2, 3, 4)])

    for result in results:
        assert result.code == 0
        assert result.section()[-1] == f"the run is complete: durations taken into {project.store_path}"
    assert sorted(project.stored()) == ALL
    assert sorted(run["run"] for run in project.store()["runs"]) == ["r1", "r2", "r3", "r4"]
    assert {len(samples) for samples in samples_in(project.store()).values()} == {4}
