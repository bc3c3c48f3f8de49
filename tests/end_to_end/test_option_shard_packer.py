"""``--shard-packer``: every way of placing tests runs each once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sharded import Project, exactly_once, functions

from pytest_smartshard.choices import PACKERS

NAMES = [f"n{number}" for number in range(6)]
SUITE = {"test_a.py": functions(*NAMES), "test_b.py": functions(*NAMES)}
DURATIONS = {
    f"test_{file}.py::test_{name}": factor * (1.0 + place)
    for file, factor in (("a", 1), ("b", 2))
    for place, name in enumerate(NAMES)
}


@pytest.mark.parametrize("packer", PACKERS)
def test_each_test_runs_once_with_any_packer(tmp_path: Path, packer: str) -> None:
    """With a history that lacks some of the tests."""
    project = Project.make(tmp_path / "project", SUITE, f"shard_packer = {packer}")
    project.write({".test_durations": json.dumps(dict(list(DURATIONS.items())[::2]))})
    exactly_once(project.run_all(3), project.pytest())


def test_the_packer_decides_who_runs_what(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.write({".test_durations": json.dumps(DURATIONS)})

    names = {
        packer: [name.replace("test_", "") for name in project.run(1, 2, f"--shard-packer={packer}").names]
        for packer in PACKERS
    }

    assert names["round-robin"] == [f"{file}::{name}" for file in "ab" for name in ("n0", "n2", "n4")]
    assert names["chunks"] == [*(f"a::{name}" for name in NAMES), "b::n0", "b::n1", "b::n2"]
    assert names["lpt"] == ["a::n1", "a::n5", "b::n0", "b::n1", "b::n2", "b::n5"]
    assert len({tuple(chosen) for chosen in names.values()}) == 4


def test_a_packer_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    result = project.run(1, 2, "--shard-packer=best")
    assert result.code == 4
    assert result.usage_errors == (
        "--shard-packer=best: no such choice; use one of lpt, round-robin, hash, chunks",
    )
