"""A real suite in four shards at once, of which one is killed half-way, against the same run undisturbed.

    python benchmarks/killed_shard.py

Each shard is a process in a folder of its own, as a CI job would be, and writes a JUnit file. One of them gets a
SIGKILL as soon as its journal has half of its tests. Then ``smartshard merge`` has to name what is missing, and
end with 3; ``pytest --shard-rerun`` has to run exactly that, by what a plugin of the benchmark's own wrote down;
and a second merge has to prove the whole, and end with 0. The store, the JUnit file and the report that it leaves
are held against those of the undisturbed run: nothing but times may differ. The last two are compared where the
merge writes them. Ends with 1 where anything is not as it should be.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from peers import add_venv_option
from suites_left import junit_cases, samples_of, verdict_of
from suites_running import HERE, LONGEST_RUN, WITHOUT_PYTEST_SPLIT, bench_for, build_wheel, read_junit
from suites_table import SUITES

SHARDS = 4
KILLED = 2
"""The shard that is killed."""

LEAST_TESTS = 1_500
PACKAGES = ("networkx.classes", "networkx.generators", "networkx.readwrite", "networkx.algorithms.centrality")
"""What is run of networkx: on two processors four shards take about a minute."""

JOINERS = ("junitparser==5.0.3",)
"""What the merge job needs beside the suite."""

WATCH_SECONDS = 0.005
"""Between two looks at the journal of the shard that is to be killed."""

JUNIT, REPORT = "junit.xml", "report.json"
"""What the merge leaves in its ``--out`` folder, if it does."""

MISSING = 3
_KEPT_OUT = re.compile(r"(PYTEST|GITHUB|CI|SMARTSHARD)(_.*)?|PYTHON(DONTWRITEBYTECODE|HASHSEED|WARNINGS|PATH)")

Lines = list[dict[str, Any]]


@dataclass(slots=True)
class Table:
    """What was compared: a row each, and whether all was as it should be."""

    is_fine: bool = True
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, what: str, found: object, expected: object, shown: str = "") -> None:
        fits = found == expected
        self.is_fine &= fits
        self.rows.append((what, shown or str(found), "as it should be" if fits else f"NOT {expected}"[:200]))

    def print(self) -> None:
        width = max(len(what) for what, _, _ in self.rows)
        for what, found, verdict in self.rows:
            print(f"{what:<{width}}  {found:<24} {verdict}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """How shards are run: the interpreter of the suite's environment, the suite's arguments, a folder for a run.

    Below *home* each shard has a folder; all have one name length, so that node ids outside them are the same.
    """

    python: Path
    arguments: tuple[str, ...]
    home: Path

    def folder(self, name: str) -> Path:
        folder = self.home / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def start(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        """One pytest, in the folder *name*."""
        folder = self.folder(name)
        command = [
            str(self.python.with_name("pytest")),
            *("-q", "-p", "no:cacheprovider", "-p", "suites_record", *WITHOUT_PYTEST_SPLIT),
            *(f"--shard-run={self.home.name}", f"--junitxml={folder / 'own.xml'}", *options, *self.arguments),
        ]
        with open(folder / "log.txt", "ab") as log:
            return subprocess.Popen(
                command,
                cwd=folder,
                env=environment(PYTHONPATH=str(HERE), SMARTSHARD_SUITE_RAN=str(folder / "ran.txt")),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def shards(self) -> dict[int, subprocess.Popen[bytes]]:
        """All of them, started at once."""
        numbers = range(1, SHARDS + 1)
        return {number: self.start(f"shard-{number}", f"--shard={number}/{SHARDS}") for number in numbers}

    def journals(self, name: str) -> list[Path]:
        return sorted((self.home / name).glob(".smartshard/runs/**/*.jsonl"))

    def artifacts(self) -> list[Path]:
        return sorted(self.home.glob("*/.smartshard/runs"))

    def ran(self) -> Counter[str]:
        """Node ids by what the shards' own record says."""
        return Counter(
            line for path in self.home.glob("*/ran.txt") for line in path.read_text("utf-8").splitlines()
        )

    def merge(self) -> tuple[int, list[str]]:
        """Exit code and lines of a merge of all that is there."""
        smartshard = str(self.python.with_name("smartshard"))
        told = subprocess.run([smartshard, "merge", "--help"], capture_output=True, text=True, check=True).stdout
        more = ["--junit"] if "--junit" in told else []
        out = self.folder("merged")
        done = subprocess.run(
            [smartshard, "merge", *more, f"--out={out}", "--store", str(self.store), *map(str, self.artifacts())],
            cwd=out,
            env=environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=LONGEST_RUN,
            check=False,
        )
        return done.returncode, [*done.stdout.splitlines(), *done.stderr.splitlines()]

    @property
    def store(self) -> Path:
        return self.home / "store"


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not _KEPT_OUT.fullmatch(name)}
    return {**kept, "PYTHONUTF8": "1", **more}


def whole_lines(journal: Path) -> Lines:
    """Its lines but for one that is being written."""
    return [json.loads(line) for line in journal.read_bytes().split(b"\n")[:-1]]


def ended(lines: Lines) -> Counter[str]:
    """Node ids of the tests that a journal has to their end."""
    return Counter(line.get("nodeid", key_of(line)) for line in lines if line["kind"] == "test")


def key_of(line: Mapping[str, Any]) -> str:
    return f"{line['file']}::{line['test']}"


