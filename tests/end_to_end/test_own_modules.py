"""A shard imports this package as Python compiled it, and leaves no trace of that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sharded import Project

RUN = """
import sys
import pytest

code = pytest.main(["-q", "-p", "no:randomly", "--shard=1/2", "--shard-run=r"])
from pytest_smartshard.session import run
finders = [type(finder).__module__ for finder in sys.meta_path]
print(int(code), type(run.__loader__).__name__, [name for name in finders if "smartshard" in name])
"""


def test_modules_are_not_rewritten_and_the_finder_is_gone_at_the_end(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"test_a.py": "def test_a(): pass\ndef test_b(): pass\n"})

    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=project.root, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "0 SourceFileLoader []"
