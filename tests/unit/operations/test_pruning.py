"""What is taken out of a store, and when that is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from stored import CostsByName, costs_at, names_at, read, run_of, with_shared_costs, write

from pytest_smartshard.errors import UsageError
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.ghosts import FilesHere
from pytest_smartshard.operations.pruning import Pruning, Rule, listed_tests, prune
from pytest_smartshard.store.place import StorePlace

APP, LIB = Segment("app", "linux-3.12"), Segment("lib", "linux-3.12")
TESTS: CostsByName = {
    "test_a.py": {"x": 3_000, "y": 1_000},
    "test_b.py": {"x": 3_000, "y": 1_000},
    "test_gone.py": {"z": 2_000},
}
ALL = [f"{file}::{tail}" for file, tails in TESTS.items() for tail in tails]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    for name in ("test_a.py", "test_b.py"):
        (folder / name).touch()
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return write(tmp_path / "store", APP, run_of(TESTS, started=1_000.0))


def pruned(store: Path, rule: Rule, *names: str, dry_run: bool = False, sure: bool = False) -> Pruning:
    return prune(StorePlace.at(store.parent), names, rule, Path("here"), dry_run=dry_run, sure=sure)


def taken(found: Pruning) -> list[str]:
    return [str(test.key) for segment in found.pruned for test in segment.taken]


def test_ghosts_go_and_what_is_left_stays_as_it_was(store: Path, root: Path) -> None:
    rule = Rule(suite="app", here=FilesHere(root, []))
    before = costs_at(store)
    found = pruned(store, rule)
    assert (taken(found), found.pruned[0].left) == (["test_gone.py::z"], 4)
    assert names_at(store) == [test for test in ALL if "gone" not in test]
    assert costs_at(store) == {file: costs for file, costs in before.items() if "gone" not in file}

    bytes_before = store.read_bytes()
    assert taken(pruned(store, rule)) == []
    assert store.read_bytes() == bytes_before


def test_what_tests_share_goes_with_the_last_of_them(tmp_path: Path, root: Path) -> None:
    run = with_shared_costs(
        run_of(TESTS),
        start_up=1_000,
        collecting={"test_a.py": 10, "test_b.py": 20, "test_gone.py": 30, "none_gone.py": 40},
        needs={"test_a.py": ["session db"]},
    )
    store = write(tmp_path / "store", APP, run)
    (root / "test_b.py").unlink()
    pruned(
        store,
        Rule(suite="app", listed=listed_tests([ItemKey("test_a.py", "x"), ItemKey("test_b.py", "x")])),
        sure=True,
    )
    assert set(read(store).shared) == {"", "test_a.py", "test_b.py", "none_gone.py"}
    pruned(store, Rule(suite="app", here=FilesHere(root, [])))
    after = read(store)
    assert set(after.shared) == {"", "test_a.py"}
    assert after.files["test_a.py"].needs == (("session db",),)


def test_a_dry_run_changes_nothing(store: Path, root: Path) -> None:
    before = store.read_bytes()
    found = pruned(store, Rule(suite="app", here=FilesHere(root, [])), dry_run=True)
    assert taken(found) == ["test_gone.py::z"]
    assert store.read_bytes() == before
    assert [path.name for path in store.parent.iterdir()] == [store.name]  # not even a lock


def test_tests_that_no_run_since_then_had(tmp_path: Path) -> None:
    later = run_of({"test_a.py": {"x": 3_000}}, "r2", started=2_000.0, done=False)
    store = write(tmp_path / "store", APP, run_of(TESTS), later)
    assert taken(pruned(store, Rule(suite="app", before=1_000.0))) == []
    found = pruned(store, Rule(suite="app", before=1_500.0), sure=True)
    assert sorted(taken(found)) == sorted(set(ALL) - {"test_a.py::x"})
    assert names_at(store) == ["test_a.py::x"]


def test_tests_that_are_not_in_a_list(store: Path) -> None:
    keys = [ItemKey("test_a.py", "x"), ItemKey("test_a.py", "y[<object at 0x1>]"), ItemKey("test_b.py", "x[1]")]
    found = pruned(store, Rule(suite="app", listed=listed_tests(keys)))
    assert taken(found) == ["test_gone.py::z", "test_b.py::y"]


def test_one_rule_that_applies_is_enough(store: Path, root: Path) -> None:
    keys = [
        ItemKey("test_gone.py", "z"),
        *(ItemKey("test_a.py", tail) for tail in "xy"),
        ItemKey("test_b.py", "x"),
    ]
    rule = Rule(suite="app", here=FilesHere(root, []), listed=listed_tests(keys))
    assert taken(pruned(store, rule)) == ["test_gone.py::z", "test_b.py::y"]


def test_over_half_is_refused_and_nothing_is_changed_anywhere(store: Path, root: Path, tmp_path: Path) -> None:
    other = write(store.parent, Segment("app", "linux-3.13"), run_of({"test_c.py": {"x": 1_000}}))
    rule = Rule(suite="app", here=FilesHere(root, []))
    before = store.read_bytes()
    with pytest.raises(UsageError) as caught:
        pruned(store, rule)
    assert caught.value.problems == (
        (
            "app@linux-3.13@all: 1 of 1 tests would go, over half; start it in the root folder of the suite "
            "(here that is here), or add --yes"
        ),
    )
    assert store.read_bytes() == before
    assert pruned(store, rule, dry_run=True).pruned[1].is_most

    pruned(store, rule, sure=True)
    assert names_at(other) == []
    assert len(names_at(store)) == 4


def test_exactly_half_goes_without_asking(store: Path, root: Path) -> None:
    write(store.parent, APP, run_of({"test_a.py": {"x": 1_000}, "test_gone.py": {"z": 2_000}}))
    assert taken(pruned(store, Rule(suite="app", here=FilesHere(root, [])))) == ["test_gone.py::z"]


def test_files_of_another_suite_are_not_judged(store: Path, root: Path) -> None:
    other = write(store.parent, LIB, run_of(TESTS))
    before = other.read_bytes()
    rule = Rule(suite="app", here=FilesHere(root, []))
    found = pruned(store, rule)
    assert (taken(found), found.passed_over) == (["test_gone.py::z"], (LIB,))
    with pytest.raises(UsageError) as caught:
        pruned(store, rule, LIB.slug)
    assert caught.value.problems == (
        (
            f"SEGMENT={LIB.slug}: is of another suite than app, which is at hand here; start it in the root "
            "folder of lib"
        ),
    )
    assert other.read_bytes() == before
    assert pruned(store, Rule(suite="app", before=0.0)).passed_over == ()


def test_what_cannot_be_read_is_told_and_left(store: Path, root: Path) -> None:
    torn = store.with_name("a@b@c.json")
    torn.write_text("{", encoding="ascii")
    found = pruned(store, Rule(suite="app", here=FilesHere(root, [])))
    assert taken(found) == ["test_gone.py::z"]
    assert [unusable.path for unusable in found.unusable] == [torn]
    assert torn.read_text("ascii") == "{"
