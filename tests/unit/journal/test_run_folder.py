"""Names and places of what runs leave behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import SEGMENT

from pytest_smartshard.journal.run_folder import (
    attempts_of,
    journal_name,
    journals_below,
    journals_in,
    plan_name,
    segment_folder,
)
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex


def test_a_journal_lies_at_run_segment_generation_shard_attempt() -> None:
    identity = RunIdentity(run="gh-8123", generation=1, attempt=12)
    folder = segment_folder(Path("home"), identity.run, SEGMENT)
    assert folder.as_posix() == "home/runs/gh-8123/app@linux-3.12@all"
    assert journal_name(identity, ShardIndex(2, 6)) == "1-2-of-6-12.jsonl"
    assert plan_name(1, "4f1d2a3b4c5d") == "1-4f1d2a3b4c5d.plan.json"


@pytest.mark.parametrize("run", ["../../etc", "a/b", "..", "a\\b", "C:", "a\nb", "naïve", "\udc80", ".", "a@b"])
def test_a_runs_name_never_leads_elsewhere(run: str) -> None:
    folder = segment_folder(Path("home"), run, Segment("a", "b"))
    assert folder.parent.parent == Path("home/runs")
    assert folder.parent.name.isascii()
    assert not folder.parent.name.startswith(".")
    assert folder != segment_folder(Path("home"), f"{run} ", Segment("a", "b"))


def test_attempts_are_those_of_the_shard_oldest_first(tmp_path: Path) -> None:
    names = [
        "0-1-of-3-10.jsonl",
        "0-1-of-3-2.jsonl",
        "0-1-of-3-1.jsonl",
        "0-2-of-3-1.jsonl",
        "0-1-of-4-1.jsonl",
        "1-1-of-3-1.jsonl",
        "0-1-of-3-x.jsonl",
        "0-1-of-3-3.jsonl.new",
        "0-4f1d.plan.json",
    ]
    for name in names:
        (tmp_path / name).touch()
    assert attempts_of(tmp_path, 0, ShardIndex(1, 3)) == [
        (1, tmp_path / "0-1-of-3-1.jsonl"),
        (2, tmp_path / "0-1-of-3-2.jsonl"),
        (10, tmp_path / "0-1-of-3-10.jsonl"),
    ]
    assert [path.name for path in journals_in(tmp_path)] == [
        *sorted(names)[:3],
        "0-1-of-4-1.jsonl",
        "0-2-of-3-1.jsonl",
        "1-1-of-3-1.jsonl",
    ]


def test_no_folder_has_no_journals(tmp_path: Path) -> None:
    assert journals_in(tmp_path / "none") == []
    assert list(journals_below(tmp_path / "none")) == []
    assert attempts_of(tmp_path / "none", 0, ShardIndex(1, 1)) == []


def test_journals_are_found_in_whatever_layout_artifacts_have(tmp_path: Path) -> None:
    for name in ("b/0-1-of-2-1.jsonl", "a/deep/er/0-2-of-2-1.jsonl", "renamed.jsonl", "a/plan.json", "c.jsonl/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in journals_below(tmp_path)]
    assert found == ["a/deep/er/0-2-of-2-1.jsonl", "b/0-1-of-2-1.jsonl", "renamed.jsonl"]
    assert list(journals_below(tmp_path / "renamed.jsonl")) == [tmp_path / "renamed.jsonl"]
    assert list(journals_below(tmp_path / "a" / "plan.json")) == [tmp_path / "a" / "plan.json"], "named is wanted"


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "0-1-of-1-1.jsonl").touch()
    (tmp_path / "inside").mkdir()
    try:
        (tmp_path / "inside" / "link").symlink_to(tmp_path / "outside", target_is_directory=True)
        (tmp_path / "inside" / "loop").symlink_to(tmp_path / "inside", target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    assert list(journals_below(tmp_path / "inside")) == []
