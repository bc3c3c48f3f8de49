"""What a shard costs as a whole process, from its start to its end: ours, pytest-split and pytest-fsplit.

    python benchmarks/whole_process.py                             all suites of whole_process_suites.py
    python benchmarks/whole_process.py --suite attrs --repeat 2    only that one
    python benchmarks/whole_process.py --install toolz==1.2.0 -- --pyargs toolz
    python benchmarks/whole_process.py --install attrs==26.1.0 --install hypothesis --sdist attrs==26.1.0 -- tests

Each tool has a copy of the suite of its own, records durations there by its own means (the peers in a whole run,
ours in ``--history`` runs in shards, as a CI has them), and then runs its N shards as processes that are alone on
the machine, as far as we are concerned. Processor time is that of the
process and of all children it waited for, so it has everything in it: the interpreter's start, imports,
collection, planning, fixtures, tests, the end. *cold* is a fresh checkout, in which pytest has to rewrite test
files before it imports them: its cache of rewritten files is removed before each process, also while durations
are recorded. *warm* is a further run in the same place: it has that cache, and Hypothesis' tables, which the
first test that needs them makes else. Bytecode that Python caches itself stays in both, and numerical libraries
may use one thread.

Printed for each tool: the slowest shard over a quarter (with 4 shards) of the unsharded run; all shards
together over the unsharded run, which is what the tool costs; and the slowest shard over a bound that nothing
can be below, computed from plain pytest's own parts as whole_process_bound.py explains. Shards are timed
``--repeat`` times, the tools in turns, each time another first; a shard's figure is the median, and *spread* is
how far the unsharded runs lie apart.

After each run what ran in the shards is held against what ran unsharded: each test once, and the worst exit
code of the shards that of the unsharded run.

With ``--check`` a bar that is missed makes the exit code 1: slowest ≤ 1.10 of the quarter or ≤ 1.05 of the
bound, and no more than 2 % above the best of the peers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import SubprocessError

from peers import add_venv_option
from suites_running import build_wheel
from whole_process_bound import Costs, Recorded, bound, costs_of, file_of
from whole_process_running import Source, Spent, Tree
from whole_process_suites import SUITES, WholeSuite
from whole_process_tools import Plain, Smartshard, Tool, Unusable, all_tools, collecting

STATES = ("cold", "warm")
ALONE = 5
"""Files that are each collected alone, to find out what starting costs."""

MOST_ALONE = 80
"""Hypothesis' tests that are each run alone. Of a suite with more of them what the first pays is not known."""

DEAR = 3
DEAR_SHARE = 0.02
"""At most so many files, of those that cost this much of an unsharded run, are left out of one each."""

MOST_OVER_QUARTER = 1.10
MOST_OVER_BOUND = 1.05
MOST_OVER_PEER = 1.02


