"""The lines by which a merge says what it concludes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from making import FILE, SEGMENT, finished, header_of, shard_journal
from pruned_runs import FILES, ONE, TWO, A, B, C, Left

from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.merged import CoverageTotal, MergedRun, MergedSegment, StoreChange
from pytest_smartshard.model.proof import Verdict
from pytest_smartshard.model.record import CollectionError, Journal
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.proof import prove
from pytest_smartshard.reports.verdict import coverage_line, verdict_lines

SUITE = ["a", "b", "c", "d"]
SLUG = SEGMENT.slug
REST = "run what is left with pytest --shard-rerun=artifacts"


def part(shard: str, selected: Sequence[str], header: dict[str, Any] | None = None, **rest: Any) -> Journal:
    return shard_journal(header_of(shard, **(header or {})), selected, collected=SUITE, **rest)


def merged_of(*journals: Journal, suite: Sequence[str] = SUITE, listed: bool = True, **more: Any) -> MergedRun:
    inventory = Inventory.of(ItemKey(FILE, tail) for tail in suite)
    found = [replace(j, header=replace(j.header, collection=inventory.digest)) for j in journals]
    proof = prove(found, {inventory.digest: inventory} if listed else {})
    return MergedRun(run="r1", segments=(MergedSegment(proof=proof),), rest="artifacts", **more)


WHOLE = (part("1/2", ["a", "b"]), part("2/2", ["c", "d"]))


def said(merged: MergedRun) -> list[str]:
    return [line.removeprefix(f"{SLUG}: ") for line in verdict_lines(merged)]


def test_a_proved_run() -> None:
    assert verdict_lines(merged_of(*WHOLE)) == [f"{SLUG}: proved: 4 tests ran exactly once in 2 shards"]
    assert verdict_lines(merged_of(*WHOLE), quiet=True) == []
    assert verdict_lines(merged_of(*WHOLE), is_last_shard=True) == [
        "proved: 4 tests ran exactly once in 2 shards"
    ]


def test_what_the_store_learned_stands_before_it() -> None:
    merged = merged_of(*WHOLE)
    for written, knows in ((True, "now knows"), (False, "already knew all of it:")):
        change = StoreChange(path="s.json", journals=2, tests=4, written=written)
        stored = replace(merged, segments=(replace(merged.segments[0], store=change),))
        assert said(stored)[0] == f"2 journals read, s.json {knows} 4 tests"


def test_a_red_run_with_all_that_makes_it_so() -> None:
    failed = part(
        "1/2",
        ["a", "b"],
        tests=[finished("a", outcome="failed"), finished("b", reruns=1)],
        errors=[CollectionError(node="test_z.py", details="")],
    )
    merged = merged_of(failed, part("2/2", ["c", "d"], exit_code=3))
    assert merged.verdict is Verdict.RED
    assert said(merged) == [
        "proved: 4 tests ran exactly once in 2 shards, 1 failed, 1 file could not be collected, 1 flaky",
        "shard 2/2 exited with 3 although none of its tests says why; see its log",
        "could not be collected: test_z.py",
    ]


def test_a_run_that_was_stopped() -> None:
    stopped = part("2/2", ["c", "d"], tests=[finished("c")], reason="interrupted\x1b[2J")
    merged = merged_of(WHOLE[0], stopped)
    assert merged.verdict is Verdict.STOPPED
    assert said(merged) == [
        "stopped: 1 of 4 tests did not run",
        "shard 2/2 stopped early: interrupted\\x1b[2J",
        f"1 test assigned and not run, by shard 2/2: {FILE}::d",
        REST,
    ]


def test_a_shard_that_died() -> None:
    died = part("2/2", ["c", "d"], tests=[], begun=["c"], reason=None)
    assert said(merged_of(WHOLE[0], died)) == [
        "NOT PROVED: 2 of 4 tests did not run to the end",
        f"shard 2/2 died in attempt 1 while it ran {FILE}::c: its journal has no end",
        f"1 test started and not finished, by shard 2/2: {FILE}::c",
        f"1 test assigned and not run, by shard 2/2: {FILE}::d",
        REST,
    ]


def test_nothing_lost_and_still_not_proved() -> None:
    assert said(merged_of(WHOLE[0], part("2/2", ["c", "d"], reason=None))) == [
        "NOT PROVED: the journals do not show that every test ran exactly once",
        "shard 2/2 died in attempt 1: its journal has no end",
        REST,
    ]


def test_missing_shards() -> None:
    give = (
        "give merge the .smartshard/runs folders of all its jobs, kept also where tests fail, or run what "
        "is missing"
    )
    assert said(merged_of(WHOLE[0])) == [
        "NOT PROVED: 2 of 4 tests did not run to the end",
        f"run r1 lacks shard 2 of 2; {give}",
        f"2 tests assigned and not run, by shard 2/2: {FILE}::c, {FILE}::d",
        REST,
    ]
    assert said(merged_of(part("1/3", ["a", "b"], {"generation": 1}))) == [
        "NOT PROVED: 2 of 4 tests did not run to the end",
        f"run r1 (generation 1) lacks shards 2, 3 of 3; {give}",
        f"2 tests in no journal that is there: {FILE}::c, {FILE}::d",
        REST,
    ]


def test_shards_that_planned_differently() -> None:
    other = part("2/2", ["b", "c"], {"digest": "d2"})
    assert said(merged_of(WHOLE[0], other)) == [
        "NOT PROVED: 1 of 4 tests did not run to the end, 1 test ran more than once",
        (
            "the shards of run r1 followed different plans (d1, d2), so tests may have run twice or never; give "
            "all shards the same store, options and environment"
        ),
        f"1 test never assigned: {FILE}::d",
        f"1 test ran more than once: {FILE}::b in shards 1/2, 2/2",
        REST,
    ]


def test_shards_that_saw_different_tests() -> None:
    more = shard_journal(header_of("2/2"), ["c", "d"], collected=[*SUITE, "e"])
    merged = merged_of(WHOLE[0], more)
    assert said(merged) == [
        "NOT PROVED: the journals do not show that every test ran exactly once",
        f"shards saw different tests in {FILE}",
    ]


def test_shards_that_collected_different_tests() -> None:
    one, two = (
        replace(j, header=replace(j.header, collection=c)) for j, c in zip(WHOLE, ("c1", "c2"), strict=True)
    )
    merged = MergedRun(run="r1", segments=(MergedSegment(proof=prove([one, two], {})),), rest="artifacts")
    assert said(merged) == [
        "NOT PROVED: the journals do not show that every test ran exactly once",
        (
            "the shards of run r1 collected different tests, so some may have run twice or never; see that all "
            "have the same tests, with the same ids in every process"
        ),
        (
            "the list of all tests is not among the files, so tests that no shard was given cannot be named; "
            "keep the .tests.json files beside the journals"
        ),
        (
            "probably the shards collected different tests: another checkout, or ids that change from process to "
            "process"
        ),
    ]


def test_an_older_journal_and_an_empty_suite() -> None:
    counted = replace(WHOLE[0], files=(replace(WHOLE[0].files[0], selected=None),))
    assert (
        "a journal of an older version does not say which tests its shard was to run; use one version of "
        "pytest-smartshard in all jobs"
    ) in said(merged_of(counted, WHOLE[1]))
    assert said(merged_of(shard_journal(header_of(), []), suite=[])) == [
        "NOT PROVED: the journals do not show that every test ran exactly once",
        "no shard collected any test, so nothing is proved; see that the suite is where it should be",
    ]


def test_what_was_left_in_generations() -> None:
    died = part("2/2", ["c", "d"], tests=[], reason=None)
    rest = part("1/1", ["c"], {"generation": 1})
    merged = merged_of(WHOLE[0], died, rest, suite=["a", "b", "c"])
    assert said(merged) == [
        "proved: 3 tests ran exactly once in 2 shards, then what was left in 1 shard",
        f"1 test that were left are no longer collected: {FILE}::d",
    ]


def test_the_run_as_a_whole() -> None:
    merged = merged_of(
        *WHOLE,
        absent=(Segment("app", "macos-3.12"),),
        others=("r0",),
        cause="all segments together have each shard once",
        notes=("a note",),
        refusals=("what was asked for cannot be done",),
    )
    assert merged.verdict is Verdict.UNPROVED
    assert verdict_lines(merged) == [
        "a note",
        "judged is run r1; journals of r0 are left out: name a run with --run",
        f"{SLUG}: proved: 4 tests ran exactly once in 2 shards",
        (
            "app@macos-3.12@all: run r1 left nothing of this segment, which the last complete run had; see that "
            "its jobs ran and kept their journals, or say with --expect which segments there should be"
        ),
        "probably all segments together have each shard once",
        "what was asked for cannot be done",
    ]


def test_coverage() -> None:
    for gate, is_met, line in (
        (0.0, True, "coverage of all shards: 87.5 %"),
        (80.0, True, "coverage of all shards: 87.5 % reaches fail_under=80"),
        (90.5, False, "coverage of all shards: 87.5 % is below fail_under=90.5"),
    ):
        total = CoverageTotal(percent=87.46, fail_under=gate, is_met=is_met, precision=1)
        merged = merged_of(*WHOLE, coverage=total)
        assert coverage_line(merged) == line
        assert line in verdict_lines(merged)
        assert (line in verdict_lines(merged, quiet=True)) is not is_met
        assert merged.verdict is (Verdict.GREEN if is_met else Verdict.RED)


def test_a_long_list_is_cut_and_names_are_printable() -> None:
    names = [f"t{number:02d}\n::error::" for number in range(12)]
    merged = merged_of(shard_journal(header_of(), names, [], reason=None), suite=names)
    line = said(merged)[2]
    assert line.startswith(f"12 tests assigned and not run, by shard 1/1: {FILE}::t00\\n::error::, ")
    assert line.endswith(" and 2 more")


def test_what_was_not_judged_must_not_pass_and_a_stop_stays_one() -> None:
    stopped = merged_of(
        WHOLE[0], part("2/2", ["c", "d"], tests=[], reason="interrupted"), refusals=("no coverage",)
    )
    assert stopped.verdict is Verdict.STOPPED
    assert merged_of(*WHOLE, refusals=("no coverage",)).verdict is Verdict.UNPROVED


GIVE = (
    "give merge the .smartshard/runs folders of all its jobs, kept also where tests fail, or run what is missing"
)


def said_of(left: Left) -> list[str]:
    return said(MergedRun(run="r1", segments=(MergedSegment(proof=left.proof),), rest="artifacts"))


def test_files_of_which_nobody_knows_the_tests() -> None:
    assert said_of(Left().add("1/2", ONE)) == [
        "NOT PROVED: 1 of 4 tests and 1 file (its tests are not known) did not run to the end",
        f"run r1 lacks shard 2 of 2; {GIVE}",
        f"1 test assigned and not run, by shard 2/2: {C}::c2",
        f"1 file (its tests are not known) assigned and not run, by shard 2/2: {B}",
        REST,
    ]
    assert said_of(Left().add("1/3", {}, files=(A, B))) == [
        "NOT PROVED: 2 files (their tests are not known) did not run to the end",
        f"run r1 lacks shards 2, 3 of 3; {GIVE}",
        f"2 files (their tests are not known) in no journal that is there: {A}, {B}",
        REST,
    ]


def test_files_that_their_owners_have_not_collected() -> None:
    assert said_of(Left().add("1/2", ONE).add("2/2", {})) == [
        "NOT PROVED: 1 of 4 tests and 1 file (its tests are not known) did not run to the end",
        f"not collected: {C} by shard 2, though it is theirs; see that nothing in those jobs leaves files out",
        f"1 test never assigned: {C}::c2",
        f"1 file (its tests are not known) collected by no shard: {B}",
        REST,
    ]


def test_shards_that_saw_different_files() -> None:
    assert said_of(Left().add("1/2", ONE).add("2/2", TWO, files=FILES[1:])) == [
        "NOT PROVED: the journals do not show that every test ran exactly once",
        (
            "the shards of run r1 saw different test files, so tests may have run twice or never; see that all "
            "have the same files, generated ones too"
        ),
        f"shards saw different tests in {A}",
        (
            f"probably the shards saw different test files ({A} not in all): another checkout, or files that are "
            "generated"
        ),
    ]


def test_some_shards_collected_everything() -> None:
    assert said_of(Left().add("1/2", ONE).add("2/2", TWO, pruned=False)) == [
        "NOT PROVED: the journals do not show that every test ran exactly once",
        (
            "some shards of run r1 collected only their own files and others all, so tests may have run twice or "
            "never; give all shards the same options, shard_prune too"
        ),
        (
            "probably some shards collected only their own files (1) and others all files (2); give all of them "
            "the same shard_prune and the same store"
        ),
    ]


def test_files_that_failed_only_where_others_were_left_out() -> None:
    left = Left().add("1/2", ONE, failed=["a1"]).add("2/2", TWO)
    left.add("1/1", {A: ("a1",)}, pruned=False, generation=1)
    proved = "proved: 5 tests ran exactly once in 2 shards, then what was left in 1 shard, 1 flaky"
    note = (
        f"{A} failed only where other files were left out: unless it was mended since, it may need something "
        "that another file imports; import it there, or switch pruning off with shard_prune = off"
    )
    assert said_of(left) == [proved, note]
    left = Left().add("1/2", ONE, failed=["a1"]).add("2/2", TWO, failed=["b1"])
    left.add("1/1", {A: ("a1",), B: ("b1",)}, pruned=False, generation=1)
    note = (
        f"{A}, {B} failed only where other files were left out: unless they were mended since, they may need "
        "something that other files import; import it where it is needed, or switch pruning off with "
        "shard_prune = off"
    )
    assert said_of(left)[1:] == [note]
