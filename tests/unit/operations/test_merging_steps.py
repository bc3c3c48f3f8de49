"""A merge says what it is doing, from the first journal to the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import finished, header_of, write_journal

from pytest_smartshard.operations.merging import MergeRequest, merge
from pytest_smartshard.store.place import StorePlace


@pytest.mark.parametrize("check", [False, True])
def test_each_step_of_a_merge_is_told(tmp_path: Path, check: bool) -> None:
    for shard in ("1/2", "2/2"):
        write_journal(tmp_path / "home", header_of(shard), [finished("test_a")])
    told: list[tuple[str, int, int]] = []
    request = MergeRequest(
        paths=[tmp_path / "home"],
        place=StorePlace(tmp_path / "store"),
        check=check,
        out=tmp_path / "out",
        project=tmp_path,
    )
    merge(request, lambda *step: told.append(step))
    assert told == [
        ("reading journals", 0, 2),
        ("reading journals", 1, 2),
        ("reading journals", 2, 2),
        ("proving that every test ran once", 0, 0),
        *([] if check else [("joining durations", 0, 0)]),
        ("bringing together the rest", 0, 0),
    ]
