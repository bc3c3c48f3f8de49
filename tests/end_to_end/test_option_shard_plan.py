"""``--shard-plan-out``, ``--shard-plan``: a plan as a file, pinned for all shards whatever has changed since."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sharded import Project, Result, exactly_once, functions

HEAVY = """
    import pytest

    @pytest.mark.parametrize("number", range(12))
    def test_many(number): pass

    class TestOne:
        def test_a(self): pass
        def test_b(self): pass
    """
SUITE = {
    "test_heavy.py": HEAVY,
    "test_light.py": functions("a", "b", "c"),
    "test_gone.py": functions("x", "y"),
    "folder/test_moved.py": functions("m", "n"),
}
COUNT = 4


def pinned(project: Project, count: int = COUNT) -> Path:
    """A plan of the suite as it is, made without running anything."""
    project.pytest("--shard-record")
    path = project.root / "plan.json"
    result = project.pytest("--collect-only", "-q", f"--shard=1/{count}", f"--shard-plan-out={path}")
    assert (result.code, result.ran, result.journal) == (0, (), None)
    return path


def change(project: Project) -> None:
    """Tests are added to known and new files, removed, renamed and moved."""
    project.write(
        {
            "test_heavy.py": HEAVY.replace("range(12)", "range(3, 15)").replace("test_b", "test_renamed")
            + "\n    class TestNew:\n        def test_a(self): pass\n        def test_b(self): pass\n",
            "test_light.py": functions("a", "c", "d", "e"),
            "test_new.py": functions(*(f"n{number}" for number in range(5))),
            "folder/test_renamed.py": functions("m", "n"),
        }
    )
    (project.root / "test_gone.py").unlink()
    (project.root / "folder" / "test_moved.py").unlink()


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["alone", "workers"])
def test_a_pinned_plan_runs_each_test_once_whatever_has_changed(tmp_path: Path, options: tuple[str, ...]) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plan = pinned(project)
    change(project)
    plain = project.pytest()

    results = [
        project.run(shard, COUNT, f"--shard-plan={plan}", "--shard-run=one", *options)
        for shard in range(1, COUNT + 1)
    ]
    exactly_once(results, plain)

    project.pytest("--shard-record")  # another history must not move a test
    again = project.run(2, COUNT, f"--shard-plan={plan}", "--shard-run=one", *options)
    assert sorted(again.ran) == sorted(results[1].ran)
    assert again.recorded.header["digest"] == results[1].recorded.header["digest"]
    assert again.recorded.header["attempt"] == 2


def test_what_the_plan_names_runs_where_it_says(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    document = json.loads(pinned(project, 2).read_text("ascii"))
    # Edited by hand: everything in the second shard.
    first, second = document["shards"]
    second["files"] = sorted({*first["files"], *second["files"], *first["tests"], *second["tests"]})
    first["files"], first["tests"], second["tests"] = [], {}, {}
    path = project.root / "edited.json"
    path.write_text(json.dumps(document), encoding="ascii")

    results = [project.run(shard, 2, "--shard-plan=edited.json") for shard in (1, 2)]
    exactly_once(results, project.pytest())
    assert [len(result.ran) for result in results] == [0, 21]


def test_shards_that_pin_different_plans_are_found_out(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    text = pinned(project, 2).read_text("ascii")
    (project.root / "other.json").write_text(text.replace("test_light.py", "test_other.py"), encoding="ascii")
    project.run(1, 2, "--shard-plan=plan.json", "--shard-run=x")
    project.run(2, 2, "--shard-plan=other.json", "--shard-run=x")
    merged = project.smartshard("merge", project.home / "runs")
    assert merged.code == 3
    assert any("the shards of run x followed different plans" in line for line in merged.lines)


def test_the_plan_is_written_by_any_shard_and_is_what_it_follows(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    pinned(project)
    for options in ((), ("-n2",)):
        result = project.run(3, COUNT, "--shard-plan-out=written.json", "--shard-run=x", *options)
        written = json.loads((project.root / "written.json").read_text("ascii"))
        assert written["digest"] == result.recorded.header["digest"]
        assert f"smartshard: the plan is in {project.root / 'written.json'}" in result.lines


def refused(result: Result) -> tuple[str, ...]:
    assert result.code == 4
    assert result.ran == ()
    return result.usage_errors


def test_what_is_no_plan_for_this_shard_is_refused(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plan = pinned(project)
    (project.root / "torn.json").write_text(plan.read_text("ascii")[:80], encoding="ascii")
    newer = plan.read_text("ascii").replace('"format": 1', '"format": 99')
    (project.root / "newer.json").write_text(newer, encoding="ascii")
    write_one = "write one with --shard-plan-out or smartshard plan"

    absent = "--shard-plan=absent.json: cannot be read (No such file or directory)"
    assert refused(project.run(1, COUNT, "--shard-plan=absent.json")) == (f"{absent}; {write_one}",)
    (torn,) = refused(project.run(1, COUNT, "--shard-plan=torn.json"))
    assert torn.startswith("--shard-plan=torn.json: is no plan (")
    assert torn.endswith(f"); {write_one}")
    (newer,) = refused(project.run(1, COUNT, "--shard-plan=newer.json"))
    assert newer == (
        "--shard-plan=newer.json: has format 99, and this version reads up to 1; upgrade pytest-smartshard or "
        "write the plan with this version"
    )
    (other,) = refused(project.run(2, 3, "--shard-plan=plan.json"))
    assert other == (
        "--shard-plan=plan.json: divides the suite into 4 shards, and this is shard 2/3; write a plan for 3, or "
        "run 4"
    )


def test_options_that_contradict_each_other_are_told_together(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    *others, absent = refused(
        project.pytest("--shard-plan=p.json", "--shard-plan-out=q.json", "--shard-packer=hash")
    )
    assert others == [
        "--shard-plan=p.json: there is no shard to plan for; add --shard=K/N",
        "--shard-plan-out=q.json: there is no shard to plan for; add --shard=K/N",
        "--shard-packer=hash with --shard-plan=p.json: that plan is made already; leave one of them out",
    ]
    assert absent.startswith("--shard-plan=p.json: cannot be read (")
    empty = refused(project.run(1, 2, "--shard-plan="))
    assert empty == ("--shard-plan=: no value; give one, or leave the option out",)


def test_a_plan_that_cannot_be_written_is_an_error_and_nothing_runs(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    for options in ((), ("-n2",)):
        (error,) = refused(project.run(1, 2, "--shard-plan-out=pytest.ini/plan.json", *options))
        option, reason = "--shard-plan-out=pytest.ini/plan.json", r"\((File exists|Not a directory)\)"
        assert re.fullmatch(f"{option}: cannot be written {reason}; name a file in a folder of yours", error)
