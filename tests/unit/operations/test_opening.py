"""Which run a shard belongs to, and which attempt at it this is."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from making import SEGMENT, finished, header_of, history_of, part_with, suite_of
from processes import run, run_together

from pytest_smartshard.journal.inventory_file import read_inventory
from pytest_smartshard.journal.plan_file import read_plan
from pytest_smartshard.journal.reading import read_header, read_journal
from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.record import JournalFooter, JournalHeader, OwnedFile
from pytest_smartshard.model.segment import Segment, ShardIndex, safe_name
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.opening import (
    KEPT_LOCAL_RUNS,
    earlier_plan,
    finished_shards,
    has_seen_other_tests,
    open_journal,
    open_run_by_other_plan,
    prepare_home,
)
from pytest_smartshard.planning.planner import PlanOptions, make_plan
from pytest_smartshard.store.replacing import locked

SUITE = suite_of({"a.py": ["t1", "t2"], "b.py": ["t3"]})


def plan_of(shards: int = 2, version: str = "1") -> Plan:
    return make_plan(SUITE, history_of({}), PlanOptions(shards=shards, version=version)).plan


def opened(
    home: Path,
    shard: str = "1/2",
    plan: Plan | None = None,
    *,
    done: bool = True,
    segment: Segment = SEGMENT,
    ci_run: str | None = None,
    attempt: int | None = None,
    collection: str = "c1",
) -> JournalHeader:
    """Open the journal of a shard and end it, by itself (*done*) or not."""
    plan = plan or plan_of(int(shard.partition("/")[2]))
    header = header_of(shard, run="", digest=plan.digest, segment=segment, collection=collection)
    writer, written = open_journal(home, header, part_with(plan), run=ci_run, attempt=attempt)
    with writer:
        if done:
            writer.finish(JournalFooter(exit_code=0, ran=0, seconds=1.0))
    return written


def runs_in(home: Path) -> set[str]:
    return {path.name for path in (home / "runs").iterdir()}


def test_the_home_keeps_itself_out_of_version_control(tmp_path: Path) -> None:
    home = tmp_path / "deep" / ".smartshard"
    prepare_home(home)
    ignore = home / ".gitignore"
    assert ignore.read_text() == "# Written by pytest-smartshard: history and journals of test runs.\n*\n"
    ignore.write_text("mine")
    prepare_home(home)
    assert ignore.read_text() == "mine"


def test_a_journal_is_opened_with_its_plan_beside_it(tmp_path: Path) -> None:
    plan = plan_of()
    count = OwnedFile(
        file="a.py", collected=2, collected_digest="c", remaining=2, remaining_digest="r", selected=("t1",)
    )
    part = part_with(plan, [count], [ItemKey("a.py", "t2"), ItemKey("a.py", "t1")])
    header = header_of("1/2", run="", digest=plan.digest, selected=1)
    writer, written = open_journal(tmp_path, header, part, run=None, attempt=None)
    with writer:
        writer.add(finished("t1"))
    folder = tmp_path / "runs" / written.identity.run / SEGMENT.slug
    assert {path.name for path in folder.iterdir()} == {
        "0-1-of-2-1.jsonl",
        f"0-{plan.digest}.plan.json",
        f"{part.inventory.digest}.tests.json",
    }
    assert writer.path == folder / "0-1-of-2-1.jsonl"
    found = read_journal(writer.path)
    assert (
        found.header
        == written
        == replace(
            header,
            identity=written.identity,
            plan=f"0-{plan.digest}.plan.json",
            inventory=part.inventory.digest,
        )
    )
    assert (found.files, found.tests) == ((count,), (finished("t1"),))
    assert read_plan(folder / written.plan).owners == plan.owners
    assert read_inventory(folder / f"{part.inventory.digest}.tests.json") == part.inventory


def test_shards_with_one_plan_join_one_local_run(tmp_path: Path) -> None:
    first, second = opened(tmp_path, "1/2"), opened(tmp_path, "2/2")
    assert first.identity.run.startswith("local-")
    assert first.identity.run == second.identity.run
    assert (first.identity.attempt, second.identity.attempt) == (1, 1)


def test_a_complete_run_is_closed(tmp_path: Path) -> None:
    runs = [opened(tmp_path, shard).identity.run for shard in ("1/2", "2/2", "1/2", "2/2")]
    assert runs[0] == runs[1]
    assert runs[2] == runs[3]
    assert len(set(runs)) == 2


def test_a_shard_that_is_there_already_is_a_new_attempt(tmp_path: Path) -> None:
    headers = [opened(tmp_path, "1/2") for _ in range(11)]
    assert len({header.identity.run for header in headers}) == 1
    assert [header.identity.attempt for header in headers] == list(range(1, 12))
    assert opened(tmp_path, "2/2").identity.attempt == 1
    assert opened(tmp_path, "1/2").identity.attempt == 1, "the run is complete, this is another"


def test_a_run_that_lacks_a_shards_end_is_still_open(tmp_path: Path) -> None:
    first = opened(tmp_path, "1/2", done=False)
    assert opened(tmp_path, "2/2").identity.run == first.identity.run
    again = opened(tmp_path, "1/2")
    assert (again.identity.run, again.identity.attempt) == (first.identity.run, 2)


def test_another_plan_count_or_segment_opens_another_run(tmp_path: Path) -> None:
    headers = [
        opened(tmp_path, "1/2"),
        opened(tmp_path, "1/2", plan_of(version="2")),
        opened(tmp_path, "1/3", plan_of(3)),
        opened(tmp_path, "1/2", segment=Segment("app", "linux-3.13")),
    ]
    assert len({header.identity.run for header in headers}) == 4
    assert opened(tmp_path, "2/2").identity.run == headers[0].identity.run
    assert opened(tmp_path, "2/2", plan_of(version="2")).identity.run == headers[1].identity.run


def test_the_newest_of_several_open_runs_is_joined(tmp_path: Path) -> None:
    older, newer = opened(tmp_path, "1/2"), opened(tmp_path, "1/2", plan_of(version="2"))
    plan_name = newer.plan
    # The same plan has been left open twice: as if the older run's folder had been brought from elsewhere.
    folder = tmp_path / "runs" / older.identity.run / SEGMENT.slug
    (folder / plan_name).touch()
    for age, header in ((2, older), (1, newer)):
        for path in (tmp_path / "runs" / header.identity.run).rglob("*"):
            os.utime(path, (10**9 - age, 10**9 - age))
        os.utime(tmp_path / "runs" / header.identity.run, (10**9 - age, 10**9 - age))
    assert opened(tmp_path, "2/2", plan_of(version="2")).identity.run == newer.identity.run


def test_journals_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    first = opened(tmp_path, "1/2")
    folder = tmp_path / "runs" / first.identity.run / SEGMENT.slug
    (folder / "0-2-of-2-1.jsonl").write_text("torn")
    (folder / "0-2-of-2-2.jsonl").write_text('{"kind":"header","format":9}\n')
    second = opened(tmp_path, "2/2")
    assert (second.identity.run, second.identity.attempt) == (first.identity.run, 3)


def test_what_the_ci_says_counts(tmp_path: Path) -> None:
    header = opened(tmp_path, "1/2", ci_run="gh-8123", attempt=3)
    assert (header.identity.run, header.identity.attempt) == ("gh-8123", 3)
    assert runs_in(tmp_path) == {"gh-8123"}
    assert opened(tmp_path, "2/2", ci_run="gh-8123", attempt=3).identity.attempt == 3
    assert opened(tmp_path, "1/2", ci_run="gh-8123", attempt=4).identity.attempt == 4
    assert opened(tmp_path, "1/2", ci_run="gh-8123", attempt=4).identity.attempt == 5, "never over another"
    assert opened(tmp_path, "1/2", ci_run="gh-8123").identity.attempt == 6
    assert opened(tmp_path, "1/2").identity.run.startswith("local-"), "no local run joins that of a CI"


def test_a_name_of_a_run_that_is_no_file_name_is_made_one(tmp_path: Path) -> None:
    header = opened(tmp_path, ci_run="../über/../run")
    assert header.identity.run == safe_name("../über/../run")
    assert len(runs_in(tmp_path)) == 1
    assert opened(tmp_path, "2/2", ci_run="../über/../run").identity.run == header.identity.run
    assert len(runs_in(tmp_path)) == 1


def test_old_local_runs_go_and_those_of_a_ci_stay(tmp_path: Path) -> None:
    opened(tmp_path, ci_run="gh-1")
    headers = []
    for number in range(KEPT_LOCAL_RUNS + 3):
        headers.append(opened(tmp_path, "1/1", plan_of(1, version=str(number))))
        age = 10**9 + number
        for path in (tmp_path / "runs" / headers[-1].identity.run).rglob("*"):
            os.utime(path, (age, age))
        os.utime(tmp_path / "runs" / headers[-1].identity.run, (age, age))
    kept = {header.identity.run for header in headers[3:]}
    assert runs_in(tmp_path) == kept | {"gh-1"}


OPEN = """
    import sys
    from pathlib import Path
    from making import header_of, history_of, part_with, suite_of
    from pytest_smartshard.operations.opening import open_journal
    from pytest_smartshard.planning.planner import PlanOptions, make_plan
    plan = make_plan(suite_of({"a.py": ["t"]}), history_of({}), PlanOptions(shards=8)).plan
    input()
    header = header_of(sys.argv[2], run="", digest=plan.digest)
    run = sys.argv[3] if sys.argv[3:] else None
    writer, written = open_journal(Path(sys.argv[1]), header, part_with(plan), run=run, attempt=None)
    writer.close()
    print(written.identity.run, written.identity.attempt)
