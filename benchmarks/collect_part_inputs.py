"""Writes the inputs of ``collect_part.py``: ``FOLDER TESTS FILES``.

A suite, and a history of it for each tool. Run by the interpreter that has our plugin.
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from pathlib import Path

from plan_speed_inputs import test_file, test_tail

from pytest_smartshard.model.history import History
from pytest_smartshard.model.inventory import Inventory, names_digest
from pytest_smartshard.model.record import (
    PASSED,
    FinishedTest,
    Journal,
    JournalFooter,
    JournalHeader,
    OwnedFile,
)
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.joining import join
from pytest_smartshard.store.format import history_text

SEGMENT = Segment("made", "bench")
START_UP, COLLECTING = 400_000, 15_000
"""Microseconds, about as they are: of a process, and of a file."""


def make_inputs(folder: Path, tests: int, files: int) -> None:
    """Write ``suite/``, ``store/`` of ours and ``durations.json`` of pytest-fsplit."""
    keys = sorted(ItemKey(test_file(n % files), test_tail(n // files)) for n in range(tests))
    _write_suite(folder / "suite", keys)
    randomness = random.Random(1)
    costs = {key: round(randomness.lognormvariate(9, 2)) for key in keys}
    store = folder / "store"
    store.mkdir()
    text = history_text(join(History(), [_journal(costs)]), SEGMENT)
    (store / f"{SEGMENT.slug}.json").write_text(text, encoding="utf-8")
    with (folder / "durations.json").open("w", encoding="utf-8") as file:
        json.dump({str(key): cost / 1e6 for key, cost in costs.items()}, file, sort_keys=True, indent=4)


def _write_suite(folder: Path, keys: list[ItemKey]) -> None:
    functions: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for file, tail in keys:
        test_class, function = tail.partition("[")[0].split("::")
        counts = functions[file][test_class]
        counts[function] = counts.get(function, 0) + 1
    for file, classes in functions.items():
        lines = ["import pytest", ""]
        for test_class, tests in classes.items():
            lines += ["", f"class {test_class}:"]
            for function, cases in tests.items():
                ids = [f"case-{number}" for number in range(cases)]
                lines += [
                    f"    @pytest.mark.parametrize('case', range({cases}), ids={ids})",
                    f"    def {function}(self, case):",
                    "        result = [case, case + 1, case + 2]",
                    "        assert len(result) == 3",
                    "        assert result[0] == case, 'the first one'",
                    "        assert sum(result) == 3 * case + 3",
                    "",
                ]
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines), encoding="ascii")
    (folder / "pytest.ini").write_text(f"[pytest]\nshard_suite = {SEGMENT.suite}\n", encoding="ascii")


def _journal(costs: dict[ItemKey, int]) -> Journal:
    inventory = Inventory.of(costs)
    header = JournalHeader(
        segment=SEGMENT,
        identity=RunIdentity(run="1"),
        shard=ShardIndex(1, 1),
        digest="0123456789ab",
        started=1.7e9,
        selected=len(costs),
        collection=inventory.digest,
        start_up=START_UP,
    )
    owned = tuple(
        OwnedFile(
            file=file,
            collected=len(tails),
            collected_digest=names_digest(tails),
            remaining=len(tails),
            remaining_digest=names_digest(tails),
            selected=tails,
            owners=(1,),
            collecting=COLLECTING,
        )
        for file, tails in inventory.files.items()
    )
    tests = tuple(
        FinishedTest(key=key, stored_tail=key.tail, outcome=PASSED, call=cost) for key, cost in costs.items()
    )
    footer = JournalFooter(exit_code=0, ran=len(costs), seconds=1.0)
    return Journal(path="", header=header, files=owned, tests=tests, footer=footer)


if __name__ == "__main__":
    make_inputs(Path(sys.argv[1]), *map(int, sys.argv[2:]))
