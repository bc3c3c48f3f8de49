"""How often expensive class fixtures are set up over N shards, and how even the shards are.

A made suite: 40 classes in 20 files, half of them with a class-scoped fixture and half with ``setup_class``, 30
seconds of set-up in all, and beside them 320 short tests. What takes time sleeps, so that another process's
work changes little. Each set-up leaves a line in a file. Held against pytest-split's two algorithms and against
one run of everything: set-ups, the slowest shard over the mean of all, and over the unsharded run divided by N;
wall seconds of whole processes.

Each tool records durations by its own means first, in a copy of the suite of its own: pytest-split in one run
of everything, ours in N shards and a merge. ``--check`` holds ours to set-ups within 10 % of the unsharded
run's and slowest over mean ≤ 1.10.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from textwrap import dedent

from peers import PYTEST_SPLIT, add_venv_option, venv_python
from suites_running import RUNNERS, build_wheel
from whole_process_running import OUR_NEEDS, Tree
from whole_process_suites import WholeSuite
from whole_process_tools import Plain, PytestSplit, Smartshard, Tool, Unusable

CLASSES, CLASSES_A_FILE, TESTS_A_CLASS = 40, 2, 8
SET_UP_SECONDS, TEST_SECONDS = 30.0, 0.02
MOST_SET_UPS, MOST_IMBALANCE = 1.10, 1.10
SET_UPS = "set_ups.txt"

CONFTEST = f'''
import pathlib
import time


def pytest_configure(config):
    config.set_ups = pathlib.Path(__file__).parent.parent / "{SET_UPS}"


def set_up(config, name, seconds):
    with config.set_ups.open("a") as file:
        file.write(name + "\\n")
    time.sleep(seconds)
'''

BY_FIXTURE = """
class Test{number}:
    @pytest.fixture(scope="class", autouse=True)
    def service(self, pytestconfig):
        conftest.set_up(pytestconfig, "Test{number}", {seconds})
"""

BY_METHOD = """
class Test{number}:
    @classmethod
    def setup_class(cls):
        conftest.set_up(CONFIG, "Test{number}", {seconds})
"""

TEST = """
    def test_{number}(self):
        time.sleep({seconds})
"""

HEAD = """
import time

import pytest

import conftest


@pytest.fixture(scope="module", autouse=True)
def config(pytestconfig):
    global CONFIG
    CONFIG = pytestconfig
"""


def make_suite(folder: Path, scale: float) -> None:
    """Write the suite, always the same one; *scale* stretches all its times."""
    randomness = random.Random(1)
    shares = [randomness.uniform(0.4, 1.6) for _ in range(CLASSES)]
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="ascii")
    (folder / "conftest.py").write_text(CONFTEST, encoding="ascii")
    for first in range(0, CLASSES, CLASSES_A_FILE):
        text = HEAD
        for number in range(first, first + CLASSES_A_FILE):
            seconds = round(scale * SET_UP_SECONDS * shares[number] / sum(shares), 4)
            form = BY_FIXTURE if number % 2 else BY_METHOD
            text += form.format(number=number, seconds=seconds)
            for test in range(TESTS_A_CLASS):
                text += TEST.format(number=test, seconds=round(scale * TEST_SECONDS, 4))
        (folder / f"test_part_{first // CLASSES_A_FILE:02}.py").write_text(dedent(text), encoding="ascii")


def set_ups_of(tree: Tree) -> int:
    """How many there were since this was asked last."""
    path = tree.home / SET_UPS
    count = len(path.read_text("ascii").splitlines()) if path.exists() else 0
    path.unlink(missing_ok=True)
    return count


def measure(tool: Tool, shards: int, repeat: int) -> tuple[int, list[float]]:
    """Set-ups over all shards, and the seconds of each."""
    tool.record(tool.tree.tidy, shards)
    set_ups_of(tool.tree)
    counts, walls = [], []
    for _ in range(repeat):
        tool.tree.tidy()
        done = []
        for number in range(1, shards + 1):
            tool.tree.tidy()
            done.append(tool.shard(number, shards))
        if (
            any(spent.code for spent in done)
            or sum(spent.ran.total() for spent in done) != CLASSES * TESTS_A_CLASS
        ):
            raise Unusable(f"{tool.name} did not run each test once: {[spent.said for spent in done]}")
        counts.append(set_ups_of(tool.tree))
        walls.append([spent.wall for spent in done])
    return round(statistics.median(counts)), [statistics.median(times) for times in zip(*walls, strict=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of all times of the suite (default: %(default)s)"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 where a bar is missed")
    add_venv_option(parser)
    given = parser.parse_args()
    missed = []
    with tempfile.TemporaryDirectory(prefix="smartshard-classes-") as name:
        home = Path(name).resolve()
        wheel = build_wheel(given.venv, home / "wheel")
        python = Path(venv_python(given.venv, "class-fixtures", (*RUNNERS, *OUR_NEEDS, *PYTEST_SPLIT)))
        pip = [str(python), "-m", "pip", "install", "-qq", "--no-deps", "--force-reinstall", str(wheel)]
        subprocess.run(pip, check=True)

        def tree(folder: str) -> Tree:
            made = Tree(python=python, home=home / folder, suite=WholeSuite(name=folder, sdist="made"))
            make_suite(made.top, given.scale)
            return made

        plain = Plain(tree("unsharded"))
        whole = statistics.median(plain.run().wall for _ in range(given.repeat))
        unsharded = round(set_ups_of(plain.tree) / given.repeat)
        print(f"unsharded: {unsharded} set-ups, {whole:.1f} s; 1/{given.shards} is {whole / given.shards:.1f} s")
        print(f"{'tool':38}{'set-ups':>8}{'ratio':>8}{'slowest':>9}{'× mean':>8}{f'× 1/{given.shards}':>8}")
        tools: list[Tool] = [
            PytestSplit(tree(name), name) for name in ("least_duration", "duration_based_chunks")
        ]
        tools.append(Smartshard(tree("smartshard")))
        for tool in tools:
            count, walls = measure(tool, given.shards, given.repeat)
            ratio, imbalance = count / unsharded, max(walls) / statistics.mean(walls)
            print(
                f"{tool.name:38}{count:8}{ratio:8.2f}{max(walls):9.1f}{imbalance:8.3f}"
                f"{max(walls) * given.shards / whole:8.3f}",
                flush=True,
            )
            if isinstance(tool, Smartshard) and (ratio > MOST_SET_UPS or imbalance > MOST_IMBALANCE):
                missed.append(f"{tool.name}: {ratio:.2f} of the set-ups, slowest over mean {imbalance:.3f}")
    print(*missed, sep="\n")
    return 1 if given.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
