"""The tutorial is followed as written, in an empty folder; then the workflow that it ends with is run, twice."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from ci_github import GitHub
from ci_jobs import Bench, Event, Run, parsed
from pages import ROOT, blocks, follow, matches, readers_environment

PAGE = ROOT / "docs" / "tutorial" / "first-shards.md"

INCOMPLETE = {"smartshard merge --store elsewhere artifacts": 3}
"""The local part ends with a run that it has not finished."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are those of a POSIX shell")


def test_the_tutorial(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert follow(blocks(PAGE), folder, readers_environment(), INCOMPLETE) > 10
    committed = subprocess.run(["git", "ls-files"], cwd=folder, capture_output=True, text=True, check=True)
    files = {name: (folder / name).read_text(encoding="utf-8") for name in committed.stdout.split()}
    github = GitHub(Bench.make(tmp_path / "github", files))
    workflow = parsed(files[".github/workflows/tests.yml"])
    green(github.run(workflow, Event(number=1)), "no history yet")
    green(github.run(workflow, Event(number=2)), "100 % of the time from history")


def green(run: Run, history: str) -> None:
    """All jobs have passed; three shards have run the ten tests by what *history* says."""
    said = "\n".join(job.output for job in run.jobs)
    assert [job.name for job in run.jobs if not job.failed] == ["store", *["shards"] * 3, "merge"], said
    line = rf"^shard \d/3 of \S+: (\d+) tests? in \d of 4 files, .*{history}, plan (\w+)$"
    plans = re.findall(line, said, re.MULTILINE)
    assert (len(plans), sum(int(tests) for tests, _ in plans), len({digest for _, digest in plans})) == (3, 10, 1)
    assert "3 journals read, " in said
    assert "proved: 10 tests ran exactly once in 3 shards\n" in said


def test_the_comparison_sees_another_line() -> None:
    assert matches("...\na 1.0 s, plan 0123456789ab\n...\n", "x\na 2.55 s, plan ba9876543210\ny\n")
    assert not matches("...\na 1.0 s\nb\n", "x\na 2.55 s\nc\nb\n")
