"""What is committed says nothing of the machine that it was written on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MACHINE = re.compile(
    r"(?:^|[\s\"'`=(\[{<,;:])"  # an absolute path and not the middle of a relative one
    r"(?:/(?:root|work|home|Users|tmp/\w)\b|[A-Za-z]:\\+Users\b)",
    re.MULTILINE,
)
REGISTRY = re.compile(r"pythonhosted\.org|pypi\.org/simple|index-url|find-links|trusted-host", re.IGNORECASE)


def files() -> list[Path]:
    """Tracked files and those about to be."""
    if not (ROOT / ".git").exists():
        pytest.skip("a source archive has no list of tracked files")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_machine_or_a_registry() -> None:
    wrong = []
    for path in files():
        if path == Path(__file__):
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        wrong += [
            f"{path.relative_to(ROOT).as_posix()}: {found.group().strip()}"
            for pattern in (MACHINE, REGISTRY)
            for found in pattern.finditer(text)
        ]
    assert not wrong, "\n".join(wrong)


def test_what_is_made_is_not_committed() -> None:
    made = re.compile(
        r"(^|/)(__pycache__|\.nox|\.smartshard|\.hypothesis|dist|_build)(/|$)|\.(pyc|whl|coverage)$"
    )
    listed = [path.relative_to(ROOT).as_posix() for path in files()]
    assert [path for path in listed if made.search(path)] == []