def kill_half_way(runner: Runner, process: subprocess.Popen[bytes]) -> None:
    """Wait until the journal has half of the shard's tests, and kill it. Exits where it was too fast for that."""
    name = f"shard-{KILLED}"
    while process.poll() is None:
        lines = whole_lines(runner.journals(name)[0]) if runner.journals(name) else []
        if lines and 2 * sum(line["kind"] == "test" for line in lines) >= lines[0]["selected"]:
            process.send_signal(signal.SIGKILL)
            return
        time.sleep(WATCH_SECONDS)
    sys.exit(f"shard {KILLED} ended with {process.returncode} before it could be killed")


def undisturbed(runner: Runner) -> dict[str, str]:
    """Run all shards to their ends and merge them; returns the key of each node id."""
    codes = [process.wait(LONGEST_RUN) for process in runner.shards().values()]
    code, said = runner.merge()
    print(f"undisturbed: shards ended with {codes}, merge with {code}: {said[-1]}", flush=True)
    if any(codes) or code:
        sys.exit("\n".join(said))
    lines = [line for path in runner.home.glob("shard-*/.smartshard/**/*.jsonl") for line in whole_lines(path)]
    return {line.get("nodeid", key_of(line)): key_of(line) for line in lines if line["kind"] == "test"}


def disturbed(runner: Runner, keys: Mapping[str, str], table: Table) -> list[str]:
    """Kill a shard, merge, run what is left, merge again; returns what the last merge said."""
    shards = runner.shards()
    kill_half_way(runner, shards[KILLED])
    codes = {number: process.wait(LONGEST_RUN) for number, process in shards.items()}
    table.add("exit codes of the shards", codes, {n: -9 if n == KILLED else 0 for n in codes})
    (journal,) = runner.journals(f"shard-{KILLED}")
    lines = whole_lines(journal)
    done = ended(lines)
    selected = lines[0]["selected"]
    told = f"{done.total()} of {selected} tests"
    table.add("killed when its journal had", selected // 2 <= done.total() < selected, True, told)
    before = runner.ran()
    # Each test is in the journal first, so that the record may lack the one of the moment.
    own = Counter((runner.home / f"shard-{KILLED}" / "ran.txt").read_text("utf-8").splitlines())
    table.add("ended by the record, not in the journal", (own - done).total(), 0)
    table.add("in the journal, not yet in the record", (done - own).total() <= 1, True, str((done - own).total()))

    left = Counter(keys.keys()) - before - done
    code, said = runner.merge()
    table.add("merge of what is there, exit code", code, MISSING)
    found = [line for line in said if "NOT PROVED" in line]
    expected = f"NOT PROVED: {left.total():,} of {len(keys):,} tests did not run to the end"
    table.add("merge says", [line.partition(": ")[2] for line in found], [expected], f"{left.total()} missing")
    print(*(line if len(line) < 300 else f"{line[:300]} …" for line in said), sep="\n", flush=True)

    rest = runner.start("rest-01", f"--shard-rerun={zipped(runner)}")
    table.add("--shard-rerun, exit code", rest.wait(LONGEST_RUN), 0)
    ran = Counter((runner.home / "rest-01" / "ran.txt").read_text("utf-8").splitlines())
    table.add("tests it ran", ran, left, f"{ran.total()}, those and no others")
    code, said = runner.merge()
    table.add("merge of everything, exit code", code, 0)
    proved = f"proved: {len(keys):,} tests ran exactly once in {SHARDS} shards, then what was left in 1 shard"
    table.add("merge says", said[-1].partition(": ")[2], proved, "proved")
    return said


def zipped(runner: Runner) -> Path:
    """The artifacts of all shards as they are downloaded: a zip file each, in one folder."""
    place = runner.folder("artifacts")
    for runs in runner.artifacts():
        archive = place / f"{runs.parent.parent.name}.zip"
        subprocess.run([sys.executable, "-m", "zipfile", "-c", archive, *runs.iterdir()], check=True)
    return place


def compare(calm: Runner, killed: Runner, table: Table) -> None:
    """What both runs left."""
    one, other = samples_of(calm.store), samples_of(killed.store)
    count = sum(map(len, one.values()))
    table.add("store: tests, and classes of samples", other, one, f"{count} alike")
    plain = Counter(case for path in calm.home.glob("shard-*/own.xml") for case in read_junit(path).elements())
    for name, read in ((JUNIT, junit_cases), (REPORT, verdict_of)):
        here, there = (runner.home / "merged" / name for runner in (calm, killed))
        if here.exists() and there.exists():
            table.add(f"{name} but for times", read(there), read(here), "alike")
        else:
            table.add(f"{name} is written by", [here.exists(), there.exists()], [False, False], "neither merge")
    if (calm.home / "merged" / JUNIT).exists():
        table.add(f"{JUNIT} of shards' own files", read_junit(calm.home / "merged" / JUNIT), plain, "alike")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave all files of both runs there")
    add_venv_option(parser)
    given = parser.parse_args()
    (suite,) = (suite for suite in SUITES if suite.name == "networkx")
    # An environment of its own, so that those of the other benchmarks stay as they are pinned.
    suite = replace(
        suite,
        name="networkx-killed",
        arguments=("--pyargs", *PACKAGES),
        requirements=(*suite.requirements, *JOINERS),
    )
    with tempfile.TemporaryDirectory(prefix="killed-shard-") as folder:
        home = Path(folder).resolve()
        bench = bench_for(suite, given.venv, build_wheel(given.venv, home), home / "bench")
        place = (given.keep or home).resolve()
        calm, killed = (
            Runner(python=bench.python, arguments=suite.arguments, home=place / name)
            for name in ("undisturbed", "disturbed")
        )
        table = Table()
        keys = undisturbed(calm)
        table.add("tests in the suite", len(keys) >= LEAST_TESTS, True, str(len(keys)))
        print(*disturbed(killed, keys, table), sep="\n", flush=True)
        compare(calm, killed, table)
        print()
        table.print()
    return 0 if table.is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
