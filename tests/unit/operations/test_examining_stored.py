"""What stores and journals say of tests: ids that change, and outcomes that do."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import FILE, SEGMENT, finished, header_of, write_journal

from pytest_smartshard.checking.order_dependent import OrderDependent, wavers
from pytest_smartshard.model.checkout import Checkout, MixedOutcomes
from pytest_smartshard.model.history import FileHistory, History, MeasuredRun
from pytest_smartshard.model.record import FinishedTest
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.examining.examine import examine
from pytest_smartshard.operations.examining.repository import Repository
from pytest_smartshard.operations.examining.stored import changing_ids, has_committed_store, mixed_outcomes
from pytest_smartshard.store.format import history_text
from pytest_smartshard.store.place import StorePlace


def outcomes(letters: str, runs: str = "") -> MixedOutcomes:
    names = tuple(runs or (str(number) for number in range(len(letters))))
    return MixedOutcomes(file=FILE, tail="test_a", letters=letters, runs=names)


@pytest.mark.parametrize(
    ("letters", "times"),
    [("pfp", 1), ("pfpfp", 2), ("pffpp", 0), ("fpfp", 1), ("pppf", 0), ("prpr", 2), ("p-f-p", 1), ("rfp", 2)],
)
def test_how_often_a_test_wavers(letters: str, times: int) -> None:
    assert wavers(outcomes(letters), frozenset()) == times


def test_attempts_at_one_run_have_one_code() -> None:
    assert wavers(outcomes("fpfp", "aabb"), frozenset()) == 2
    assert wavers(outcomes("pffp", "abbc"), frozenset()) == 1
    assert wavers(outcomes("pfp", "abc"), frozenset("b")) == 0


def test_a_run_in_which_many_failed_says_nothing() -> None:
    def found(tests: int) -> int:
        mixed = tuple(
            MixedOutcomes(file=FILE, tail=f"test_{number}", letters="pfpfp", runs=tuple("abcde"))
            for number in range(tests)
        )
        return len(list(OrderDependent().look(Checkout(mixed=mixed))))

    assert [found(1), found(9), found(10)] == [1, 9, 0]


def store(folder: Path, columns: list[str], *, prefix: str = "github-") -> StorePlace:
    runs = tuple(MeasuredRun(run=f"{prefix}{number}", started=float(number)) for number in range(len(columns)))
    history = History(runs=runs, files={FILE: FileHistory(["test_a", "test_b"], [1, 1], columns)})
    folder.mkdir(parents=True)
    place = StorePlace.at(folder)
    place.file_of(SEGMENT).write_text(history_text(history, SEGMENT), encoding="ascii")
    return place


def test_a_store_gives_the_finding(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    store(tmp_path / ".smartshard" / "durations", ["10 10", "10 f10", "10 10", "10 t10", "s10 10"])
    (found,) = examine(tmp_path).findings
    assert (found.code, str(found.spot)) == ("order-dependent", FILE)
    assert found.what == (
        "test_b failed 2 times within 5 runs, with passes before and after, so it may depend on which tests run "
        "before it"
    )


def test_failures_on_somebodys_own_machine_and_torn_stores_say_nothing(tmp_path: Path) -> None:
    place = store(tmp_path / "store", ["10 10", "10 f10", "10 r10"], prefix="local-")
    (place.path / "other.json").write_text("{", encoding="ascii")
    assert [test.letters for test in mixed_outcomes(place, Repository(tmp_path), tmp_path)] == ["p-r"]


def test_ids_of_the_newest_run_count(tmp_path: Path) -> None:
    def unstable(tail: str) -> FinishedTest:
        return FinishedTest(key=ItemKey(FILE, tail), stored_tail=tail.split("[")[0], outcome="passed")

    write_journal(tmp_path, header_of(run="old", started=1.0), [unstable("test_old[a at 0x7f00aa]")])
    tests = [unstable("TestA::test_new[a at 0x7f00aa]"), unstable("test_set[b]"), finished("test_c[1]")]
    write_journal(tmp_path, header_of(run="new", started=2.0), tests)
    (tmp_path / "runs" / "torn.jsonl").write_text("{", encoding="ascii")
    assert changing_ids(tmp_path, Repository(tmp_path), tmp_path) == ((FILE, "TestA::test_new"),)
    assert changing_ids(tmp_path / "none", Repository(tmp_path), tmp_path) == ()


def test_whether_a_store_is_committed(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    place = StorePlace.at(tmp_path / "store")
    (tmp_path / ".git").mkdir()
    assert not has_committed_store(repository, place, tmp_path)
    store(place.path, ["10 10"])
    assert has_committed_store(repository, place, tmp_path), "without an index it cannot be told"
    index = tmp_path / ".git" / "index"
    index.write_bytes(b"DIRC\0\0\0\2 src/a.py\0")
    assert not has_committed_store(repository, place, tmp_path)
    index.write_bytes(b"DIRC\0\0\0\2 store/root@linux.json\0")
    assert has_committed_store(repository, place, tmp_path)
    index.write_bytes(b"DIRC\0\0\0\4")
    assert has_committed_store(repository, place, tmp_path), "its paths are not in full"
    assert has_committed_store(repository, StorePlace.at(Path(tmp_path.anchor, "mnt", "x")), tmp_path)
