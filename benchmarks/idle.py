"""What the installed plugin costs a pytest run that names none of its options.

The built wheel, not the source folder, in an environment of its own with nothing but its dependencies. One
trivial test is run with the plugin and with ``-p no:smartshard``, in pairs whose order changes, and the median of
the paired differences is taken. Where valgrind is installed, the instructions of one run of each kind are counted
too, and decide: they are the same each time, whatever else the machine is doing. Shown as well: what the plugin
costs where no bytecode is kept (a container with ``PYTHONDONTWRITEBYTECODE``: pytest then rewrites every plugin's
modules anew), and what pytest-xdist costs, because it is a dependency of ours.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from peers import add_venv_option, venv_python

ROOT = Path(__file__).resolve().parent.parent
BAR = 5.0
"""Milliseconds."""

WITHOUT_US = ("-p", "no:smartshard")
WITHOUT_XDIST = (*WITHOUT_US, "-p", "no:xdist", "-p", "no:xdist.looponfail")
LINES_OF_IMPORTS = 12


def installed_python(folder: Path) -> str:
    """The interpreter of an environment in which the wheel of this working tree is installed."""
    python = venv_python(folder, "idle", ("pytest",))
    with tempfile.TemporaryDirectory(prefix="idle-wheel-") as wheels:
        _pip(python, "wheel", "--no-deps", "--wheel-dir", wheels, str(ROOT))
        (wheel,) = Path(wheels).glob("*.whl")
        _pip(python, "install", str(wheel))  # For its dependencies, where they are missing.
        _pip(python, "install", "--force-reinstall", "--no-deps", str(wheel))
    return python


def _pip(python: str, *arguments: str) -> None:
    subprocess.run([python, "-m", "pip", "-qq", *arguments], check=True)


def run(
    python: str, suite: Path, options: Sequence[str], *flags: str, keeps_bytecode: bool = True
) -> tuple[float, float, str]:
    """Milliseconds of wall clock and of processor of one pytest run, and what it wrote to standard error."""
    command = [python, *flags, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    before, start = _children_cpu(), time.perf_counter()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    if not keeps_bytecode:
        environ["PYTHONDONTWRITEBYTECODE"] = "1"
    said = subprocess.run(command, cwd=suite, env=environ, check=True, capture_output=True, text=True)
    return 1e3 * (time.perf_counter() - start), 1e3 * (_children_cpu() - before), said.stderr


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def compare(
    python: str, suite: Path, options: tuple[Sequence[str], Sequence[str]], pairs: int, keeps_bytecode: bool
) -> list[list[tuple[float, float]]]:
    """Wall and processor milliseconds of *pairs* runs with each of two sets of options, in turn."""
    taken: list[list[tuple[float, float]]] = [[], []]
    for pair in range(-2, pairs):
        for side in (0, 1) if pair % 2 else (1, 0):
            wall, cpu, _ = run(python, suite, options[side], keeps_bytecode=keeps_bytecode)
            if pair >= 0:  # The first two fill caches.
                taken[side].append((wall, cpu))
    return taken


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """Where 95 % of the medians of resampled *differences* lie."""
    randomness = random.Random(1)
    medians = sorted(statistics.median(randomness.choices(differences, k=len(differences))) for _ in range(2000))
    return medians[50], medians[1949]


def print_comparison(title: str, taken: list[list[tuple[float, float]]]) -> float:
    """Medians and the paired difference; returns the difference in milliseconds of wall clock."""
    print(f"\n{title:34}{'with':>9}{'without':>9}{'difference':>12}{'95 %':>16}{'ratio':>8}")
    found = []
    for name, index in (("wall ms", 0), ("CPU ms", 1)):
        with_it, without = ([run[index] for run in side] for side in taken)
        differences = [a - b for a, b in zip(with_it, without, strict=True)]
        low, high = interval(differences)
        left, right = statistics.median(with_it), statistics.median(without)
        found.append(statistics.median(differences))
        span = f"{low:.1f} … {high:.1f}"
        print(f"{name:34}{left:9.1f}{right:9.1f}{found[-1]:12.1f}{span:>16}{left / right:8.3f}")
    return found[0]


def instructions(python: str, suite: Path, options: Sequence[str]) -> int:
    """Instructions that one pytest run executes, as valgrind counts them."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    said = subprocess.run(
        command, cwd=suite, env={**environ, "PYTHONHASHSEED": "0"}, check=True, capture_output=True, text=True
    )
    (count,) = re.findall(r"Collected : (\d+)", said.stderr)
    return int(count)


