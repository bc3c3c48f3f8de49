"""``smartshard plan``: a plan from the store or a list of tests, and why a test is where it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from making import history_of
from sharded import SEGMENT, Project, exactly_once, functions

from pytest_smartshard.model.segment import Segment
from pytest_smartshard.store.format import history_text

SUITE = {"test_a.py": functions("a1", "a2", "a3"), "folder/test_b.py": functions("b1")}
COSTS = {"test_a.py": {"test_a1": 4_000_000, "test_a2": 2_000_000}, "folder/test_b.py": {"test_b1": 3_000_000}}
IDS = ["test_a.py::test_a1", "test_a.py::test_a2", "test_a.py::test_a3", "folder/test_b.py::test_b1"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A suite, and a store that knows three of its four tests."""
    project = Project.make(tmp_path / "project", SUITE)
    project.store_path.parent.mkdir(parents=True)
    project.store_path.write_text(history_text(history_of(COSTS), Segment.from_slug(SEGMENT)), encoding="ascii")
    return project


def without_digest(lines: tuple[str, ...]) -> list[str]:
    return [re.sub(r"[0-9a-f]{12}", "#", line) for line in lines]


def refused(project: Project, *arguments: str) -> list[str]:
    """The messages of a usage error."""
    result = project.smartshard("plan", *arguments)
    assert (result.code, result.lines) == (4, ())
    return [line.removeprefix("smartshard: ") for line in result.errors]


def test_the_plan_for_what_the_store_knows(project: Project) -> None:
    result = project.smartshard("plan", "--shards=2")
    assert (result.code, result.errors) == (0, ())
    assert without_digest(result.lines) == [
        f"Segment {SEGMENT}: 3 tests in 2 files",
        "Plan # for 2 shards, packer lpt",
        "Predicted makespan 5.00 s, lower bound 5.00 s, imbalance 1.00; 100 % of the time from history",
        "",
        "Shard  Tests  Files  Predicted",
        "  1/2      1      1     4.00 s",
        "  2/2      2      2     5.00 s",
    ]


def test_a_list_of_tests_is_planned_and_the_test_that_binds_is_named(project: Project) -> None:
    ids = "\n".join([*IDS, "", "4 tests collected in 0.01s"])
    (project.root / "ids.txt").write_text(ids, encoding="utf-8")
    result = project.smartshard("plan", "--shards=3", "--tests=ids.txt", "--packer=hash", "--lanes=2")
    assert (result.code, result.errors) == (0, ())
    assert without_digest(result.lines)[:4] == [
        f"Segment {SEGMENT}: 4 tests in 2 files",
        "Plan # for 3 shards of 2 lanes, packer hash",
        "Predicted makespan 6.00 s, lower bound 4.00 s, imbalance 1.50; 75 % of the time from history",
        "One test alone sets the lower bound: test_a.py::test_a1",
    ]


