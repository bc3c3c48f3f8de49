"""Coverage of a real suite: what four shards measured, combined, against two unsharded runs.

Lines, branches and the tests that ran them (contexts) are compared one by one, and only those that the two
unsharded runs agree on: where these differ, the suite does not do the same twice. One of the shards has two xdist
workers.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from coverage_data import ARC, LINE, Fact, facts_of
from peers import add_venv_option
from suites_running import WITHOUT_PYTEST_SPLIT, WITHOUT_US, Bench, bench_for, build_wheel
from suites_table import SUITES

SHARDS = 4
IN_WORKERS = 2
"""The shard that has two xdist workers."""

MEASURERS = ("coverage==7.17.3", "pytest-cov==7.1.0")

COVERAGERC = "[run]\nbranch = true\nrelative_files = true\n"

Facts = frozenset[Fact]


def measured(bench: Bench, package: str, *options: str) -> float:
    """Run the suite with coverage of *package*; returns seconds."""
    (bench.tree / ".coveragerc").write_text(COVERAGERC, encoding="ascii")
    given = (f"--cov={package}", "--cov-context=test", "--cov-report=", *WITHOUT_PYTEST_SPLIT)
    _, seconds = bench.pytest(*given, *options)
    return seconds


def unsharded(bench: Bench, package: str, keep: Path) -> float:
    """One plain run, whose data is put at *keep*; returns seconds."""
    bench.renew()
    seconds = measured(bench, package, *WITHOUT_US, "-n0")
    shutil.move(bench.tree / ".coverage", keep)
    return seconds


def sharded(bench: Bench, package: str) -> tuple[list[Path], list[float]]:
    """All shards, in one folder; returns their data files and seconds."""
    bench.renew()
    seconds = [
        # Under one name they follow one plan, also the one that counts on two workers.
        measured(
            bench,
            package,
            f"--shard={number}/{SHARDS}",
            "--shard-run=measured",
            "-n2" if number == IN_WORKERS else "-n0",
        )
        for number in range(1, SHARDS + 1)
    ]
    return sorted(bench.tree.glob(".smartshard/runs/**/*.coverage")), seconds


def combined(bench: Bench, out: Path) -> Path:
    """The data file that `smartshard merge --cov` makes; a shard's data must not be missing for it to do so."""
    done = merge(bench, out)
    if done.returncode not in (0, 1):  # 1: a test failed
        sys.exit(f"merging ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    print(*(line for line in done.stdout.splitlines() if line.startswith(("root@", "coverage"))), sep="\n")
    first, *_ = sorted(bench.tree.glob(".smartshard/runs/**/*.coverage"))
    hidden = first.with_suffix(".hidden")
    first.rename(hidden)
    refused = merge(bench, out / "refused")
    hidden.rename(first)
    print(f"without {first.name}: exit {refused.returncode}, {refused.stdout.splitlines()[-1]}")
    return out / "coverage.data"


def merge(bench: Bench, out: Path) -> subprocess.CompletedProcess[str]:
    command = [
        str(bench.python),
        "-m",
        "pytest_smartshard",
        "merge",
        "--cov",
        "--out",
        str(out),
        ".smartshard/runs",
    ]
    return subprocess.run(command, cwd=bench.tree, capture_output=True, text=True, check=False)


def compare(name: str, one: Facts, other: Facts, merged: Facts) -> bool:
    """Print a row; returns whether *merged* is what the plain runs *one* and *other* agree on."""
    agreed, either = one & other, one | other
    lost, added = agreed - merged, merged - either
    print(
        f"{name:<22} {len(either):>10,} {len(agreed):>10,} {len(agreed) - len(lost):>10,} {len(lost):>6,} "
        f"{len(added):>6,}"
    )
    for sign, facts in (("-", lost), ("+", added)):
        for fact in sorted(facts)[:5]:
            print(f"    {sign} {fact.file}:{fact.start or ''}>{fact.end} {fact.context}")
    return not (lost or added)


def without_contexts(facts: Facts) -> Facts:
    return frozenset(fact._replace(context="") for fact in facts)


def of_kind(kind: str, facts: Facts) -> Facts:
    return frozenset(fact for fact in facts if fact.kind == kind)


def contexts(facts: Facts) -> Facts:
    return frozenset(Fact("context", "", 0, 0, fact.context) for fact in facts)


def report(one: Facts, other: Facts, merged: Facts) -> bool:
    print(f"{'':<22} {'in either':>10} {'in both':>10} {'in shards':>10} {'lost':>6} {'added':>6}")
    fine = compare("contexts", contexts(one), contexts(other), contexts(merged))
    for kind, plural in ((LINE, "lines"), (ARC, "arcs")):
        first, second, shards = (of_kind(kind, facts) for facts in (one, other, merged))
        alone = map(without_contexts, (first, second, shards))
        fine = compare(plural, *alone) and fine
        fine = compare(f"{plural} with contexts", first, second, shards) and fine
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--suite", default="boltons", help="a suite of suites_table.py (default: %(default)s)")
    parser.add_argument("--package", help="what is measured (default: the suite's name)")
    parser.add_argument("--check", action="store_true", help="end with 1 where anything is lost or added")
    add_venv_option(parser)
    given = parser.parse_args()
    (suite,) = (suite for suite in SUITES if suite.name == given.suite)
    # An environment of its own, so that those of the other benchmarks stay as they are pinned.
    name = f"{suite.name}-coverage"
    suite = replace(suite, name=name, requirements=(*suite.requirements, *MEASURERS))
    package = given.package or given.suite
    with tempfile.TemporaryDirectory(prefix="coverage-equal-") as folder:
        home = Path(folder).resolve()
        bench = bench_for(suite, given.venv, build_wheel(given.venv, home), home / name)
        plain = [unsharded(bench, package, home / number) for number in ("one", "other")]
        print(f"unsharded: {plain[0]:.1f} s and {plain[1]:.1f} s", flush=True)
        files, seconds = sharded(bench, package)
        print(f"{len(files)} of {SHARDS} shards: {', '.join(f'{each:.1f} s' for each in seconds)}", flush=True)
        merged = combined(bench, home / "out")
        fine = report(*(facts_of(path) for path in (home / "one", home / "other", merged)))
    return 1 if given.check and not fine else 0


if __name__ == "__main__":
    sys.exit(main())
