"""Shards whose tests run in xdist workers, by every way of distributing them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import Project, Result, exactly_once

SUITE = {
    f"test_{file}.py": """
        import pytest

        class TestIt:
            def test_a(self): pass
            def test_b(self): assert False

        @pytest.mark.xdist_group("pair")
        def test_pair(): pass

        @pytest.mark.parametrize("number", range(4))
        def test_each(number): pass

        @pytest.mark.skip
        def test_skipped(): pass
        """
    for file in "abc"
}


@pytest.mark.parametrize("dist", ["load", "loadscope", "loadfile", "loadgroup", "worksteal"])
def test_each_test_runs_once_in_the_workers_of_two_shards(tmp_path: Path, dist: str) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest()

    results = project.run_all(2, "-n", "2", f"--dist={dist}")

    exactly_once(results, plain)
    for result in results:
        assert result.code == 1
        assert result.recorded.header["lanes"] == 2
        lanes = {line["lane"] for line in result.recorded.tests}
        # By file, the shard that has one file has one worker that runs it.
        assert lanes == {"gw0", "gw1"} or (dist == "loadfile" and len(result.recorded.files) == 1)
        assert all("cpu" in line for line in result.recorded.tests)
        assert not any("@" in line["test"] for line in result.recorded.tests)
    assert results[1].section()[-1] == f"the run is complete: durations taken into {project.store_path}"
    assert sorted(project.stored()) == sorted(
        f"{line['file']}::{line['test']}" for result in results for line in result.recorded.tests
    )


def test_shards_with_workers_and_a_store_run_each_test_once_and_clean_up(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest("--shard-record")

    temporary = tmp_path / "temporary"
    temporary.mkdir()

    results = project.run_all(2, "-n", "2", "--shard-report", env={"TMPDIR": str(temporary)})

    exactly_once(results, plain)
    for result in results:
        assert ", 100 % of the time from history, plan " in result.collected_line
        assert any(line.startswith("Run local-") for line in result.lines)
    # What controller and workers exchange lies in a temporary folder, which the controller removes.
    assert [path.name for path in temporary.iterdir() if path.name.startswith("smartshard")] == []


def reason_of(result: Result) -> str:
    """Why the shard ended early."""
    assert result.recorded.footer is not None
    return str(result.recorded.footer["reason"])


def test_a_file_that_cannot_be_imported_ends_the_shard_as_it_ends_a_plain_run(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, "test_broken.py": "import nothing_of_that_name\n"})
    for arguments in ((), ("-n", "2")):
        plain = project.pytest("-p", "no:smartshard", *arguments)
        results = project.run_all(2, *arguments)
        # Only its owner imports it.
        (result,) = (each for each in results if reason_of(each) == "errors during collection")
        assert result.code == plain.code
        assert set(result.ran) <= set(plain.ran)
        assert bool(result.recorded.tests) == bool(arguments)  # xdist goes on where plain pytest does not
