"""Zip files, links and folders that somebody made to do harm, or that are damaged: left out, and named."""

from __future__ import annotations

import io
import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from carried import COUNTS, JOURNAL, LACKS_FIRST, PROVED, carry, first_in, limited, rest_line, store_line
from faulty import RUN, merged, suite
from sharded import SEGMENT, Project

from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.operations.artifacts import find_artifacts

posix = pytest.mark.skipif(sys.platform == "win32", reason="links, permissions and limits of POSIX")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return carry(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def artifacts(tmp_path: Path, whole: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "artifacts"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The checkout of the job that merges."""
    return Project.make(tmp_path / "project", suite(**COUNTS))


def zipped(source: Path, archive: Path) -> Path:
    """*source* as a zip file in its place."""
    shutil.make_archive(str(archive.with_suffix("")), "zip", source)
    shutil.rmtree(source)
    return archive


def test_names_in_a_zip_file_lead_nowhere(project: Project, artifacts: Path, tmp_path: Path) -> None:
    """Members are read, and nothing is written to where they say that they are."""
    raw = first_in(artifacts).read_bytes()
    inventory = next(first_in(artifacts).parent.glob("*.tests.json"))
    listed = inventory.read_bytes()
    shutil.rmtree(artifacts / "shard-1")
    evil = tmp_path / "evil.jsonl"
    for name in (f"../../{JOURNAL}", f"{evil}", "..\\..\\evil.jsonl", "C:\\evil.jsonl", "/evil.jsonl"):
        with zipfile.ZipFile(artifacts / "shard-1.zip", "w") as archive:
            archive.writestr(name, raw)
            archive.writestr(f"../{inventory.name}", listed)
        before = sorted(tmp_path.rglob("*"))
        result = merged(project, artifacts, options=["--check"], code=0)
        assert result.lines == (PROVED,)
        assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/evil.jsonl").exists()


@posix
def test_links_out_of_a_folder_are_named_and_not_followed(
    project: Project, artifacts: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    shutil.move(artifacts / "shard-1", outside)
    journal = outside / RUN / SEGMENT / JOURNAL
    links = {"absolute.jsonl": journal, "folder": outside, "up.jsonl": Path("..", "outside", "x.jsonl")}
    for name, target in links.items():
        (artifacts / name).symlink_to(target)
    (artifacts / "loop").symlink_to("loop")
    (artifacts / "device").symlink_to("/dev/zero")
    result = merged(project, artifacts, code=3)
    told = [line for line in result.lines if line.endswith("is a link that leads out of its folder: left out")]
    names = [Path(line.split(" is a link")[0]).name for line in told]
    assert [name for name in names if name != "loop"] == ["absolute.jsonl", "device", "folder", "up.jsonl"]
    assert result.lines[len(told) :] == (store_line(project, 1, 2), *LACKS_FIRST, rest_line(artifacts))


@posix
def test_a_link_in_a_zip_file_is_no_file(project: Project, artifacts: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="ascii")
    link = zipfile.ZipInfo("link.jsonl")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(artifacts / "links.zip", "w") as archive:
        archive.writestr(link, str(secret))
    assert merged(project, artifacts, code=0).lines == (store_line(project, 2, 5), PROVED)


def test_zip_files_anywhere_below_a_folder_are_read(project: Project, artifacts: Path) -> None:
    deep = artifacts / "deep" / "deeper"
    deep.mkdir(parents=True)
    zipped(artifacts / "shard-1", deep / "Shard.ZIP".lower())
    assert merged(project, artifacts, code=0).lines == (store_line(project, 2, 5), PROVED)


def test_a_torn_zip_file_is_named(project: Project, artifacts: Path) -> None:
    archive = zipped(artifacts / "shard-1", artifacts / "shard-1.zip")
    archive.write_bytes(archive.read_bytes()[:-200])
    result = merged(project, artifacts, code=3)
    assert result.lines == (
        f"{archive} is no zip file that can be read (File is not a zip file): left out",
        store_line(project, 1, 2),
        *LACKS_FIRST,
        rest_line(artifacts),
    )


def test_members_that_are_encrypted_or_packed_otherwise_are_named(project: Project, artifacts: Path) -> None:
    raw = first_in(artifacts).read_bytes()
    shutil.rmtree(artifacts / "shard-1")
    archive = artifacts / "shard-1.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_LZMA) as opened:
        opened.writestr(JOURNAL, raw)
    result = merged(project, artifacts, options=["--check"], code=3)
    told = f"{archive}: {JOURNAL} cannot be unpacked"
    assert result.lines[0] == f"{told} (it is not packed by deflate): left out"

    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(JOURNAL, raw)
    encrypted = bytearray(archive.read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(signature) + place] |= 1  # what says that a member is encrypted
    archive.write_bytes(encrypted)
    result = merged(project, artifacts, options=["--check"], code=3)
    assert result.lines == (f"{told} (it is encrypted): left out", *LACKS_FIRST, rest_line(artifacts))


def test_whatever_bytes_of_a_zip_file_are_wrong_it_can_only_be_left_out(artifacts: Path) -> None:
    archive = zipped(artifacts / "shard-1", artifacts / "shard-1.zip")
    raw = archive.read_bytes()
    unusable = 0
    for seed in range(1_500):
        chance = random.Random(seed)
        damaged = bytearray(raw)
        for _ in range(chance.choice((1, 2, 5))):
            # The end, where the directory is, more often than the rest.
            damaged[-chance.randrange(1, chance.choice((len(raw), 400)))] = chance.randrange(256)
        archive.write_bytes(damaged)
        for folder in find_artifacts([artifacts]).folders.values():
            for file in folder.values():
                try:
                    file.read()
                except UnusableFile:
                    unusable += 1
    assert unusable > 100


def bomb(archive: Path, name: str, mebibytes: int, first: bytes = b"") -> None:
    """A member of so many zeros, after *first*: a thousandth of that on disk."""
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as opened,
        opened.open(name, "w", force_zip64=True) as member,
    ):
        member.write(first)
        for _ in range(mebibytes):
            member.write(bytes(1024**2))


@posix
def test_a_zip_bomb_takes_neither_memory_nor_time(project: Project, artifacts: Path) -> None:
    header = first_in(artifacts).read_bytes().splitlines(keepends=True)[0]
    archive = artifacts / "bomb.zip"
    bomb(archive, "0-1-of-2-2.jsonl", 300, header)
    assert archive.stat().st_size < 3 * 1024**2
    started = time.monotonic()
    result = limited(project, artifacts)
    assert time.monotonic() - started < 30
    assert result.returncode == 0, result.stderr
    told = f"{archive}: 0-1-of-2-2.jsonl is larger than 256 MiB: left out"
    assert result.stdout.splitlines() == [told, PROVED]

    bomb(archive, "0-1-of-2-2.jsonl", 200, header)  # small enough to be looked at
    result = limited(project, artifacts)
    assert result.returncode == 0, result.stderr
    told = f"{archive}: 0-1-of-2-2.jsonl: line 2 is torn and was set aside"
    lines = result.stdout.splitlines()
    assert (lines[0], lines[-1]) == (told, PROVED), "a poor copy of what is there"


@posix
def test_a_zip_file_that_unpacks_to_more_than_any_run_leaves_is_left_out(
    project: Project, artifacts: Path
) -> None:
    """Of members that share their bytes, as the worst bombs are made."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as opened:
        with opened.open("0.jsonl", "w") as member:
            for _ in range(64):
                member.write(bytes(1024**2))
        opened.filelist.extend(opened.filelist * 40)
    archive = artifacts / "bomb.zip"
    archive.write_bytes(packed.getvalue())
    assert archive.stat().st_size < 1024**2
    result = limited(project, artifacts)
    assert (result.returncode, result.stdout.splitlines()) == (
        0,
        [f"{archive} unpacks to more than 2 GiB: left out", PROVED],
    )


@posix
def test_a_folder_that_cannot_be_read_is_named(project: Project, artifacts: Path) -> None:
    folder = artifacts / "shard-1"
    command: list[str | Path] = [sys.executable, "-m", "pytest_smartshard", "merge", "--check", artifacts]
    if os.geteuid() == 0:
        tool = shutil.which("setpriv")
        if tool is None:
            pytest.skip("as root, and there is no setpriv to give up root's right to read everything")
        command = [tool, "--bounding-set=-dac_override,-dac_read_search", *command]
    for mode, unreadable in ((0o000, folder), (0o400, folder / RUN)):
        folder.chmod(mode)
        try:
            done = subprocess.run(
                command, cwd=project.root, capture_output=True, text=True, timeout=60, check=False
            )
        finally:
            folder.chmod(0o700)
        assert (done.returncode, done.stderr) == (3, "")
        assert done.stdout.splitlines() == [
            f"{unreadable} cannot be read (Permission denied): left out",
            *LACKS_FIRST,
            rest_line(artifacts),
        ]
