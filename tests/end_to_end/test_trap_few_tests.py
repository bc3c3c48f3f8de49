"""More shards than tests: the empty ones are green and say so; a selection that leaves nothing is not green."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sharded import Project, exactly_once, functions

SUITE = {
    **{f"test_{name}.py": functions(name) for name in ("one", "two", "three", "four", "five", "six", "seven")},
    "test_together.py": functions("alpha_1", "alpha_2", "alpha_3", "alpha_4", "beta"),
}


@pytest.mark.parametrize(
    "keyword", ["one or two or three or four", "alpha"], ids=["four files", "four tests of one file"]
)
def test_six_shards_for_four_tests_run_each_once_and_two_are_empty(tmp_path: Path, keyword: str) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest("-k", keyword)
    assert len(plain.ran) == 4

    results = project.run_all(6, "-k", keyword, "--shard-prune=off")

    exactly_once(results, plain)
    assert [result.code for result in results] == [0] * 6
    assert sorted(len(result.ran) for result in results) == [0, 0, 1, 1, 1, 1]
    for shard, result in enumerate(results, start=1):
        empty = f"shard {shard}/6 is empty: other shards have the 4 tests of this suite"
        assert (empty in result.lines) == (not result.ran)
    assert results[5].section()[-1].startswith("the run is complete: durations taken into ")


@pytest.mark.parametrize("keyword", ["one or two or three or four", "alpha"])
def test_shards_whose_own_files_hold_nothing_are_green(tmp_path: Path, keyword: str) -> None:
    """They have not looked into the files of other shards, and say what they know."""
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest("-k", keyword)
    for _ in range(2):
        results = project.run_all(6, "-k", keyword)
        exactly_once(results, plain)
        assert [result.code for result in results] == [0] * 6
        for shard, result in enumerate(results, start=1):
            why = r"(other shards have the 8 files of this suite|nothing is selected in its \d files? of 8)"
            empty = re.compile(rf"shard {shard}/6 is empty: {why}")
            assert any(map(empty.fullmatch, result.lines)) == (not result.ran)
        assert results[5].section()[-1].startswith("the run is complete: durations taken into ")


@pytest.mark.parametrize("arguments", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_an_empty_shard_is_green_and_an_empty_suite_is_not(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project = Project.make(tmp_path / "project", {"test_a.py": functions("a")})

    empty = project.run(2, 2, *arguments)
    assert (empty.code, len(empty.ran)) == (0, 0)

    result = project.run(1, 2, "-k", "nothing", *arguments)
    assert result.code == 5
    assert ": 0 of 0 tests, no history yet, plan " in result.collected_line
    assert not any("is empty" in line for line in result.lines)
