"""How long ``smartshard merge`` takes and how much memory, from 10,000 to 100,000 tests.

The artifacts are those of shards that ran a suite of 2,000 files by a plan of the real planner, each in a folder
of its own with plan and list of tests beside the journal. The whole process is measured, from the journals to the
store: once into an empty store and once into one that knows eight runs of the same tests. The bound is a process
that does no more than ``json.loads`` on every line of the journals; they take turns.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BAR = 5.0
"""Seconds for 100,000 tests of 50 shards."""

KNOWN_RUNS = 8
TESTS_FAILED = 1
"""What a merge exits with where all is proved and tests failed, as some of these did."""

EMPTY, KNOWING, BOUND = "empty store", f"store of {KNOWN_RUNS} runs", "json.loads only"
KIBIBYTE = 1 if sys.platform == "darwin" else 1024
"""What ``ru_maxrss`` counts in."""

READ_LINES = """\
import json, pathlib, sys
for path in pathlib.Path(sys.argv[1]).rglob("*.jsonl"):
    for line in path.read_bytes().splitlines():
        json.loads(line)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Seconds of wall clock and of processor of one process, and its peak of memory in bytes."""

    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """How large a run is."""

    tests: int
    shards: int

    @property
    def name(self) -> str:
        return f"{self.tests:,} tests, {self.shards} shards"


def run(command: Sequence[str], folder: Path, expected: int) -> Usage:
    """One process. Ends this one where it does not exit with *expected*."""
    theirs = ("PYTHON", "CI", "GITHUB_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != expected:
        raise SystemExit(said.decode(errors="replace"))
    return Usage(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak=usage.ru_maxrss * KIBIBYTE)


def make_inputs(folder: Path, case: Case, files: int) -> None:
    """Artifacts and store of *case* in *folder*, unless they are there."""
    if folder.exists():
        return
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "project").mkdir(parents=True)
    (draft / "project" / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    numbers = map(str, (case.tests, files, case.shards, KNOWN_RUNS))
    subprocess.run([sys.executable, str(HERE / "merge_speed_inputs.py"), str(draft), *numbers], check=True)
    draft.rename(folder)


def measure(folder: Path, kind: str) -> Usage:
    if kind == BOUND:
        return run([sys.executable, "-c", READ_LINES, str(folder / "artifacts")], folder, 0)
    with tempfile.TemporaryDirectory(prefix="store-", dir=folder) as place:
        store = Path(place) / "store.json"
        if kind == KNOWING:
            shutil.copyfile(folder / "store.json", store)
        command = [sys.executable, "-m", "pytest_smartshard", "merge", str(folder / "artifacts")]
        return run([*command, "--store", str(store)], folder / "project", TESTS_FAILED)


def print_case(case: Case, usages: dict[str, list[Usage]], base: dict[str, float]) -> dict[str, float]:
    """Medians of *usages*; returns processor seconds a test, *base* holds those of the smallest case."""
    median = statistics.median
    titles = f"{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'× bound':>9}{'× linear':>10}  least … most CPU"
    print(f"\n{case.name:28}{titles}")
    bound = [usage.cpu for usage in usages[BOUND]]
    a_test = {}
    for kind, found in usages.items():
        cpu = [usage.cpu for usage in found]
        wall, peak = median(usage.wall for usage in found), median(usage.peak for usage in found) / 1e6
        ratio = median(a / b for a, b in zip(cpu, bound, strict=True))
        a_test[kind] = median(cpu) / case.tests
        linear = a_test[kind] / base.get(kind, a_test[kind])
        print(
            f"{kind:28}{median(cpu):8.2f}{wall:8.2f}{peak:9.0f}{ratio:9.2f}{linear:10.2f}"
            f"  {min(cpu):.2f} … {max(cpu):.2f}"
        )
    return a_test


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, nargs="+", default=[10_000, 30_000, 100_000], metavar="N")
    parser.add_argument("--shards", type=int, nargs="+", default=[50, 300], metavar="N")
    parser.add_argument("--files", type=int, default=2_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="default: %(default)s")
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="keeps inputs; default: a temporary one")
    parser.add_argument("--check", action="store_true", help=f"exit with 1 if over {BAR:.0f} CPU s")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    # Many shards are shown for the largest suite only.
    few, *many = arguments.shards
    cases = [Case(tests=tests, shards=few) for tests in sorted(arguments.tests)]
    cases += [Case(tests=max(arguments.tests), shards=shards) for shards in many]
    base: dict[str, float] = {}
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="merge-speed-") as name:
        home = arguments.folder or Path(name)
        home.mkdir(parents=True, exist_ok=True)
        for case in cases:
            folder = home / f"{case.tests}-{arguments.files}-{case.shards}"
            make_inputs(folder, case, arguments.files)
            usages: dict[str, list[Usage]] = {kind: [] for kind in (EMPTY, KNOWING, BOUND)}
            for _ in range(arguments.repeat):
                for kind, found in usages.items():
                    found.append(measure(folder, kind))
            a_test = print_case(case, usages, base)
            base = base or a_test
            if case.shards == few:
                slowest = max(a_test[kind] for kind in (EMPTY, KNOWING)) * case.tests
    verdict = "met" if slowest <= BAR else "MISSED"
    print(f"\n{verdict}: {max(arguments.tests):,} tests of {few} shards in at most {BAR:.0f} CPU s")
    return 1 if arguments.check and slowest > BAR else 0


if __name__ == "__main__":
    sys.exit(main())
