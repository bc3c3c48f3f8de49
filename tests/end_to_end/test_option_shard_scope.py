"""Ini ``shard_scope``, ``@pytest.mark.shard_together``, xdist's groups: what is never divided between shards."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from sharded import Project, Result, exactly_once

SUITE = {
    f"test_{file}.py": """
        class TestOne:
            def test_a(self): pass
            def test_b(self): pass

        class TestTwo:
            def test_a(self): pass
            def test_b(self): pass
        """
    for file in "ab"
}


def shards_of(results: Iterable[Result], wanted: str) -> set[int]:
    """Numbers of the shards that ran tests whose name holds *wanted*."""
    return {shard for shard, result in enumerate(results, start=1) for name in result.names if wanted in name}


@pytest.mark.parametrize("scope", ["class", "file"])
def test_a_class_or_a_file_is_kept_whole(tmp_path: Path, scope: str) -> None:
    project = Project.make(tmp_path / "project", SUITE, f"shard_scope = {scope}")
    plain = project.pytest()
    for count in (3, 2):  # without a store and with one
        results = project.run_all(count)
        exactly_once(results, plain)
        for file in "ab":
            for name in ("TestOne", "TestTwo"):
                assert len(shards_of(results, f"test_{file}.{name}")) == 1
            if scope == "file":
                assert len(shards_of(results, f"test_{file}.")) == 1


def test_a_scope_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE, "shard_scope = module")
    result = project.run(1, 2)
    assert result.code == 4
    assert result.usage_errors == ("shard_scope = module: no such choice; use one of test, class, file",)


TOGETHER = {
    f"test_{file}.py": f"""
        import pytest

        {{mark}}
        def test_grouped_{file}(): pass

        @pytest.mark.parametrize("number", range(4))
        def test_alone(number): pass
        """
    for file in "abc"
}


@pytest.mark.parametrize(
    "mark", ['@pytest.mark.shard_together("database")', '@pytest.mark.xdist_group("database")']
)
def test_marked_tests_of_several_files_run_in_one_shard(tmp_path: Path, mark: str) -> None:
    suite = {name: text.replace("{mark}", mark) for name, text in TOGETHER.items()}
    project = Project.make(tmp_path / "project", suite, "addopts = --strict-markers")
    plain = project.pytest()
    unmeasured = project.run_all(3)
    measured = project.run_all(2)
    for results in (unmeasured, measured):
        exactly_once(results, plain)
        assert len(shards_of(results, "grouped")) == 1
    # Only here, where all tests count alike: measured, the group may happen to weigh as much as all others.
    assert len(shards_of(unmeasured, "alone")) == 3
