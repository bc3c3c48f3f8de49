"""Durations of another tool do not say which files are documents, kept whole, nor which are empty."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sharded import CASE_FILES, Project, exactly_once, functions

LINES = "abcdefgh"
FILES = {
    "conftest.py": CASE_FILES,
    "test_words.case": "".join(f"{line}\n" for line in LINES),
    "test_many.py": functions(*LINES),
    "test_empty.py": "",
    "test_void.py": "",
}
SECONDS = {
    **{f"test_words.case::{line}": 1.0 for line in LINES},
    **{f"test_many.py::test_{name}": 2.0 for name in LINES},
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.make(tmp_path / "project", {**FILES, ".test_durations": json.dumps(SECONDS)})


def test_the_plan_is_what_runs(project: Project) -> None:
    """The document, 8 s, in one shard, and the 16 s of the module beside it: 8 s in each of three."""
    shards = project.run_all(3)
    exactly_once(shards, project.pytest("-p", "no:smartshard"))
    for shard in shards:
        assert "8.00 s predicted, imbalance 1.00, 100 % of the time from history" in shard.collected_line
        assert len(shard.ran) == (8 if "words" in " ".join(shard.names) else 4)
