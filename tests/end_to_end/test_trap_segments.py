"""Environments and selections that share a run folder and a store folder are kept apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import ENVIRONMENT, SEGMENT, Project, exactly_once, functions, names_in, read_store

SUITE = {
    "test_a.py": """
        import pytest

        @pytest.mark.slow
        def test_slow(): pass

        def test_quick(): pass
        """,
    "test_b.py": functions("one", "two"),
}
INI = "markers = slow: takes long"


@pytest.mark.parametrize(
    ("option", "left"),
    [("--deselect=test_b.py::test_one", 3), ("--ignore=test_b.py", 2), ("--ignore-glob=*_b.py", 2)],
)
def test_what_is_left_out_makes_a_segment_of_its_own(tmp_path: Path, option: str, left: int) -> None:
    project = Project.make(tmp_path / "project", SUITE, INI)
    result = project.run(1, 2, option, "--shard-prune=off")
    assert f" of {left} tests, " in result.collected_line
    assert result.recorded.header["segment"] != SEGMENT


def test_two_environments_of_one_run_have_a_store_and_a_proof_each(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE, INI)
    plain = project.pytest()

    results = {
        (shard, name): project.run(shard, 2, "--shard-run=nightly", f"--shard-env={name}")
        for shard in (1, 2)
        for name in ("old", "new")
    }

    for name in ("old", "new"):
        exactly_once([results[1, name], results[2, name]], plain)
        assert results[1, name].section()[-1] == "1 of 2 shards of run nightly have finished here"
        store = project.home / "durations" / f"root@{name}@all.json"
        assert results[2, name].section()[-1] == f"the run is complete: durations taken into {store}"
        assert len(names_in(read_store(store))) == 4
    assert [path.relative_to(project.home).as_posix() for path in project.journals()] == [
        "runs/nightly/root@new@all/0-1-of-2-1.jsonl",
        "runs/nightly/root@new@all/0-2-of-2-1.jsonl",
        "runs/nightly/root@old@all/0-1-of-2-1.jsonl",
        "runs/nightly/root@old@all/0-2-of-2-1.jsonl",
    ]


def test_selections_of_one_run_have_a_store_each_and_borrow_from_the_whole_suite(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE, INI)
    project.pytest("--shard-record")
    selections = [("-m", "slow"), ("-k", "slow"), ("test_b.py",)]

    slugs = set()
    for selection in selections:
        plain = project.pytest(*selection)
        results = [project.run(shard, 2, "--shard-run=nightly", *selection) for shard in (1, 2)]
        exactly_once(results, plain)
        slug = results[0].recorded.header["segment"]
        slugs.add(slug)
        assert f"smartshard: no history of {slug} yet: borrowed from {SEGMENT}" in results[0].lines
        assert "100 % of the time from history" in results[0].collected_line
        store = read_store(project.home / "durations" / f"{slug}.json")
        assert len(names_in(store)) == len(plain.ran)

    assert len(slugs) == 3
    assert {slug.rpartition("@")[0] for slug in slugs} == {f"root@{ENVIRONMENT}"}
    assert len(project.stored()) == 4  # a part that ran does not make the whole forget the rest


def test_the_same_selection_from_another_folder_is_the_same_segment(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"folder/test_a.py": functions("a"), **SUITE}, INI)
    one = project.run(1, 2, "folder/test_a.py")
    two = project.pytest("--shard=1/2", "test_a.py", folder=project.root / "folder")
    assert one.recorded.header["segment"] == two.recorded.header["segment"] != SEGMENT
