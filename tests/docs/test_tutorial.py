"""The tutorial's files are made and its commands are run, as written, in an empty folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pages import ROOT, blocks, matches, readers_environment, type_in, write

PAGE = ROOT / "docs" / "tutorial" / "first-shards.md"

EXPECTED_CODES = {"smartshard": 3}  # the local part ends with a run that it has not finished

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are those of a POSIX shell")


def test_the_tutorial(tmp_path: Path) -> None:
    environ = readers_environment()
    run = 0
    for block in blocks(PAGE):
        if block.file:
            write(tmp_path, block.file, block.body)
            continue
        for command in block.commands:
            if command.line.startswith("python3 -m pip install"):
                continue  # what this test runs with
            code, output = type_in(command.line, tmp_path, environ)
            assert code == EXPECTED_CODES.get(command.line.split()[0], 0), output
            assert matches(command.shown, output), (
                f"$ {command.line}\n{output}\nis not as in the page:\n{command.shown}"
            )
            run += 1
    assert run > 10


def test_the_comparison_sees_another_line() -> None:
    assert matches("...\na 1.0 s, plan 0123456789ab\n...\n", "x\na 2.55 s, plan ba9876543210\ny\n")
    assert not matches("...\na 1.0 s\nb\n", "x\na 2.55 s\nc\nb\n")
