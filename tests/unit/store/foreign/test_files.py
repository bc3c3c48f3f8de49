"""Finding and reading files of other tools."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.store.foreign import files
from pytest_smartshard.store.foreign.files import files_below, read_foreign
from pytest_smartshard.store.foreign.locating import Checkout

SPLIT = b'{"a.py::t": 0.5}'
PACKED = gzip.compress(SPLIT, mtime=0)


def test_a_folder_is_searched_for_names_that_may_be_of_durations(tmp_path: Path) -> None:
    wanted = [
        ".balance/durations.jsonl",
        ".test_durations",
        ".test_durations.3.12.gz",
        "a/b/junit.xml",
        "junit.xml.gz",
        "split.json",
    ]
    others = [
        "a/notes.txt",
        "x.json.bak",
        ".git/x.json",
        ".smartshard/runs/r/0-1-of-1-1.jsonl",
        "node_modules/pkg/package.json",
        "a/__pycache__/x.xml",
        "env/pyvenv.cfg",
        "env/lib/x.json",
    ]
    for name in [*wanted, *others]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "folder.xml").mkdir()
    assert sorted(path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)) == wanted


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_to_folders_are_not_followed_and_links_to_nothing_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.json").touch()
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    assert list(files_below(tmp_path)) == [tmp_path / "a" / "x.json"]


def test_a_file_that_is_named_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "durations"
    path.write_bytes(SPLIT)
    assert list(files_below(path)) == [path]
    assert read_foreign(path, Checkout(tmp_path)).tool == "pytest-split"


def test_a_packed_file_is_what_is_in_it(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.write_bytes(SPLIT)
    packed.write_bytes(gzip.compress(SPLIT))
    os.utime(packed, (5_000, 1_234.5678))
    found = [read_foreign(path, Checkout(tmp_path)) for path in (plain, packed)]
    assert found[0].reading == found[1].reading
    assert found[1].changed == 1_234.568


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "is of none of the formats JUnit, pytest-balance, pytest-split"),
        (b"\x80\x04pickle", "is of none of the formats JUnit, pytest-balance, pytest-split"),
        (PACKED[:-4], "is no complete gzip file"),
        (PACKED[:12], "is no complete gzip file"),
        (b"\x1f\x8b", "is no complete gzip file"),
        (b"\x1f\x8bnonsense that is none", "is no complete gzip file"),
        (gzip.compress(SPLIT * 99, mtime=0)[:20] + b"\xff" * 40, "is no complete gzip file"),
        (gzip.compress(PACKED, mtime=0), "is of none of the formats JUnit, pytest-balance, pytest-split"),
        (b'{"a.py::t": ', "is no complete JSON"),
        (b'{"name": "package"}', "holds durations that are no seconds"),
        (b'{"size": 5}', "is no table of node ids and seconds"),
        (b"<html/>", "is XML, but no JUnit report"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, raw: bytes, reason: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(raw)
    with pytest.raises(UnusableFile) as refused:
        read_foreign(path, Checkout(tmp_path))
    assert (refused.value.path, refused.value.reason) == (str(path), reason)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile) as refused:
        read_foreign(tmp_path / "none", Checkout(tmp_path))
    assert refused.value.reason == "cannot be read (No such file or directory)"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_a_file_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: type[bytes]
) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1024**2)
    path = tmp_path / "file"
    for length, reason in ((1024**2, ""), (1024**2 + 1, "holds over 1 MiB, too much for durations")):
        path.write_bytes(pack(SPLIT.ljust(length)))
        if not reason:
            read_foreign(path, Checkout(tmp_path))
            continue
        with pytest.raises(UnusableFile) as refused:
            read_foreign(path, Checkout(tmp_path))
        assert refused.value.reason == reason