@dataclass(slots=True)
class Timed:
    """All processes of one tool in one state, by shard, and what was wrong with them."""

    name: str
    ours: bool
    shards: dict[int, list[Spent]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)

    def cpu(self) -> list[float]:
        """Of each shard."""
        return [statistics.median(spent.cpu for spent in runs) for runs in self.shards.values()]

    def wall(self) -> list[float]:
        return [statistics.median(spent.wall for spent in runs) for runs in self.shards.values()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What was measured of one suite in one state. ``unsharded`` is in *tools*' form, with a single shard."""

    suite: str
    state: str
    count: int
    unsharded: Timed
    costs: Costs
    tools: tuple[Timed, ...]

    @property
    def whole(self) -> float:
        return self.unsharded.cpu()[0]

    @property
    def quarter(self) -> float:
        return self.whole / self.count

    @property
    def bound(self) -> float:
        return bound(self.costs.of_run(self.whole), self.count)

    def print(self) -> None:
        parts, whole = self.costs.of_run(self.whole), self.whole
        runs = sorted(spent.cpu for spent in self.unsharded.shards[1])
        spread, wall = (runs[-1] - runs[0]) / self.whole, self.unsharded.wall()[0]
        print(
            f"\n{self.suite}, {self.state}, {self.count} shards, CPU seconds\n"
            f"  unsharded {self.whole:.2f} (spread {spread:.1%} of {len(runs)}), wall {wall:.2f}, "
            f"{len(self.unsharded.shards[1][0].ran):,} tests\n"
            f"  start-up {parts.start_up:.2f}, collecting {parts.collecting / whole:.0%}, shared fixtures "
            f"{parts.fixtures / whole:.0%}, tests {parts.testing / whole:.0%}, rest {parts.rest / whole:.0%}\n"
            f"  1/{self.count} {self.quarter:.2f}, bound {self.bound:.2f}: × {self.bound / self.quarter:.3f}\n"
            f"  {'tool':38}{'slowest':>9}{self._title:>9}{'× bound':>9}{'sum':>7}{'wall':>9}{'× wall':>8}"
        )
        for tool in self.tools:
            print(f"  {self._row(tool)}")
            for fault in tool.faults:
                print(f"    {fault}")
        sys.stdout.flush()

    @property
    def _title(self) -> str:
        return f"× 1/{self.count}"

    def _row(self, tool: Timed) -> str:
        if not tool.shards:
            return f"{tool.name:38}{'–':>9}"
        slowest, wall = max(tool.cpu()), max(tool.wall())
        return (
            f"{tool.name:38}{slowest:9.2f}{slowest / self.quarter:9.3f}{slowest / self.bound:9.3f}"
            f"{sum(tool.cpu()) / self.whole:7.2f}{wall:9.2f}"
            f"{wall / self.unsharded.wall()[0] * self.count:8.3f}"
        )

    def misses(self) -> list[str]:
        """Bars that ours does not reach."""
        peers = [max(tool.cpu()) for tool in self.tools if not tool.ours and tool.shards and not tool.faults]
        found = []
        for tool in self.tools:
            if not tool.ours:
                continue
            title = f"{self.suite}, {self.state}, {tool.name}"
            found += [f"{title}: {fault}" for fault in tool.faults]
            if not tool.shards:
                continue
            slowest = max(tool.cpu())
            if slowest > MOST_OVER_QUARTER * self.quarter and slowest > MOST_OVER_BOUND * self.bound:
                over = f"{slowest / self.quarter:.3f} of 1/{self.count}, {slowest / self.bound:.3f} of the bound"
                found.append(f"{title}: slowest shard {over}")
            if peers and slowest > MOST_OVER_PEER * min(peers):
                found.append(f"{title}: slowest shard {slowest / min(peers):.3f} of the best peer's")
        return found

    def as_json(self) -> dict[str, object]:
        """All single figures."""

        def runs(timed: Timed) -> dict[str, object]:
            cpu = {number: [spent.cpu for spent in found] for number, found in timed.shards.items()}
            wall = {number: [spent.wall for spent in found] for number, found in timed.shards.items()}
            return {"tool": timed.name, "cpu": cpu, "wall": wall, "faults": timed.faults}

        parts = {name: getattr(self.costs, name) for name in ("whole", "start_up", "collecting", "fixtures")}
        return {
            "suite": self.suite,
            "state": self.state,
            "shards": self.count,
            "bound": self.bound,
            "parts": {**parts, "testing": self.costs.testing, "rest": self.costs.rest},
            "tools": [runs(timed) for timed in (self.unsharded, *self.tools)],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """How one suite is measured."""

    count: int
    repeat: int
    interleave: bool

    def table(self, plain: Plain, tools: Sequence[Tool], state: str) -> Table:
        """All runs of one state. Raises Unusable where plain pytest cannot run the suite."""
        costs = measured_costs(plain, state)
        say(f"  {state}: unsharded, recorded: {costs.whole:.1f} CPU s; all in one {bound(costs, 1):.1f}")
        timed = {tool.name: Timed(tool.name, isinstance(tool, Smartshard)) for tool in tools}
        usable = [tool for tool in tools if self._records(tool, plain, state, timed[tool.name])]
        unsharded = Timed(plain.name, ours=False)
        for turn in range(self.repeat):
            fresh(plain.tree, state)
            whole = plain.run()
            unsharded.shards[1].append(whole)
            say(f"  {state}: unsharded {whole.cpu:.2f} CPU s, exit {whole.code}")
            first = turn % len(usable) if usable else 0
            self._shards([*usable[first:], *usable[:first]], state, timed)
            for tool in usable:
                _judge(timed[tool.name], whole)
        return Table(
            suite=plain.tree.suite.name,
            state=state,
            count=self.count,
            unsharded=unsharded,
            costs=costs,
            tools=tuple(timed.values()),
        )

    def _records(self, tool: Tool, plain: Plain, state: str, timed: Timed) -> bool:
        """Let the tool measure durations; whether it can."""
        if state == "warm":
            # The recording run is to find what the measured ones find.
            warm(tool.tree, plain.tree)
        try:
            tool.record(lambda: fresh(tool.tree, state), self.count)
        except Unusable as reason:
            timed.faults.append(f"could not be used: {reason}")
            return False
        say(f"  {state}: {tool.name} has recorded")
        return True

    def _shards(self, tools: Sequence[Tool], state: str, timed: dict[str, Timed]) -> None:
        numbers = range(1, self.count + 1)
        if self.interleave:
            turns = [(tool, number) for number in numbers for tool in tools]
        else:
            turns = [(tool, number) for tool in tools for number in numbers]
        for tool, number in turns:
            fresh(tool.tree, state)
            spent = tool.shard(number, self.count)
            timed[tool.name].shards[number].append(spent)
            say(f"  {state}: {tool.name} {number}/{self.count} {spent.cpu:.2f} CPU s, exit {spent.code}")


def _judge(timed: Timed, whole: Spent) -> None:
    """Note what the newest run of all shards did differently from the unsharded run."""
    newest = [runs[-1] for runs in timed.shards.values()]
    ran = sum((spent.ran for spent in newest), Counter[str]())
    lost, again = (whole.ran - ran).total(), (ran - whole.ran).total()
    if lost or again:
        timed.faults.append(f"{lost} tests lost, {again} run again")
    codes = [spent.code for spent in newest]
    if max(codes) != whole.code:
        said = [line for spent in newest for line in spent.said.splitlines() if line.startswith("ERROR: ")]
        reason = f": {said[-1]}" if said else ""
        timed.faults.append(f"exit codes {', '.join(map(str, codes))}; unsharded {whole.code}{reason}")


def fresh(tree: Tree, state: str) -> None:
    """What a process finds in that state."""
    tree.tidy()
    if state == "cold":
        tree.forget()


def warm(tree: Tree, like: Tree) -> None:
    """As after an earlier run, *like* being a tree that had one."""
    collecting(Plain(tree)).run()
    tree.take_over(like)


def measured_costs(plain: Plain, state: str) -> Costs:
    """The parts of an unsharded run: one recorded run, one that collects in reverse, and some files alone."""
    record, order = plain.tree.home / "record.json", plain.tree.home / "order.json"

    def recorded(runs: Plain, files: Iterable[str] = ()) -> tuple[float, Recorded]:
        record.unlink(missing_ok=True)
        order.write_text(json.dumps(list(files)), encoding="utf-8")
        fresh(plain.tree, state)
        variables = {"SMARTSHARD_RECORD": record, **({"SMARTSHARD_RECORD_FILES": order} if files else {})}
        done = runs.run(plugin="whole_process_recorder", **variables)
        if done.code not in (0, 1, 5) or not record.exists():
            raise Unusable(f"plain pytest ended with {done.code}:\n{done.said}")
        return done.cpu, Recorded.read(record)

    if state == "warm":
        plain.run()
    whole, run = recorded(plain)
    collect = collecting(plain)
    everything = list(run.paths.values())[::-1]
    collected, reverse = recorded(collect, everything)
    files = sorted(run.files, key=lambda file: min(run.files[file], reverse.files.get(file, run.files[file])))
    step = max(1, len(files) // ALONE)
    alone = {file: recorded(collect, [run.paths[file]])[0] for file in files[::step][:ALONE]}
    saved = {
        file: collected - recorded(collect, [path for path in everything if path != run.paths[file]])[0]
        for file in files[-DEAR:]
        if len(files) > 1 and run.files[file] >= DEAR_SHARE * whole
    }
    if state == "cold" and len(run.hypothesis) <= MOST_ALONE:
        spent = {file: recorded(collect, [run.paths[file]])[0] for file in set(map(file_of, run.hypothesis))}

        def beyond(test: str) -> float:
            file = file_of(test)
            taken, _ = recorded(plain, [f"{run.paths[file]}{test.removeprefix(file)}"])
            return taken - spent[file] - run.needed_by(test)

        run = run.with_first_use({test: beyond(test) for test in run.hypothesis})
    return costs_of(whole, run, reverse.files, alone, saved)


def say(text: str) -> None:
    """What goes on, for someone who waits."""
    print(text, file=sys.stderr, flush=True)


def measure(
    suite: WholeSuite, source: Callable[[WholeSuite], Source], home: Path, given: argparse.Namespace
) -> list[Table]:
    """Measure and print one suite; what could not be run to its end is missing."""
    print(f"{suite.name}: {suite.stands_for}" if suite.stands_for else suite.name, flush=True)
    how = Measuring(count=given.shards, repeat=given.repeat, interleave=given.interleave)
    tables: list[Table] = []
    try:
        installed = source(suite)
        plain = Plain(installed.tree(home / "unsharded"))
        extra = tuple(given.option)
        tools = list(all_tools(lambda name: installed.tree(home / name), extra, given.history))
        chosen = [tool for tool in tools if not given.tool or any(word in tool.name for word in given.tool)]
        for state in given.state or STATES:
            tables.append(how.table(plain, chosen, state))
            tables[-1].print()
    except (Unusable, SubprocessError):
        traceback.print_exc(limit=1)
    return tables


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [suite.name for suite in SUITES]
    parser.add_argument("--suite", action="append", choices=names, help="only this one; may be given again")
    parser.add_argument(
        "--install",
        action="append",
        metavar="REQUIREMENT",
        help="another suite: the tested project, and its needs",
    )
    parser.add_argument("--sdist", default="", metavar="REQUIREMENT", help="the sdist that has its tests")
    parser.add_argument("--folder", default="", help="where pytest starts, in sdist or installed packages")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--state", action="append", choices=STATES, help="only this one")
    parser.add_argument(
        "--interleave", action="store_true", help="shard 1 of all tools, then shard 2, …; not tool by tool"
    )
    parser.add_argument("--tool", action="append", metavar="WORD", help="only tools that have WORD in their name")
    parser.add_argument("--history", type=int, default=3, help="runs in shards that ours measures first")
    parser.add_argument(
        "--option", action="append", default=[], help="for all runs of ours: --option=--name=value"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write all single figures there, as JSON")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a bar is missed")
    add_venv_option(parser)
    parser.add_argument("arguments", nargs="*", help="for --install: what pytest is given")
    given = parser.parse_args()
    if bool(given.install) != bool(given.arguments):
        parser.error("--install: give pytest's arguments with it, behind --")
    return given


def main() -> int:
    given = arguments()
    if given.install:
        suites = [
            WholeSuite(
                name=given.install[0].partition("==")[0],
                requirements=tuple(given.install),
                sdist=given.sdist,
                folder=given.folder,
                arguments=tuple(given.arguments),
            )
        ]
    else:
        suites = [suite for suite in SUITES if not given.suite or suite.name in given.suite]
    venvs = given.venv.resolve()
    venvs.mkdir(parents=True, exist_ok=True)
    tables: list[Table] = []
    with tempfile.TemporaryDirectory(prefix="smartshard-whole-") as folder:
        home = Path(folder).resolve()
        wheel = build_wheel(venvs, home / "wheel")
        for suite in suites:
            found = measure(suite, lambda suite: Source.installed(suite, venvs, wheel), home / suite.name, given)
            tables += found
            if given.out:
                given.out.write_text(
                    json.dumps([table.as_json() for table in tables], indent=1), encoding="utf-8"
                )
    missed = [miss for table in tables for miss in table.misses()]
    print("", *missed, sep="\n")
    complete = len(tables) == len(suites) * len(given.state or STATES)
    return 0 if complete and not (given.check and missed) else 1


if __name__ == "__main__":
    sys.exit(main())
