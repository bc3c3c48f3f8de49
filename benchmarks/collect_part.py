"""What collecting one part of a large suite costs: ours and pytest-fsplit at 1/6, against all of it by plain
pytest.

100,000 tests in 2,000 files, ``--collect-only -q``, processor time of whole processes, with pytest's rewritten
files in its cache (``--cold``: without). Both tools know all durations, ours also what collecting each file
costs. They take turns, shard 1 of each, then shard 2 of each, and so on; plain pytest goes first and last. What
is printed is by the sums over all shards, with the slowest shard's predicted tests over the mean beside it, to
see that ours still divides tests and not files.

``--check`` holds ours to 1.10 of pytest-fsplit's time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from peers import add_venv_option, venv_python
from suites_running import RUNNERS, build_wheel
from whole_process_running import OUR_NEEDS, PYTEST_FSPLIT, REWRITTEN, bare_environment, timed

HERE = Path(__file__).resolve().parent
BAR = 1.10
XDIST = ("-p", "no:xdist", "-p", "no:xdist.looponfail")


@dataclass(slots=True)
class Parts:
    """What was collected of each shard: processor seconds, tests, and the seconds that these are to take."""

    cpu: list[float] = field(default_factory=list)
    tests: int = 0
    loads: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        uneven = max(self.loads) / statistics.mean(self.loads)
        return f"{statistics.mean(self.cpu):8.2f}{max(self.cpu):9.2f}{self.tests:10,}{uneven:9.3f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    python: Path
    folder: Path
    cold: bool
    seconds: Mapping[str, float]

    def collect(self, parts: Parts, *options: str) -> None:
        """Collect, and add what that cost and found."""
        if self.cold:
            for cached in self.folder.rglob(REWRITTEN):
                cached.unlink()
        log = self.folder / "output.txt"
        command = [
            str(self.python.with_name("pytest")),
            "-q",
            "--collect-only",
            "-p",
            "no:cacheprovider",
            *options,
        ]
        cpu, _, code = timed(command, self.folder / "suite", bare_environment(), log)
        lines = log.read_text("utf-8").splitlines()
        if code != 0:
            sys.exit(f"{' '.join(options)} ended with {code}:\n" + "\n".join(lines[-30:]))
        found = [self.seconds[line] for line in lines if line in self.seconds]
        parts.cpu.append(cpu)
        parts.tests += len(found)
        parts.loads.append(sum(found))

    def plain(self, parts: Parts) -> None:
        self.collect(parts, *XDIST, "-p", "no:smartshard", "-p", "no:pytest-fsplit")

    def theirs(self, parts: Parts, number: int, shards: int) -> None:
        durations = f"--fsplit-durations-path={self.folder / 'durations.json'}"
        given = ("-p", "no:smartshard", durations, f"--fsplits={shards}", f"--fgroup={number}")
        self.collect(parts, *XDIST, *given)

    def ours(self, parts: Parts, number: int, shards: int) -> None:
        store = f"--shard-store={self.folder / 'store'}"
        given = ("-p", "no:pytest-fsplit", "--shard-env=bench", store, f"--shard={number}/{shards}")
        self.collect(parts, *given)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--shards", type=int, default=6)
    parser.add_argument("--cold", action="store_true", help="with nothing in pytest's cache of rewritten files")
    parser.add_argument("--check", action="store_true", help="exit with 1 where the bar is missed")
    add_venv_option(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="smartshard-collect-") as name:
        folder = Path(name).resolve()
        wheel = build_wheel(given.venv, folder / "wheel")
        python = Path(venv_python(given.venv, "collect-part", (*RUNNERS, *OUR_NEEDS, PYTEST_FSPLIT)))
        pip = [str(python), "-m", "pip", "install", "-qq", "--no-deps", "--force-reinstall", str(wheel)]
        subprocess.run(pip, check=True)
        make = [
            str(python),
            str(HERE / "collect_part_inputs.py"),
            str(folder),
            str(given.tests),
            str(given.files),
        ]
        subprocess.run(make, check=True)
        seconds = json.loads((folder / "durations.json").read_text("utf-8"))
        bench = Bench(python=python, folder=folder, cold=given.cold, seconds=seconds)
        plain, theirs, ours = Parts(), Parts(), Parts()
        bench.plain(Parts())  # Fills the cache.
        bench.plain(plain)
        for number in range(1, given.shards + 1):
            bench.theirs(theirs, number, given.shards)
            bench.ours(ours, number, given.shards)
        bench.plain(plain)
    whole = statistics.mean(plain.cpu)
    state = "cold" if given.cold else "warm"
    print(f"{given.tests:,} tests in {given.files:,} files, {state}, CPU seconds of --collect-only -q")
    print(f"{'':22}{'mean':>8}{'slowest':>9}{'tests':>10}{'uneven':>9}{'× plain':>9}")
    print(f"{'plain pytest, all':22}{whole:8.2f}{max(plain.cpu):9.2f}")
    for title, parts in (("pytest-fsplit", theirs), ("smartshard", ours)):
        share = statistics.mean(parts.cpu) / whole
        print(f"{f'{title}, 1/{given.shards}':22}{parts}{share:9.3f}")
    ratio = sum(ours.cpu) / sum(theirs.cpu)
    print(f"ours / pytest-fsplit: {ratio:.3f}")
    for title, parts in (("pytest-fsplit", theirs), ("smartshard", ours)):
        if parts.tests != given.tests:
            print(f"{title}: {parts.tests:,} tests collected over all shards")
            if parts is ours:
                return 1
    return 1 if given.check and ratio > BAR else 0


if __name__ == "__main__":
    sys.exit(main())
