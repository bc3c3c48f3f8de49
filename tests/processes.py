"""Running Python in processes of its own: to be killed, limited or started many at once."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

TESTS = Path(__file__).parent


def start(code: str, *arguments: object, environ: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """A process that runs *code*, which may import from tests/. Its output is to be read from pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(TESTS), **(environ or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output_of(process: subprocess.Popen[str]) -> str:
    """What *process* wrote. It must end well, and within a minute."""
    with process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def run(code: str, *arguments: object, environ: Mapping[str, str] | None = None) -> str:
    return output_of(start(code, *arguments, environ=environ))


def run_together(code: str, arguments: Sequence[Sequence[object]]) -> list[str]:
    """Outputs of as many processes as there are *arguments*, which all begin when all have started.

    *code* says where that is by ``input()``.
    """
    processes = [start(code, *each) for each in arguments]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [output_of(process) for process in processes]
