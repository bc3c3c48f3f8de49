"""How long planning takes and how much memory, for a large suite with history, against pytest-split.

Both read their durations from disk, predict and pack: 100,000 tests in 2,000 files, with 8 runs of history on our
side and the one duration a test that it keeps on pytest-split's. Each repetition is a fresh process that has
imported pytest and holds the same stand-ins for items; the tools take turns.

The bar is load + predict + pack (with us: plan, file-owner form and digest). What a shard of ours does besides
(making a suite of the items, telling its own tests from the others) is in the line "items to own tests"; of that,
pytest-split needs only the second part, which its algorithm has built in. Memory counts all of it on both sides.

The last tables are of a history that also knows what collecting each file costs, and a fixture of each module and
class; the plan is then made from the names of the files, as where shards collect their own files only. As
pytest-split knows no such costs, this is held against planning without them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from peers import PYTEST_SPLIT, add_venv_option, venv_python

HERE = Path(__file__).resolve().parent
BARS = {6: 0.5, 256: 0.25}
"""Most that ours may take of pytest-split's time, by number of shards."""

SHARED_SHARDS = (6, 300)
SHARED_BAR = 3.0
"""Most that packing with shared costs may take of the time without them."""

OURS = "pytest-smartshard"
SHARED = "pytest-smartshard, shared costs"
THEIRS = "pytest-split"
PLANNING = ("load", "predict and pack")
TIME = "load + predict + pack, CPU s"
MEMORY = "peak memory, MB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """By step wall and processor seconds, and peak memory in bytes after it; *before*: with the items alone."""

    steps: dict[str, tuple[float, float, int]]
    before: int

    @property
    def peak(self) -> int:
        return max(memory for _, _, memory in self.steps.values())

    def wall(self, *names: str) -> float:
        return sum(self.steps[name][0] for name in names or self.steps)

    def cpu(self, *names: str) -> float:
        return sum(self.steps[name][1] for name in names or self.steps)


def repeat(python: str, tool: str, folder: Path, shards: int) -> Repetition:
    durations = folder / ("store.json" if tool != THEIRS else ".test_durations")
    command = [
        python,
        str(HERE / "plan_speed_child.py"),
        tool,
        str(durations),
        str(folder / "ids.txt"),
        str(shards),
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    answer = json.loads(said.stdout)
    steps = {name: (wall, cpu, memory) for name, (wall, cpu, memory) in answer["steps"].items()}
    return Repetition(steps=steps, before=answer["before"])


def print_table(shards: int, ours: list[Repetition], theirs: list[Repetition]) -> bool:
    """Medians and their ratios; whether both bars are met."""
    median = statistics.median
    both = (ours, theirs)
    rows: list[tuple[str, list[list[float]]]] = [
        (TIME, [[r.cpu(*PLANNING) for r in side] for side in both]),
        ("load + predict + pack, wall s", [[r.wall(*PLANNING) for r in side] for side in both]),
        ("  load, CPU s", [[r.cpu("load") for r in side] for side in both]),
        ("  predict and pack, CPU s", [[r.cpu("predict and pack") for r in side] for side in both]),
        ("items to own tests, CPU s", [[r.cpu() for r in side] for side in both]),
        (MEMORY, [[r.peak / 1e6 for r in side] for side in both]),
        ("  above the items alone, MB", [[(r.peak - r.before) / 1e6 for r in side] for side in both]),
    ]
    print(
        f"\n{shards} shards; median of {len(ours)} each{'':9}{'ours':>10}{'theirs':>10}{'ratio':>8}  least … most"
    )
    medians = {}
    for name, (left, right) in rows:
        ratios = sorted(a / b for a, b in zip(left, right, strict=True))
        medians[name] = median(ratios)
        print(
            f"{name:37}{median(left):10.3f}{median(right):10.3f}{medians[name]:8.3f}"
            f"  {ratios[0]:.3f} … {ratios[-1]:.3f}"
        )
    bar = BARS.get(shards, 0.5)
    met = medians[TIME] <= bar and medians[MEMORY] < 1
    print(f"{'met' if met else 'MISSED'}: time ≤ {bar} of pytest-split's, memory below its own")
    return met


def print_shared(shards: int, shared: list[Repetition], plain: list[Repetition]) -> bool:
    """Medians with shared costs and without, and their ratio; whether the bar is met."""
    step = "predict and pack"
    title = f"{shards} shards; median of {len(shared)} each"
    print(f"\n{title:37}{'shared':>10}{'without':>10}{'ratio':>8}  least … most")
    left, right = [r.cpu(step) for r in shared], [r.cpu(step) for r in plain]
    ratios = sorted(a / b for a, b in zip(left, right, strict=True))
    ratio = statistics.median(ratios)
    print(
        f"{'predict and pack, CPU s':37}{statistics.median(left):10.3f}{statistics.median(right):10.3f}"
        f"{ratio:8.3f}  {ratios[0]:.3f} … {ratios[-1]:.3f}"
    )
    met = ratio <= SHARED_BAR
    print(f"{'met' if met else 'MISSED'}: time ≤ {SHARED_BAR} of that without shared costs")
    return met


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tests", type=int, default=100_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--files", type=int, default=2_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=8, metavar="N", help="runs in history (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=7, metavar="N", help="default: %(default)s")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a bar is missed")
    add_venv_option(parser)
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    python = venv_python(arguments.venv, "pytest-split", PYTEST_SPLIT)
    with tempfile.TemporaryDirectory(prefix="plan-speed-") as name:
        folder = Path(name)
        numbers = map(str, (arguments.tests, arguments.files, arguments.runs))
        subprocess.run([sys.executable, str(HERE / "plan_speed_inputs.py"), str(folder), *numbers], check=True)
        sizes = {path.name: path.stat().st_size / 1e6 for path in sorted(folder.iterdir())}
        print(f"{arguments.tests:,} tests in {arguments.files:,} files, {arguments.runs} runs; {PYTEST_SPLIT[0]}")
        print(f"store {sizes['store.json']:.1f} MB, .test_durations {sizes['.test_durations']:.1f} MB")
        met = True
        for shards in BARS:
            ours, theirs = [], []
            for _ in range(arguments.repeat):
                ours.append(repeat(sys.executable, OURS, folder, shards))
                theirs.append(repeat(python, THEIRS, folder, shards))
            met = print_table(shards, ours, theirs) and met
        for shards in SHARED_SHARDS:
            shared, plain = [], []
            for _ in range(arguments.repeat):
                shared.append(repeat(sys.executable, SHARED, folder, shards))
                plain.append(repeat(sys.executable, OURS, folder, shards))
            met = print_shared(shards, shared, plain) and met
    return 0 if met or not arguments.check else 1


if __name__ == "__main__":
    sys.exit(main())
