"""What a CI system is to show: the gravest first, ten things at most."""

from __future__ import annotations

from dataclasses import replace

import pytest
from merged_runs import DETAILS, FILE, SEGMENT, bad_run, counted, green_segment

from pytest_smartshard.model.annotation import Annotation
from pytest_smartshard.model.merged import CoverageTotal, MergedRun
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.reports.annotating import MOST, annotations_of

SLUG = SEGMENT.slug


def test_a_green_run_has_none() -> None:
    assert annotations_of(MergedRun(run="r1", segments=(green_segment(counted("test_a")),))) == []


def test_everything_that_is_wrong() -> None:
    merged = replace(bad_run(), coverage=None)
    assert len(annotations_of(merged)) == 10
    absent = annotations_of(merged)[2]
    assert absent == Annotation(
        title="segment missing", message="root@linux-3.13@all: the run left nothing of it"
    )
    merged = replace(merged, absent=())
    assert annotations_of(merged) == [
        Annotation(
            title="unproved",
            message=f"{SLUG}: NOT PROVED: 2 of 7 tests and 1 file (its tests are not known) did not run to the "
            "end, 1 test ran more than once",
        ),
        Annotation(title="shard failed", message=f"{SLUG}: shard 1/3 exited with 1; see its log"),
        Annotation(title="not judged", message="coverage of test_x was not judged"),
        Annotation(
            title="test failed", message=f"{FILE}::test_x in shard 1/3: assert 1 == 2", file=FILE, suite="root"
        ),
        Annotation(
            title="worker crashed",
            message=f"{FILE}::test_xb in shard 1/3: worker 'gw0' crashed",
            file=FILE,
            suite="root",
        ),
        Annotation(title="not collected", message=f"{FILE}::test_x: assert 1 == 2", file=FILE, suite="root"),
        Annotation(
            title="test lost",
            message=f"{FILE}::test_x started and not finished by shard 2/3",
            file=FILE,
            suite="root",
        ),
        Annotation(title="test lost", message="test_x::test_x never assigned", file="test_x", suite="root"),
        Annotation(
            title="file lost",
            message="test_x never assigned (its tests are not known)",
            file="test_x",
            suite="root",
        ),
        Annotation(
            title="failed when pruned",
            message="test_x failed only where other files were left out",
            file="test_x",
            suite="root",
        ),
    ]


def test_of_more_than_ten_the_last_says_how_many() -> None:
    tests = [counted(f"test_{number}", "failed", details=DETAILS) for number in range(100_000)]
    found = annotations_of(MergedRun(run="r1", segments=(green_segment(*tests),)))
    assert len(found) == MOST
    assert [annotation.title for annotation in found[:-1]] == ["test failed"] * 9
    assert found[-1] == Annotation(
        title="and more", message="99,991 more things are wrong; the report names them all"
    )


def test_exactly_ten_are_all_shown() -> None:
    tests = [counted(f"test_{number}", "error", details=DETAILS) for number in range(MOST)]
    found = annotations_of(MergedRun(run="r1", segments=(green_segment(*tests),)))
    assert {annotation.title for annotation in found} == {"set-up or tear-down failed"}
    assert len(found) == MOST


def test_of_several_segments_each_is_named() -> None:
    other = Segment("root", "linux-3.13")
    merged = MergedRun(
        run="r1",
        segments=(green_segment(counted("a")), green_segment(counted("b", "failed"), segment=other)),
    )
    (found,) = annotations_of(merged)
    assert found.message == f"{other.slug}: {FILE}::b in shard 1/3"


def test_coverage_below_its_gate_is_said() -> None:
    total = CoverageTotal(percent=71.25, fail_under=80, is_met=False, precision=1)
    (found,) = annotations_of(MergedRun(run="r1", segments=(green_segment(counted("a")),), coverage=total))
    assert found == Annotation(title="coverage", message="coverage of all shards: 71.2 % is below fail_under=80")


@pytest.mark.parametrize("name", ["two\nlines", "\x1b[2J", "\u2028", "x" * 20_000, "half a pair \ud800"])
def test_texts_are_one_printable_line_of_bounded_length(name: str) -> None:
    for annotation in annotations_of(bad_run(name, details=f"E   {name}")):
        assert annotation.message.isprintable()
        assert len(annotation.message) < 1_000