def print_instructions(python: str, suite: Path, milliseconds: float) -> float:
    """Count with and without the plugin; returns the difference as a share of *milliseconds*, a run's without."""
    with_it, without = (instructions(python, suite, options) for options in ((), WITHOUT_US))
    cost = milliseconds * (with_it / without - 1)
    print(
        f"\nMillion instructions: {with_it / 1e6:.1f} with, {without / 1e6:.1f} without, ratio "
        f"{with_it / without:.4f}: {cost:.1f} of {milliseconds:.0f} ms"
    )
    return cost


def imports(python: str, suite: Path, options: Sequence[str]) -> dict[str, int]:
    """Microseconds that each imported module took itself, as ``-X importtime`` says."""
    taken = {}
    for line in run(python, suite, options, "-X", "importtime")[2].splitlines():
        if line.startswith("import time:") and "self [us]" not in line:
            own, _, name = line.removeprefix("import time:").split("|")
            taken[name.strip()] = int(own)
    return taken


def print_imports(python: str, suite: Path, repetitions: int) -> None:
    """The modules that are imported only because of the plugin, and what they take."""
    without = {name for _ in range(2) for name in imports(python, suite, WITHOUT_US)}
    repeated = [imports(python, suite, ()) for _ in range(repetitions)]
    medians = {
        name: statistics.median(taken.get(name, 0) for taken in repeated)
        for name in sorted(repeated[0].keys() - without)
    }
    print(
        f"\nModules imported only with the plugin: {sum(medians.values()) / 1e3:.2f} ms (-X importtime adds some)"
    )
    for name, microseconds in sorted(medians.items(), key=lambda pair: -pair[1])[:LINES_OF_IMPORTS]:
        print(f"{microseconds / 1e3:8.2f}  {name}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=60, metavar="N", help="default: %(default)s")
    parser.add_argument("--check", action="store_true", help=f"exit with 1 if it costs more than {BAR:.0f} ms")
    add_venv_option(parser)
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    python = installed_python(arguments.venv)
    with tempfile.TemporaryDirectory(prefix="idle-") as name:
        suite = Path(name)
        (suite / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        (suite / "test_one.py").write_text("def test_one() -> None: ...\n", encoding="utf-8")
        sides: tuple[Sequence[str], Sequence[str]] = ((), WITHOUT_US)
        few = max(5, arguments.pairs // 4)
        cold = compare(python, suite, sides, few, keeps_bytecode=False)  # While nothing has left any.
        ours = compare(python, suite, sides, arguments.pairs, keeps_bytecode=True)
        xdist = compare(python, suite, (WITHOUT_US, WITHOUT_XDIST), few, keeps_bytecode=True)
        how, cost = "clock", print_comparison(f"pytest-smartshard, {arguments.pairs} pairs", ours)
        print_comparison(f"the same, no bytecode, {few} pairs", cold)
        print_comparison(f"pytest-xdist, {few} pairs", xdist)
        if shutil.which("valgrind"):
            how = "instructions"
            cost = print_instructions(python, suite, statistics.median(wall for wall, _ in ours[1]))
        print_imports(python, suite, 7)
    print(f"\n{'met' if cost <= BAR else 'MISSED'} by {how}: at most {BAR:.0f} ms over -p no:smartshard")
    return 1 if arguments.check and cost > BAR else 0


if __name__ == "__main__":
    sys.exit(main())
