"""Parameters that come in another order or with other ids in each process are not lost between shards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from sharded import Project, Result, exactly_once

OTHER_TESTS = {"test_other.py": "def test_a(): pass\n\ndef test_b(): pass\n\ndef test_c(): pass\n"}

# Each value that is used goes into a file: ids alone would not tell whether shards had the same value under one.
PREAMBLE = """
import os, pytest

class Thing:
    def __init__(self, name): self.name = name
    def __hash__(self): return hash(self.name)
    def __eq__(self, other): return self.name == other.name

def use(name):
    with open(os.environ["VALUES"], "a") as file:
        file.write(name + "\\n")

NAMES = ["red", "green", "blue", "white", "black"]
"""

SUITES = {
    "set of strings": """
@pytest.mark.parametrize("name", set(NAMES))
def test_it(name): use(name)
""",
    "set of objects": """
@pytest.mark.parametrize("thing", {Thing(name) for name in NAMES})
def test_it(thing): use(thing.name)
""",
    "frozen set by keyword": """
@pytest.mark.parametrize(argnames="thing", argvalues=frozenset(Thing(name) for name in NAMES))
def test_it(thing): use(thing.name)
""",
    "set on a class": """
@pytest.mark.parametrize("thing", {Thing(name) for name in NAMES})
class TestThings:
    def test_it(self, thing): use(thing.name)
""",
    "addresses": """
@pytest.mark.parametrize("thing", [Thing(name) for name in NAMES], ids=repr)
def test_it(thing): use(thing.name)
""",
}


def values(path: Path, results: Iterable[Result]) -> Counter[str]:
    """How often each value was used, once each result is in."""
    assert all(result.code == 0 for result in results)
    used = Counter(path.read_text("utf-8").split())
    path.unlink()
    return used


@pytest.mark.parametrize("name", SUITES)
def test_each_value_is_used_once(tmp_path: Path, name: str) -> None:
    project = Project.make(tmp_path / "project", {"test_it.py": PREAMBLE + SUITES[name], **OTHER_TESTS})
    used = tmp_path / "used"
    plain = project.pytest(env={"VALUES": str(used)})
    expected = values(used, [plain])

    for seed, history in ((1, "no history yet"), (11, "100 % of the time from history")):
        results = [
            project.run(shard, 2, env={"PYTHONHASHSEED": str(seed + shard), "VALUES": str(used)})
            for shard in (1, 2)
        ]
        assert all(history in result.collected_line for result in results)
        exactly_once(results, plain)
        assert values(used, results) == expected


def test_cheap_parameters_with_ids_that_are_positions_stay_together(tmp_path: Path) -> None:
    """Nothing tells a list from a set once it is one; where it costs next to nothing, its tests stay together."""
    from_a_set = """
@pytest.mark.parametrize("thing", list({Thing(name) for name in NAMES}))
def test_it(thing): use(thing.name)
"""
    project = Project.make(tmp_path / "project", {"test_it.py": PREAMBLE + from_a_set, **OTHER_TESTS})
    used = tmp_path / "used"
    plain = project.pytest(env={"VALUES": str(used)})
    expected = values(used, [plain])
    durations = {f"test_other.py::test_{name}": 20.0 for name in "abc"}
    durations.update({f"test_it.py::test_it[thing{number}]": 0.1 for number in range(5)})
    project.write({".test_durations": json.dumps(durations)})

    results = [
        project.run(shard, 4, env={"PYTHONHASHSEED": str(shard), "VALUES": str(used)}) for shard in (1, 2, 3, 4)
    ]

    exactly_once(results, plain)
    assert values(used, results) == expected
