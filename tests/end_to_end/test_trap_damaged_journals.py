"""Journals that are torn, damaged, of something else, twice or three hundred: never taken for the whole."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from carried import (
    COUNTS,
    JOURNAL,
    LACKS_FIRST,
    PROVED,
    UNPRUNED,
    UNPRUNED_LACKS_FIRST,
    carry,
    first_in,
    limited,
    rest_line,
    store_line,
)
from faulty import CI, RUN, ids, merged, suite
from making import FILE, finished, header_of
from sharded import GIVE_ALL, SEGMENT, Project

from pytest_smartshard.journal.inventory_file import inventory_text
from pytest_smartshard.journal.run_folder import inventory_name, journal_name, segment_folder
from pytest_smartshard.journal.writing import JournalWriter
from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.record import JournalFooter, OwnedFile
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.suite import ItemKey

Damage = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return carry(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def whole_unpruned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return carry(tmp_path_factory.mktemp("whole_unpruned"), UNPRUNED)


@pytest.fixture
def artifacts(tmp_path: Path, whole: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "artifacts"))


@pytest.fixture
def unpruned_artifacts(tmp_path: Path, whole_unpruned: Path) -> Path:
    return Path(shutil.copytree(whole_unpruned, tmp_path / "artifacts"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The checkout of the job that merges."""
    return Project.make(tmp_path / "project", suite(**COUNTS))


def without_header(raw: bytes) -> bytes:
    return raw.split(b"\n", 1)[1]


damages = pytest.mark.parametrize(
    "damage",
    [lambda raw: b"", lambda raw: raw[:100], without_header, lambda raw: b"\x00" * len(raw)],
    ids=["empty", "header torn", "header gone", "zeros"],
)


@damages
def test_a_journal_without_its_header_is_left_out_and_its_shard_is_missing(
    project: Project, artifacts: Path, damage: Damage
) -> None:
    misses_first(project, artifacts, damage, LACKS_FIRST)


@damages
def test_the_tests_of_a_missing_shard_are_named_by_shards_that_collected_everything(
    project: Project, unpruned_artifacts: Path, damage: Damage
) -> None:
    misses_first(project, unpruned_artifacts, damage, UNPRUNED_LACKS_FIRST)


def misses_first(project: Project, artifacts: Path, damage: Damage, told: Sequence[str]) -> None:
    """With *damage* done to the first shard's journal, a merge says that it left it out, and *told*."""
    journal = first_in(artifacts)
    journal.write_bytes(damage(journal.read_bytes()))
    result = merged(project, artifacts, code=3)
    assert result.lines == (
        f"{journal} has no journal header: left out",
        store_line(project, 1, 2),
        *told,
        rest_line(artifacts),
    )


def test_wherever_a_journal_is_cut_off_nothing_is_proved(project: Project, artifacts: Path) -> None:
    journal = first_in(artifacts)
    raw = journal.read_bytes()
    ends = [place + 1 for place, byte in enumerate(raw[:-1]) if byte == ord("\n")]
    inside = random.Random(0).sample(range(1, len(raw) - 1), 4)
    for cut in sorted({*ends, *inside}):
        journal.write_bytes(raw[:cut])
        result = merged(project, artifacts, options=["--check"], code=3)
        assert result.lines[-1] == rest_line(artifacts)
    journal.write_bytes(raw[:-1])
    assert merged(project, artifacts, options=["--check"], code=0).lines == (PROVED,), (
        "only its last byte is gone"
    )


def test_garbage_between_its_lines_is_named_and_the_others_count(project: Project, artifacts: Path) -> None:
    journal = first_in(artifacts)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:4], b"\xff\x00 garbage {\n", *lines[4:]]))
    result = merged(project, artifacts, code=0)
    assert result.lines == (
        f"{journal}: line 5 is no journal line and was set aside",
        store_line(project, 2, 5),
        PROVED,
    )

    journal.write_bytes(b"".join([*lines[:3], b"[" * 100_000 + b"\n", *lines[4:]]))
    result = merged(project, artifacts, code=3)
    assert result.lines[0] == f"{journal}: line 4 is no journal line and was set aside"
    assert f"{SEGMENT}: 1 test started and not finished, by shard 1/2: {ids(a=3)[0]}" in result.lines


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of memory for a process")
def test_what_is_hardly_a_journal_is_left_out_at_once(project: Project, artifacts: Path) -> None:
    journal = first_in(artifacts)
    header = journal.read_bytes().splitlines(keepends=True)[0]
    for garbage in (b"x\n", b"\n"):
        journal.write_bytes(header + garbage * 20_000_000)
        result = limited(project, artifacts)
        assert (result.returncode, result.stderr) == (3, "")
        assert result.stdout.splitlines()[0] == (
            f"{journal} has more than 1,000 lines that are none of a journal: left out"
        )


