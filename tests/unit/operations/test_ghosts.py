"""Which files are gone: paths below the root folder and beside it, modules of packages elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_smartshard.operations.ghosts import FilesHere, Presence
from pytest_smartshard.store.keys import below, file_key, from_above, is_module


@pytest.fixture
def here(tmp_path: Path) -> FilesHere:
    for name in (
        "root/test_a.py",
        "root/tests/README.md",
        "beside/test_b.py",
        "lib/pkg/__init__.py",
        "lib/pkg/sub/test_m.py",
        "lib/pkg/sub/__init__.py",
        "lib/pkg/sub/test_x.yaml",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return FilesHere(tmp_path / "root", [str(tmp_path / "none"), str(tmp_path / "lib")])


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("test_a.py", Presence.THERE),
        ("test_gone.py", Presence.GONE),
        ("tests/README.md", Presence.THERE),
        ("tests/gone/README.md", Presence.GONE),
        ("README.rst", Presence.GONE),
        (".hidden", Presence.GONE),
        ("../beside/test_b.py", Presence.THERE),
        ("../beside/test_c.py", Presence.GONE),
        ("pkg.sub.test_m", Presence.THERE),
        ("pkg.sub", Presence.THERE),
        ("pkg.sub.test_x.yaml", Presence.THERE),
        ("pkg.sub.test_n", Presence.GONE),
        ("other.sub.test_m", Presence.UNKNOWN),
        ("tests/a\0b.py", Presence.GONE),
        ("tests/\ud800.py", Presence.GONE),
        ("", Presence.THERE),
    ],
)
def test_presence(here: FilesHere, key: str, expected: Presence) -> None:
    assert here.presence(key) is expected
    assert here.presence(key) is expected  # remembered
    assert here.is_gone(key) is (expected is Presence.GONE)


def test_keys_of_files_that_are_there_are_found(here: FilesHere, tmp_path: Path) -> None:
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        assert here.presence(file_key(path, tmp_path / "root")) is Presence.THERE


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("test_a.py", "suite/x/test_a.py"),
        ("tests/test_a.py", "suite/x/tests/test_a.py"),
        ("README.md", "suite/x/README.md"),
        ("../test_b.py", "suite/test_b.py"),
        ("../../../test_b.py", "../test_b.py"),
        ("pkg.tests.test_m", "pkg.tests.test_m"),
        ("D:/other/test_a.py", "D:/other/test_a.py"),
        ("/other/test_a.py", "/other/test_a.py"),
    ],
)
def test_a_key_seen_from_a_root_folder_above(key: str, expected: str) -> None:
    assert from_above(key, "suite/x") == expected


def test_a_key_seen_from_a_root_folder_below() -> None:
    assert below("suite/x/test_a.py", "suite/x") == "test_a.py"
    assert below("suite/xy/test_a.py", "suite/x") is None
    assert below("suite.x.test_a", "suite") is None


def test_modules_are_told_from_paths() -> None:
    assert is_module("pkg.tests.test_m")
    assert not any(map(is_module, ["test_a.py", "a/b", "../a.b", "x.txt", ".hidden"]))
