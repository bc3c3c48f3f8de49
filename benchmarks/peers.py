"""Tools that a benchmark is held against, each run by an interpreter of its own.

A virtual environment is made once, in a folder that ``--venv`` or ``SMARTSHARD_BENCH_VENV`` names (otherwise in
the system's temporary one), and used again by the next benchmark.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

PYTEST_SPLIT = ("pytest-split==0.11.0",)
"""What a figure is held against is pinned: another version is another figure."""

VENV_VARIABLE = "SMARTSHARD_BENCH_VENV"


def add_venv_option(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the option ``--venv``."""
    kept = os.environ.get(VENV_VARIABLE) or str(Path(tempfile.gettempdir(), "smartshard-benchmarks"))
    parser.add_argument(
        "--venv",
        type=Path,
        default=Path(kept),
        metavar="FOLDER",
        help=f"where virtual environments are kept between runs (default: ${VENV_VARIABLE}, or %(default)s)",
    )


def venv_python(folder: Path, name: str, packages: Sequence[str]) -> str:
    """The interpreter of the virtual environment *name* in *folder*, made with *packages* unless it is there.

    It is of this interpreter's version, so that both sides of a comparison run the same Python.
    """
    home = folder.resolve() / f"{name}-{sysconfig.get_python_version()}"
    stamp = home / "installed.txt"
    wanted = "\n".join(packages)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"installing {', '.join(Path(package).name for package in packages)} …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-qq", *packages], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return str(python)
