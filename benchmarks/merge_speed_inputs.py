"""Writes the inputs of ``merge_speed.py``: ``FOLDER TESTS FILES SHARDS RUNS``.

In a process of its own: a child's peak of memory is never below that of the process that started it.
"""

from __future__ import annotations

import os
import random
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from plan_speed_inputs import SEGMENT, make_inputs

from pytest_smartshard.journal.inventory_file import inventory_text
from pytest_smartshard.journal.plan_file import plan_text
from pytest_smartshard.journal.run_folder import inventory_name, journal_name, plan_name, segment_folder
from pytest_smartshard.journal.writing import JournalWriter
from pytest_smartshard.model.history import History
from pytest_smartshard.model.inventory import Inventory, names_digest
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.record import (
    FAILED,
    PASSED,
    SKIPPED,
    FinishedTest,
    JournalFooter,
    JournalHeader,
    OwnedFile,
)
from pytest_smartshard.model.segment import RunIdentity, ShardIndex
from pytest_smartshard.model.suite import CollectedTest, ItemKey, Suite, SuiteFile
from pytest_smartshard.planning.placement import shard_of
from pytest_smartshard.planning.planner import PlanOptions, make_plan
from pytest_smartshard.store.format import parse_history
from pytest_smartshard.store.keys import split_nodeid

RUN = "1000-1"
OUTCOMES = [PASSED] * 193 + [SKIPPED] * 5 + [FAILED] * 2
TRACEBACK = "".join(f"    line {n} of a traceback, as long as such lines are on the average\n" for n in range(30))


def make_artifacts(folder: Path, keys: Sequence[ItemKey], history: History, shards: int) -> None:
    """What *shards* jobs leave of one run over *keys*, planned by *history*, each in a folder of its own."""
    tests: dict[str, list[CollectedTest]] = defaultdict(list)
    for file, tail in keys:
        tests[file].append(CollectedTest(tail))
    suite = Suite(files=tuple(SuiteFile(key=file, tests=tuple(tests[file])) for file in sorted(tests)))
    planned = make_plan(suite, history, PlanOptions(shards=shards, version="bench"))
    costs = {ItemKey(f, t): c for f, h in history.files.items() for t, c in zip(h.tails, h.costs, strict=True)}
    inventory = Inventory.of(keys)
    mine: dict[int, list[ItemKey]] = defaultdict(list)
    for key in keys:
        mine[shard_of(planned.plan, key.file, CollectedTest(key.tail))].append(key)
    digests = {file: names_digest(tails) for file, tails in inventory.files.items()}
    for number in range(1, shards + 1):
        place = segment_folder(folder / f"shard-{number}", RUN, SEGMENT)
        place.mkdir(parents=True)
        _write_once(place, folder, plan_name(0, planned.plan.digest), lambda: plan_text(planned.plan))
        _write_once(place, folder, inventory_name(inventory.digest), lambda: inventory_text(inventory))
        _write_journal(place, ShardIndex(number, shards), planned.plan, inventory, digests, mine[number], costs)


def _write_once(place: Path, folder: Path, name: str, text: Callable[[], str]) -> None:
    """Every shard leaves the same: 300 links take less of a disk than 300 copies."""
    first = folder.parent / name
    if not first.exists():
        first.write_text(text(), encoding="ascii")
    os.link(first, place / name)


def _write_journal(
    place: Path,
    shard: ShardIndex,
    plan: Plan,
    inventory: Inventory,
    digests: Mapping[str, str],
    keys: Iterable[ItemKey],
    costs: Mapping[ItemKey, int],
) -> None:
    keys = list(keys)
    randomness = random.Random(shard.number)
    header = JournalHeader(
        segment=SEGMENT,
        identity=RunIdentity(run=RUN),
        shard=shard,
        digest=plan.digest,
        started=1.8e9 + shard.number,
        selected=len(keys),
        predicted=plan.forecast.loads[shard.number - 1],
        known=plan.forecast.loads[shard.number - 1],
        plan=plan_name(0, plan.digest),
        collection=inventory.digest,
        store="0123456789ab",
        options={"shard": f"--shard={shard}"},
        versions={"pytest-smartshard": "bench", "pytest": "9.2.0"},
    )
    selected: dict[str, list[str]] = defaultdict(list)
    for file, tail in keys:
        selected[file].append(tail)
    files = [
        OwnedFile(
            file=file,
            collected=len(inventory.files[file]),
            collected_digest=digests[file],
            remaining=len(inventory.files[file]),
            remaining_digest=digests[file],
            selected=tuple(sorted(selected[file])),
        )
        for file, owners in plan.owners.items()
        if shard.number in owners
    ]
    with JournalWriter(place / journal_name(header.identity, shard), header, files) as writer:
        for key in keys:
            writer.begin(key)
            writer.add(_finished(key, costs[key], randomness))
        writer.finish(JournalFooter(exit_code=1, ran=len(keys), seconds=sum(costs[key] for key in keys) / 1e6))


def _finished(key: ItemKey, cost: int, randomness: random.Random) -> FinishedTest:
    outcome = randomness.choice(OUTCOMES)
    call = round(cost * randomness.lognormvariate(0, 0.3))
    return FinishedTest(
        key=key,
        stored_tail=key.tail,
        outcome=outcome,
        setup=randomness.randrange(80, 400),
        call=call,
        teardown=randomness.randrange(60, 200),
        cpu=call,
        memory=4096 * randomness.randrange(0, 3),
        predicted=cost,
        details=TRACEBACK if outcome == FAILED else "",
    )


def main() -> None:
    folder, (tests, files, shards, runs) = Path(sys.argv[1]), map(int, sys.argv[2:])
    make_inputs(folder, tests, files, runs)
    keys = [split_nodeid(line) for line in (folder / "ids.txt").read_text("utf-8").splitlines()]
    history = parse_history((folder / "store.json").read_bytes(), "store.json")
    (folder / "artifacts").mkdir()
    make_artifacts(folder / "artifacts", keys, history, shards)


if __name__ == "__main__":
    main()