def test_journals_of_another_project_and_of_another_run_in_the_same_folder(
    project: Project, artifacts: Path, tmp_path: Path
) -> None:
    other = Project.make(tmp_path / "other" / "project", {"test_it.py": "def test_it(): pass\n"})
    other.run(1, 2, "--shard-run=other-41", env=CI)
    shutil.copytree(other.home / "runs", artifacts / "other")
    result = merged(project, artifacts, options=["--run", RUN], code=0)
    told = f"judged is run {RUN}; journals of other-41 are left out: name a run with --run"
    assert result.lines == (told, store_line(project, 2, 5), PROVED)

    # One that calls itself the same run is held to it.
    alike = Project.make(tmp_path / "alike" / "project", {"test_it.py": "def test_it(): pass\n"})
    digest = alike.run(1, 2, env=CI).recorded.header["digest"]
    shutil.copytree(alike.home / "runs", artifacts / "alike")
    result = merged(project, artifacts, options=["--run", RUN, "--check"], code=3)
    assert f"{SEGMENT}: probably two jobs ran as shard 1/2 in attempt 1; give each job a number of its own" in (
        result.lines
    )
    assert any(digest in line for line in result.lines)


def test_an_artifact_that_was_carried_along_twice_is_no_fault(project: Project, artifacts: Path) -> None:
    shutil.copytree(artifacts / "shard-1", artifacts / "again")
    assert merged(project, artifacts, code=0).lines == (store_line(project, 3, 5), PROVED)
    torn = artifacts / "torn" / JOURNAL
    torn.parent.mkdir()
    torn.write_bytes(first_in(artifacts).read_bytes()[:-30])
    number = first_in(artifacts).read_bytes().count(b"\n")
    result = merged(project, artifacts, options=["--check"], code=0)
    assert result.lines == (f"{torn}: line {number} is torn and was set aside", PROVED)


def test_300_shards_are_merged_at_once(project: Project, tmp_path: Path) -> None:
    home = tmp_path / "many"
    keys = [ItemKey(FILE, f"test_{number}") for number in range(900)]
    inventory = Inventory.of(keys)
    paths = []
    for number in range(1, 301):
        mine = [key.tail for key in keys[number - 1 :: 300]]
        header = header_of(
            f"{number}/300",
            run="r",
            selected=len(mine),
            collection=inventory.digest,
            segment=Segment.from_slug(SEGMENT),
        )
        owned = OwnedFile(
            file=FILE,
            collected=900,
            collected_digest="c",
            remaining=900,
            remaining_digest="r",
            selected=tuple(mine),
        )
        paths.append(segment_folder(home, "r", header.segment) / journal_name(header.identity, header.shard))
        with JournalWriter(paths[-1], header, [owned]) as writer:
            for tail in mine:
                writer.add(finished(tail))
            writer.finish(JournalFooter(exit_code=0, ran=len(mine), seconds=1.0))
    (paths[-1].parent / inventory_name(inventory.digest)).write_text(inventory_text(inventory), encoding="ascii")

    result = merged(project, home, code=0)
    assert result.lines == (
        f"{SEGMENT}: 300 journals read, {project.store_path} now knows 900 tests",
        f"{SEGMENT}: proved: 900 tests ran exactly once in 300 shards",
    )

    paths[-1].unlink()
    result = merged(project, home, options=["--check"], code=3)
    lost = sorted(str(key) for key in keys[299::300])
    assert result.lines == (
        f"{SEGMENT}: NOT PROVED: 3 of 900 tests did not run to the end",
        f"{SEGMENT}: run r lacks shard 300 of 300{GIVE_ALL}",
        f"{SEGMENT}: 3 tests assigned and not run, by shard 300/300: {', '.join(lost)}",
        rest_line(home),
    )
