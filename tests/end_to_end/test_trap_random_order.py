"""pytest-randomly gives each shard another order: members of a shard do not depend on it."""

from __future__ import annotations

from pathlib import Path

from sharded import Project, Result, exactly_once

SUITE = {
    "test_same_names.py": """
        import pytest

        @pytest.mark.parametrize("value", range(8))
        def test_each(value):
            assert value != 5

        class TestA:
            def test_one(self): pass
            def test_two(self): pass

        class TestB:
            def test_one(self): pass
            def test_two(self): pass
        """,
    "folder/test_more.py": """
        import pytest

        @pytest.mark.parametrize("value", range(8))
        def test_each(value): pass

        def test_one(): pass
        def test_two(): pass
        """,
}

NEW = """
def test_one(): pass
def test_two(): pass
def test_three(): pass
"""


def shuffled(project: Project, count: int) -> list[Result]:
    """All shards, each with a seed of its own."""
    shuffling = Project(project.root, ("-p", "no:hypothesispytest", "-p", "no:pytest_cov"))
    return [shuffling.run(shard, count, f"--randomly-seed={100 + shard}") for shard in range(1, count + 1)]


def test_each_test_runs_once_whatever_the_seeds_are(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest()

    exactly_once(shuffled(project, 3), plain)

    results = shuffled(project, 3)  # the store is known now
    exactly_once(results, plain)
    order = {test: place for place, test in enumerate(plain.ran)}
    assert any(list(result.ran) != sorted(result.ran, key=order.__getitem__) for result in results)


def test_each_test_runs_once_where_the_store_lacks_a_tenth_of_them(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.pytest("--shard-record")
    project.write({"folder/test_new.py": NEW})
    assert len(project.stored()) == 22
    plain = project.pytest()
    assert len(plain.ran) == 25

    exactly_once(shuffled(project, 4), plain)
