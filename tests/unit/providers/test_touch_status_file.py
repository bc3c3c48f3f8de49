"""The file by which a test launcher learns that a run shards."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_smartshard.providers.detect import touch_status_file


@pytest.mark.parametrize("variable", ["TEST_SHARD_STATUS_FILE", "GTEST_SHARD_STATUS_FILE"])
def test_the_named_file_is_made(tmp_path: Path, variable: str) -> None:
    path = tmp_path / "status"
    assert touch_status_file({variable: str(path)}) is True
    assert path.read_bytes() == b""


def test_both_launchers_names_are_served(tmp_path: Path) -> None:
    environ = {
        "TEST_SHARD_STATUS_FILE": str(tmp_path / "one"),
        "GTEST_SHARD_STATUS_FILE": str(tmp_path / "two"),
    }
    assert touch_status_file(environ) is True
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_a_file_that_is_there_keeps_its_content_and_gets_a_new_time(tmp_path: Path) -> None:
    path = tmp_path / "status"
    path.write_text("kept", encoding="utf-8")
    os.utime(path, (0, 0))
    assert touch_status_file({"TEST_SHARD_STATUS_FILE": str(path)}) is True
    assert path.read_text(encoding="utf-8") == "kept"
    assert path.stat().st_mtime > 0


@pytest.mark.parametrize("environ", [{}, {"TEST_SHARD_STATUS_FILE": ""}])
def test_without_a_name_nothing_is_touched(environ: dict[str, str]) -> None:
    assert touch_status_file(environ) is False


def test_a_file_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "status"
    assert touch_status_file({"TEST_SHARD_STATUS_FILE": str(path)}) is False
    assert not path.exists()
