"""A store that is torn or something else is named, moved aside when the new one is written, and stops nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sharded import Project, exactly_once, functions

SUITE = {"test_a.py": functions("a", "b"), "test_b.py": functions("c")}


def test_a_truncated_store_is_named_and_moved_aside_and_the_run_goes_on(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest("--shard-record")
    store = project.store_path
    torn = store.read_bytes()[:-40]
    store.write_bytes(torn)

    results = project.run_all(2)

    exactly_once(results, plain)
    assert [result.code for result in results] == [0, 0]
    for result in results:
        assert f"smartshard: {store} is no complete JSON: set aside, planned without it" in result.lines
        assert "no history yet" in result.collected_line
    aside = f"{store.name}.set-aside-{hashlib.sha256(torn).hexdigest()[:12]}"
    assert results[1].section()[-3:] == (
        f"{store} is no complete JSON: moved to {aside}, a new store begun",
        "proved: 3 tests ran exactly once in 2 shards",
        f"the run is complete: durations taken into {store}",
    )
    assert store.with_name(aside).read_bytes() == torn
    assert project.stored() == ["test_a.py::test_a", "test_a.py::test_b", "test_b.py::test_c"]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of the suite as this version writes it."""
    project = Project.make(tmp_path_factory.mktemp("good") / "project", SUITE)
    project.pytest("--shard-record")
    return project.store_path.read_text("ascii")


FOREIGN: dict[str, tuple[Callable[[str], str], str]] = {
    "empty": (lambda good: good[:0], "is no complete JSON"),
    "endless": (lambda good: "[" * 1000 * len(good), "is no complete JSON"),
    "a list": (lambda good: f"[{len(good)}]", "is no store of durations"),
    "pytest-split's": (lambda good: f'{{"test_a.py::test_a": {len(good)}}}', "is no store of durations"),
    "infinite speed": (
        lambda good: good.replace('"speed":1000', '"speed":1e999'),
        "holds a value that no store has ('speed' is no whole number from 1 to 1000000000000000)",
    ),
    "no cost": (
        lambda good: re.sub(r'"costs":\[[0-9]+', '"costs":[0', good),
        "holds a value that no store has (a cost out of range)",
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_store_is_named_and_moved_aside(tmp_path: Path, good: str, name: str) -> None:
    change, reason = FOREIGN[name]
    content = change(good)
    assert content != good
    project = Project.make(tmp_path / "project", SUITE)
    store = tmp_path / "store.json"
    store.write_text(content, encoding="ascii", newline="")

    result = project.run(1, 1, f"--shard-store={store}")

    assert result.code == 0, result.errors
    assert f"smartshard: {store} {reason}: set aside, planned without it" in result.lines
    assert len(result.recorded.tests) == 3
    aside = f"store.json.set-aside-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    assert result.section()[-3:] == (
        f"{store} {reason}: moved to {aside}, a new store begun",
        "proved: 3 tests ran exactly once in 1 shard",
        f"the run is complete: durations taken into {store}",
    )
    assert (tmp_path / aside).read_text("ascii") == content


def test_a_store_that_holds_no_samples_is_moved_aside_when_the_run_is_taken_in(tmp_path: Path, good: str) -> None:
    """Planning reads costs only; what is wrong with samples shows when others join them."""
    project = Project.make(tmp_path / "project", SUITE)
    store = tmp_path / "store.json"
    content = re.sub(r'"samples":\["[0-9]+', '"samples":["nonsense', good)
    assert content != good
    store.write_text(content, encoding="ascii", newline="")

    result = project.run(1, 1, f"--shard-store={store}")

    assert result.code == 0
    aside = f"store.json.set-aside-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    assert result.section()[-3:] == (
        f"{store} holds a value that no store has ('nonsense' is no sample): moved to {aside}, a new store begun",
        "proved: 3 tests ran exactly once in 1 shard",
        f"the run is complete: durations taken into {store}",
    )