def test_without_a_history_the_list_is_planned_all_the_same(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    collected = project.pytest("--collect-only", "-q")
    (project.root / "ids.txt").write_text("\n".join(collected.lines), encoding="utf-8")
    result = project.smartshard("plan", "--shards=2", "--tests=ids.txt")
    assert (result.code, result.errors) == (0, ())
    assert "No history yet: nothing can be predicted." in result.lines
    assert [line.split() for line in result.lines[-2:]] == [["1/2", "3", "1", "-"], ["2/2", "1", "1", "-"]]


def test_a_plan_that_was_written_is_followed(project: Project) -> None:
    (project.root / "ids.txt").write_text("\n".join(IDS), encoding="utf-8")
    written = project.smartshard("plan", "--shards=2", "--tests=ids.txt", "--out=plan.json")
    assert (written.code, written.lines, written.errors) == (0, (), ())
    document = json.loads((project.root / "plan.json").read_text("ascii"))
    assert [shard["predicted_seconds"] for shard in document["shards"]] == [7.0, 5.0]
    assert (document["known_share"], document["lower_bound_seconds"]) == (0.75, 6.0)

    results = [project.run(shard, 2, "--shard-plan=plan.json") for shard in (1, 2)]
    exactly_once(results, project.pytest())

    shown = project.smartshard("plan", "--plan=plan.json", "--tests=ids.txt")
    assert shown.code == 0
    assert shown.lines[1] == f"Plan {results[0].recorded.header['digest']} for 2 shards, packer lpt"
    again = project.smartshard("plan", "--plan=plan.json", "--format=json")
    assert json.loads("\n".join(again.lines))["shards"] == document["shards"]


def test_a_test_is_explained(project: Project) -> None:
    known = project.smartshard("plan", "--shards=2", "--explain=test_a.py::test_a2")
    assert (known.code, known.errors) == (0, ())
    divided = "test_a.py is divided between shards 1, 2, and the plan puts this test there"
    assert without_digest(known.lines) == [
        "test_a.py::test_a2",
        f"  runs in shard 2/2 of plan #: {divided}",
        "  predicted: 2.00 s by its own history",
    ]
    new = project.smartshard("plan", "--shards=2", "--explain=folder/test_b.py::test_new", "--format=json")
    assert new.code == 0
    document = json.loads("\n".join(new.lines))
    digest = document.pop("digest")
    assert re.fullmatch("[0-9a-f]{12}", digest)
    assert document == {
        "test": "folder/test_b.py::test_new",
        "new": True,
        "shard": 2,
        "shards": 2,
        "placed": "all of folder/test_b.py runs there",
        "predicted": "3.00 s, guessed: the mean of 1 test in folder/test_b.py",
        "history": [],
    }
    text = project.smartshard("plan", "--shards=2", "--explain=folder/test_b.py::test_new")
    assert text.lines[1] == "  is none of the tests that were planned for: a new one, or misspelt"


def test_the_samples_of_a_measured_test_are_told(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.pytest("--shard-record")
    project.pytest("--shard-record")
    result = project.smartshard("plan", "--shards=2", "--explain=test_a.py::test_a2")
    assert re.fullmatch(r"  history, newest last: \d+\.\d\d s, \d+\.\d\d s", result.lines[-1])


def test_a_store_of_another_environment_is_borrowed_from_and_named(project: Project) -> None:
    result = project.smartshard("plan", "--shards=2", "--segment=root@other-1.0@all")
    assert result.code == 0
    assert result.errors == (f"no history of root@other-1.0@all yet: borrowed from {SEGMENT}",)
    assert result.lines[0] == "Segment root@other-1.0@all: 3 tests in 2 files"


def test_all_mistakes_are_told_together(project: Project) -> None:
    shape = "write suite@environment@selection, as in the file names of a store"
    arguments = ["--lanes=0", "--packer=x", "--segment=all", "--format=yaml"]
    assert refused(project, *arguments) == [
        "--packer=x: no such choice; use one of lpt, round-robin, hash, chunks",
        f"--segment=all: not the name of a segment; {shape}",
        "--lanes=0: not a whole number from 1 to 9999; write --lanes=4, for example",
        "--format=yaml: no such choice; use one of text, json",
        "--shards: how many shards is not said; write --shards=N, or --plan=FILE to look at a plan",
    ]


def test_a_plan_that_is_there_takes_no_options_of_making_one(project: Project) -> None:
    made = "with --plan=absent.json: that plan is made already; leave one of them out"
    reason = "cannot be read (No such file or directory)"
    assert refused(project, "--plan=absent.json", "--shards=2", "--packer=hash") == [
        f"--shards=2 {made}",
        f"--packer=hash {made}",
        f"--plan=absent.json: {reason}; write one with --shard-plan-out or smartshard plan",
    ]


def test_where_there_is_nothing_to_plan_the_mend_is_told(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    store = project.home / "durations"
    name_one = "name a store with --store, or the tests with --tests"
    assert refused(project, "--shards=2") == [
        f"shard_store = {store}: no history is there, so there is nothing to plan; {name_one}"
    ]
    (project.root / "empty.txt").write_text("no tests collected\n", encoding="utf-8")
    assert refused(project, "--shards=2", "--tests=empty.txt") == [
        "--tests=empty.txt: no test is there; write a node id on each line, such as test_a.py::test_b"
    ]
    assert refused(project, "--shards=2", "--tests=absent.txt") == [
        "--tests=absent.txt: cannot be read (No such file or directory); name a file with a node id on each line"
    ]
    assert not project.home.exists()


def test_a_store_may_be_one_file(project: Project) -> None:
    result = project.smartshard("plan", "--shards=1", f"--store={project.store_path}")
    assert (result.code, result.errors) == (0, ())
    assert result.lines[0] == f"Segment {SEGMENT}: 3 tests in 2 files"
