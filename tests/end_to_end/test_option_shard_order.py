"""The ini value shard_order: what failed, or what is slow, comes first."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import Project, exactly_once

FILES = {
    "test_a.py": "def test_good(): pass\ndef test_bad(): assert False\ndef test_fine(): pass\n",
    "test_b.py": "import time\ndef test_quick(): pass\ndef test_slow(): time.sleep(0.3)\n",
    "test_c.py": "import time\ndef test_slower(): time.sleep(0.2)\ndef test_slowest(): time.sleep(0.5)\n",
}
AS_COLLECTED = ["good", "bad", "fine", "quick", "slow", "slower", "slowest"]
ORDERS = {
    "collected": AS_COLLECTED,
    "failed-first": ["bad", "good", "fine", "quick", "slow", "slower", "slowest"],
    "slow-first": ["slowest", "slower", "slow", "quick"],
}


def order_in(names: tuple[str, ...]) -> list[str]:
    return [name.rpartition("::test_")[2] for name in names]


@pytest.mark.parametrize("order", ORDERS)
def test_the_second_run_has_the_order(tmp_path: Path, order: str) -> None:
    project = Project.make(tmp_path / "project", FILES, f"shard_order = {order}")
    plain = project.pytest()
    first = project.run(1, 1)
    if (
        order != "slow-first"
    ):  # Without history all files look alike, and within them the slower test has no cost.
        assert order_in(first.names) == AS_COLLECTED
    second = project.run(1, 1)
    expected = ORDERS[order]
    assert order_in(second.names)[: len(expected)] == expected
    exactly_once([second], plain)


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_shards_keep_the_order_each_for_itself(tmp_path: Path, workers: tuple[str, ...]) -> None:
    project = Project.make(tmp_path / "project", FILES, "shard_order = failed-first").with_options(*workers)
    plain = project.pytest()
    project.run_all(2)
    results = project.run_all(2)
    exactly_once(results, plain)
    (bad,) = (order_in(result.names) for result in results if any("test_bad" in name for name in result.names))
    of_its_file = [name for name in bad if name in ("good", "bad", "fine")]
    assert bad[0] == of_its_file[0] == "bad"


def test_a_wrong_value_is_named(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", FILES, "shard_order = fastest")
    assert project.run(1, 2).usage_errors == (
        "shard_order = fastest: no such choice; use one of collected, failed-first, slow-first",
    )
