"""Writes the inputs of ``plan_speed.py``: ``FOLDER TESTS FILES RUNS``.

In a process of its own: a child's peak of memory is never below that of the process that started it.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from pytest_smartshard.model.history import History
from pytest_smartshard.model.record import PASSED, FinishedTest, Journal, JournalFooter, JournalHeader
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.joining import join
from pytest_smartshard.store.format import history_text

SEGMENT = Segment("suite", "linux-3.12")


def make_inputs(folder: Path, tests: int, files: int, runs: int) -> None:
    """Write a store, a durations file and the ids of a suite: durations spread as those of real suites."""
    randomness = random.Random(1)
    keys = sorted(ItemKey(test_file(n % files), test_tail(n // files)) for n in range(tests))
    means = [randomness.lognormvariate(9, 2) for _ in keys]
    history = History()
    seconds: dict[str, float] = {}
    for run in range(1, runs + 1):
        finished = []
        for key, mean in zip(keys, means, strict=True):
            duration = mean * randomness.lognormvariate(0, 0.2)
            seconds[str(key)] = duration / 1e6
            finished.append(FinishedTest(key=key, stored_tail=key.tail, outcome=PASSED, call=round(duration)))
        history = join(history, [_journal(run, finished)])
    (folder / "store.json").write_text(history_text(history, SEGMENT), encoding="utf-8")
    with (folder / ".test_durations").open("w", encoding="utf-8") as file:
        json.dump(seconds, file, sort_keys=True, indent=4)  # As pytest-split writes it.
    (folder / "ids.txt").write_text("".join(f"{key}\n" for key in keys), encoding="utf-8")


def test_file(number: int) -> str:
    return f"tests/part_{number // 50:02}/test_module_{number:04}.py"


def test_tail(number: int) -> str:
    return f"TestFeature{number // 20}::test_that_it_works_{number % 20 // 5}[case-{number % 5}]"


def _journal(run: int, finished: list[FinishedTest]) -> Journal:
    header = JournalHeader(
        segment=SEGMENT,
        identity=RunIdentity(run=f"{run:012}"),
        shard=ShardIndex(1, 1),
        digest="0123456789ab",
        started=1.7e9 + 86400 * run,
        selected=len(finished),
    )
    footer = JournalFooter(exit_code=0, ran=len(finished), seconds=1.0)
    return Journal(path="", header=header, tests=tuple(finished), footer=footer)


if __name__ == "__main__":
    make_inputs(Path(sys.argv[1]), *map(int, sys.argv[2:]))