"""


@pytest.mark.parametrize(
    ("shards", "attempts"),
    [([f"{number}/8" for number in range(1, 9)], [1] * 8), (["3/8"] * 4, [1, 2, 3, 4])],
    ids=["all shards", "one shard again and again"],
)
@pytest.mark.parametrize("name", [(), ("gh-1",)], ids=["local", "named"])
def test_shards_that_start_at_once_get_one_run(
    tmp_path: Path, shards: Sequence[str], attempts: Sequence[int], name: Sequence[str]
) -> None:
    said = [line.split() for line in run_together(OPEN, [[tmp_path, shard, *name] for shard in shards])]
    assert len({name for name, _ in said}) == 1
    assert sorted(int(attempt) for _, attempt in said) == list(attempts)


def test_a_run_that_has_a_name_waits_for_no_lock(tmp_path: Path) -> None:
    with locked(tmp_path / "runs"):
        assert opened(tmp_path, ci_run="gh-1").identity.attempt == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of file sizes")
def test_a_plan_that_cannot_be_written_leaves_no_journal_open(tmp_path: Path) -> None:
    """An open file would be a warning, and a suite may run with warnings as errors."""
    said = run(
        """
        import gc, resource, sys, warnings
        from pathlib import Path
        from making import header_of, history_of, part_with, suite_of
        from pytest_smartshard.operations.opening import open_journal
        from pytest_smartshard.planning.planner import PlanOptions, make_plan
        tests = [f"test_{number}" for number in range(1_000)]
        plan = make_plan(suite_of({"a.py": tests}), history_of({}), PlanOptions(shards=2)).plan
        caught = []
        sys.unraisablehook = lambda unraisable: caught.append(unraisable.exc_value)
        warnings.simplefilter("error")
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))
        header = header_of("1/2", run="", digest=plan.digest)
        try:
            open_journal(Path(sys.argv[1]), header, part_with(plan), run=None, attempt=None)
        except OSError as error:
            print(error.strerror)
        gc.collect()
        print(caught)
        """,
        tmp_path,
    )
    assert said == "File too large\n[]\n"


def test_finished_are_those_of_the_same_plan_generation_and_count(tmp_path: Path) -> None:
    header = opened(tmp_path, "2/3", ci_run="r")
    opened(tmp_path, "1/3", done=False, ci_run="r")
    opened(tmp_path, "3/3", plan_of(3, version="2"), ci_run="r")
    opened(tmp_path, "1/2", ci_run="r")
    folder = tmp_path / "runs" / "r" / SEGMENT.slug
    assert finished_shards(folder, header) == {2}
    assert finished_shards(folder, replace(header, digest="other")) == set()
    assert finished_shards(folder / "none", header) == set()


def pruned(home: Path, shard: str, file: str, other: str) -> tuple[JournalHeader, Path]:
    """A finished shard that has collected *file* alone: its header as written, and the folder of its journal."""
    plan = plan_of(2)
    header = replace(header_of(shard, run="", digest=plan.digest, collection="files"), pruned=True)
    inventory = Inventory.of([ItemKey(file, "t1")], [other])
    writer, written = open_journal(
        home, header, replace(part_with(plan), inventory=inventory), run=None, attempt=None
    )
    with writer:
        writer.finish(JournalFooter(exit_code=0, ran=0, seconds=1.0))
    assert read_inventory(writer.path.parent / f"{written.inventory}.tests.json") == inventory
    assert read_header(writer.path) == written
    return written, writer.path.parent


def test_pruned_shards_agree_on_the_files_and_each_leaves_a_list_of_its_own(tmp_path: Path) -> None:
    first, folder = pruned(tmp_path, "1/2", "a.py", "b.py")
    second, same = pruned(tmp_path, "2/2", "b.py", "a.py")
    assert (folder, first.collection) == (same, second.collection)
    assert len(list(folder.glob("*.tests.json"))) == 2
    assert finished_shards(folder, second) == {1, 2}
    assert not has_seen_other_tests(folder, second)


def plan_for(home: Path, shard: str, attempt: int | None = None, run: str = "r") -> tuple[str | None, bool]:
    """Name of the plan that is found for the shard, and whether this is a later attempt."""
    number, count = map(int, shard.split("/"))
    path, is_later = earlier_plan(home, run, SEGMENT, ShardIndex(number, count), attempt)
    assert path is None or path.parent == home / "runs" / run / SEGMENT.slug
    return (path.name if path else None), is_later


def test_an_earlier_attempts_plan_is_found(tmp_path: Path) -> None:
    name = f"0-{plan_of(2).digest}.plan.json"
    opened(tmp_path, "1/2", ci_run="r")
    (tmp_path / "runs" / "r" / SEGMENT.slug / "0-1-of-2-2.jsonl").write_text("torn")
    assert plan_for(tmp_path, "1/2") == (name, True)
    assert plan_for(tmp_path, "1/2", 1) == (name, True), "it has run, whatever the CI counts"
    assert plan_for(tmp_path, "2/2", 2) == (name, True), "another's of as many"
    assert plan_for(tmp_path, "2/2", 1) == (name, False), "another's, although this is the first attempt"
    assert plan_for(tmp_path, "2/2") == (name, False)
    assert plan_for(tmp_path, "1/3", 2) == (None, True)
    assert plan_for(tmp_path, "1/2", 2, run="other") == (None, True)
    assert earlier_plan(tmp_path, "r", Segment("app", "other"), ShardIndex(1, 2), None) == (None, False)


def test_the_shards_own_newest_plan_comes_first(tmp_path: Path) -> None:
    opened(tmp_path, "2/2", plan_of(2, version="another's"), ci_run="r")
    for number in range(1, 12):
        opened(tmp_path, "1/2", plan_of(2, version=str(number)), ci_run="r")
    assert plan_for(tmp_path, "1/2") == (f"0-{plan_of(2, version='11').digest}.plan.json", True)


def test_of_several_plans_of_others_none_is_chosen(tmp_path: Path) -> None:
    opened(tmp_path, "1/3", plan_of(3, version="1"), ci_run="r")
    opened(tmp_path, "2/3", plan_of(3, version="2"), ci_run="r")
    assert plan_for(tmp_path, "3/3", 2) == (None, True)


@pytest.mark.parametrize("name", ["../../outside.json", "gone.json", "", "/etc/passwd"])
def test_a_journal_names_no_plan_but_one_beside_it(tmp_path: Path, name: str) -> None:
    header = opened(tmp_path, "1/2", ci_run="r")
    (tmp_path / "runs" / "outside.json").touch()
    path = tmp_path / "runs" / "r" / SEGMENT.slug / "0-1-of-2-1.jsonl"
    path.write_text(path.read_text().replace(header.plan, name))
    assert read_header(path).plan == name
    assert plan_for(tmp_path, "1/2") == (None, True)


def test_a_run_before_this_one_that_another_plan_left_open_is_told(tmp_path: Path) -> None:
    """The shards of both do not add up to the suite."""
    assert open_run_by_other_plan(tmp_path, opened(tmp_path, "1/2")) is None
    first = opened(tmp_path, "1/2", plan_of(version="2"), done=False)
    second = opened(tmp_path, "2/2", plan_of(version="3"))
    assert open_run_by_other_plan(tmp_path, second) == first.identity.run
    third = opened(tmp_path, "1/3", plan_of(3))
    assert open_run_by_other_plan(tmp_path, third) is None, "another count is another matter"


def test_a_run_before_this_one_by_the_same_plan_is_not_told(tmp_path: Path) -> None:
    runs = [opened(tmp_path, shard) for shard in ("1/2", "2/2", "1/2")]
    assert runs[2].identity.run != runs[0].identity.run
    assert open_run_by_other_plan(tmp_path, runs[2]) is None


def test_a_complete_run_before_this_one_is_not_told(tmp_path: Path) -> None:
    opened(tmp_path, "1/2"), opened(tmp_path, "2/2")
    assert open_run_by_other_plan(tmp_path, opened(tmp_path, "1/2", plan_of(version="2"))) is None


def test_what_cannot_be_read_before_this_one_is_not_told(tmp_path: Path) -> None:
    first = opened(tmp_path, "1/2")
    (tmp_path / "runs" / first.identity.run / SEGMENT.slug / "0-1-of-2-1.jsonl").write_text("torn")
    assert open_run_by_other_plan(tmp_path, opened(tmp_path, "1/2", plan_of(version="2"))) is None


def test_shards_of_one_plan_that_collected_different_tests_are_told(tmp_path: Path) -> None:
    first = opened(tmp_path, "1/2")
    folder = tmp_path / "runs" / first.identity.run / SEGMENT.slug
    (folder / "0-2-of-2-1.jsonl").write_text("torn")
    assert not has_seen_other_tests(folder, first)
    second = opened(tmp_path, "2/2", collection="c2")
    assert second.identity.run == first.identity.run
    assert has_seen_other_tests(folder, first)
    assert has_seen_other_tests(folder, second)
    assert not has_seen_other_tests(folder, replace(second, digest="other")), "another plan is told as such"


def test_a_complete_run_stays_closed_for_shards_that_collected_other_tests(tmp_path: Path) -> None:
    complete = [opened(tmp_path, shard) for shard in ("1/2", "2/2")]
    other = opened(tmp_path, "1/2", collection="c2")
    assert other.identity.run != complete[0].identity.run
    assert opened(tmp_path, "2/2", collection="c2").identity.run == other.identity.run
