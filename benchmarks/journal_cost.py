"""What the journal costs a run: the seconds inside its writer, by test.

A real pytest run of trivial tests, as one shard in one process and with two xdist workers. Every test has two
lines, that it begins and how it ended, and each is handed to the system before the run goes on. The bound is the
same bytes written by the same process once more, with nothing but one ``os.write`` for each line.

The bar is for the processor time of the thread that writes. Wall clock is shown beside it: it holds what else the
machine did meanwhile, and with xdist the controller's threads that listen to the workers, to which a write hands
over.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from journal_cost_plugin import ANSWER

HERE = Path(__file__).resolve().parent
BAR = 40.0
"""Microseconds a test."""

LINES_A_TEST = 2
WAYS: dict[str, Sequence[str]] = {"one process": (), "two xdist workers": ("-n", "2")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Microseconds a test inside the writer and of the bound, and bytes a test."""

    cpu: float
    wall: float
    bound: float
    size: float


def make_suite(folder: Path, tests: int, files: int) -> None:
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "tests").mkdir()
    for number in range(files):
        names = range(number, tests, files)
        text = "\n".join(f"def test_that_number_{name:05}_works() -> None: ...\n" for name in names)
        (folder / "tests" / f"test_part_{number:03}.py").write_text(text, encoding="utf-8")


def run(suite: Path, tests: int, options: Sequence[str]) -> Cost:
    """One run, recorded in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="run-", dir=suite) as name:
        answer = Path(name) / "answer.json"
        theirs = ("PYTHON", "PYTEST", "CI", "GITHUB_")
        environ = {key: value for key, value in os.environ.items() if not key.startswith(theirs)}
        environ |= {"PYTHONPATH": str(HERE), ANSWER: str(answer)}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "journal_cost_plugin"]
        command += ["--shard=1/1", f"--shard-store={name}/durations", f"--shard-run=bench-{Path(name).name}"]
        said = subprocess.run(
            [*command, *options, "tests"], cwd=suite, env=environ, capture_output=True, text=True, check=False
        )
        if said.returncode:
            raise SystemExit(said.stdout + said.stderr)
        found = json.loads(answer.read_text(encoding="utf-8"))
    if found["lines"] != LINES_A_TEST * tests:
        raise SystemExit(f"{found['lines']} lines of {tests} tests")
    return Cost(
        cpu=found["cpu"] / 1e3 / tests,
        wall=found["wall"] / 1e3 / tests,
        bound=found["bound"] / 1e3 / tests,
        size=found["bytes"] / tests,
    )


def print_costs(name: str, costs: Sequence[Cost]) -> float:
    """Medians, and the ratio to the bound; returns the microseconds of processor time a test."""
    median = statistics.median
    cpu, wall, bound, size, ratio = (
        median(values)
        for values in zip(*((c.cpu, c.wall, c.bound, c.size, c.cpu / c.bound) for c in costs), strict=True)
    )
    spread = sorted(cost.cpu for cost in costs)
    print(
        f"{name:20}{cpu:8.1f}{wall:8.1f}{bound:10.1f}{ratio:8.2f}{size:8.0f}  {spread[0]:.1f} … {spread[-1]:.1f}"
    )
    return float(cpu)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=5_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--files", type=int, default=50, metavar="N", help="default: %(default)s")
    parser.add_argument("--repeat", type=int, default=7, metavar="N", help="of each kind; default: %(default)s")
    parser.add_argument("--check", action="store_true", help=f"exit with 1 if over {BAR:.0f} µs a test")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="journal-cost-") as name:
        suite = Path(name)
        make_suite(suite, arguments.tests, arguments.files)
        costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
        for _ in range(arguments.repeat):
            for way, options in WAYS.items():
                costs[way].append(run(suite, arguments.tests, options))
    print(f"\n{arguments.tests:,} tests, {arguments.repeat} runs; median µs a test")
    print(f"{'':20}{'CPU':>8}{'wall':>8}{'os.write':>10}{'ratio':>8}{'bytes':>8}  least … most CPU")
    worst = max(print_costs(way, costs[way]) for way in WAYS)
    print(f"\n{'met' if worst <= BAR else 'MISSED'}: at most {BAR:.0f} µs a test inside the writer")
    return 1 if arguments.check and worst > BAR else 0


if __name__ == "__main__":
    sys.exit(main())
