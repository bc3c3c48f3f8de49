"""pytest-split's own algorithms, run in its own environment for ``balance.py``.

Each line of standard input is ``{"ids": […], "durations": {id: seconds}, "shards": […]}``; each line of output is
``{algorithm: [for each number of shards, the 0-based shard of each id]}``.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any


class Item:
    """What the algorithms use of a pytest item: its node id, and its text, by which they break ties."""

    __slots__ = ("nodeid", "place")

    def __init__(self, nodeid: str, place: int) -> None:
        self.nodeid = nodeid
        self.place = place

    def __str__(self) -> str:
        before, bracket, parameters = self.nodeid.partition("[")
        return f"<Function {before.rpartition('::')[2]}{bracket}{parameters}>"


def assign(algorithm: Any, shards: int, items: list[Item], durations: dict[str, float]) -> list[int]:
    """The 0-based shard of each item."""
    owners = [-1] * len(items)
    for shard, group in enumerate(algorithm(shards, items, durations)):
        for item in group.selected:
            owners[item.place] = shard
    return owners


def main() -> None:
    # By name: type checkers do not run where pytest-split is installed.
    algorithms = importlib.import_module("pytest_split.algorithms").Algorithms
    for line in sys.stdin:
        request = json.loads(line)
        items = [Item(nodeid, place) for place, nodeid in enumerate(request["ids"])]
        answer = {
            algorithm.name: [
                assign(algorithm.value, shards, items, request["durations"]) for shards in request["shards"]
            ]
            for algorithm in algorithms
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
