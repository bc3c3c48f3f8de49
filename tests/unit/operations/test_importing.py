"""Taking durations that other tools measured into a store."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from making import FILE, SEGMENT, finished, header_of, journal_of

from pytest_smartshard.errors import UsageError
from pytest_smartshard.model.history import History
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.operations.importing import Imported, SuiteMatch, import_durations
from pytest_smartshard.operations.taking_in import take_in
from pytest_smartshard.proving.samples import decode_column
from pytest_smartshard.store.format import parse_history
from pytest_smartshard.store.place import StorePlace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with the file that all tests of these tests are in."""
    path = tmp_path / "root" / FILE
    path.parent.mkdir(parents=True)
    path.touch()
    return tmp_path / "root"


@pytest.fixture
def place(root: Path) -> StorePlace:
    return StorePlace(root / "store")


def split(root: Path, name: str, seconds: Mapping[str, float], *, changed: float = 1_000.0) -> Path:
    """A file of pytest-split with tests of :data:`FILE`."""
    path = root / name
    raw = json.dumps({f"{FILE}::{tail}": value for tail, value in seconds.items()}).encode()
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    os.utime(path, (changed, changed))
    return path


def junit(root: Path, name: str, *cases: str, timestamp: str = "") -> Path:
    path = root / name
    path.write_text(f'<testsuite timestamp="{timestamp}">{"".join(cases)}</testsuite>')
    return path


def case(name: str, seconds: float, inside: str = "", classname: str = "tests.test_a") -> str:
    return f'<testcase classname="{classname}" name="{name}" time="{seconds}">{inside}</testcase>'


def taken(root: Path, place: StorePlace, *paths: Path, suite: list[ItemKey] | None = None) -> Imported:
    return import_durations(paths, place, SEGMENT, root, suite)


def history(place: StorePlace) -> History:
    path = place.file_of(SEGMENT)
    return parse_history(path.read_bytes(), str(path))


def samples(place: StorePlace, file: str = FILE) -> dict[str, list[object]]:
    """Samples of each test by its tail, from the oldest run to the newest."""
    found = history(place)
    tests = found.files[file]
    columns = [decode_column(column, len(tests.tails)) for column in tests.columns]
    return {tail: [column[row] for column in columns] for row, tail in enumerate(tests.tails)}


def costs(place: StorePlace) -> dict[str, int]:
    tests = history(place).files[FILE]
    return dict(zip(tests.tails, tests.costs, strict=True))


def test_a_file_becomes_a_run_with_costs(root: Path, place: StorePlace) -> None:
    found = taken(root, place, split(root, "split.json", {"test_a": 0.5, "TestB::test_c[x::y]": 2}))
    assert found == Imported(
        segment=SEGMENT,
        store=place.file_of(SEGMENT),
        changed=True,
        known=2,
        read={"pytest-split": 1},
        runs=1,
        timed=2,
        failed=0,
        untimed=0,
        forgotten=(),
        files=(FILE,),
        here=2,
        absent=(),
        nameless=(),
        match=None,
        notes=(),
    )
    assert costs(place) == {"TestB::test_c[x::y]": 2_000_000, "test_a": 500_000}
    (run,) = history(place).runs
    assert run.started == 1_000.0
    assert run.finished == ()


def test_importing_again_changes_nothing_whenever_the_file_was_copied(root: Path, place: StorePlace) -> None:
    path = split(root, "split.json", {"test_a": 0.5})
    taken(root, place, path)
    before = place.file_of(SEGMENT).read_bytes()
    os.utime(path, (10, 10))
    copy = split(root, "copy.json.gz", {"test_a": 0.5}, changed=99_999.0)
    again = taken(root, place, copy, path)
    assert (again.changed, again.runs, again.read) == (False, 1, {"pytest-split": 2})
    assert place.file_of(SEGMENT).read_bytes() == before


def test_files_are_runs_from_the_oldest_to_the_newest_in_any_order(root: Path, tmp_path: Path) -> None:
    """By their own time where they tell one, else by that of the file."""
    paths = [
        junit(root, "a.xml", case("test_a", 3), timestamp="2024-05-03T00:00:00"),
        junit(root, "b.xml", case("test_a", 1), timestamp="2024-05-01T00:00:00"),
        split(root, "c.json", {"test_a": 2}, changed=1_714_608_000.0),
    ]
    places = [StorePlace(tmp_path / "one"), StorePlace(tmp_path / "other"), StorePlace(tmp_path / "single")]
    taken(root, places[0], *paths)
    taken(root, places[1], *paths[::-1])
    for path in (paths[1], paths[2], paths[0]):
        taken(root, places[2], path)
    assert samples(places[0]) == {"test_a": [1_000_000, 2_000_000, 3_000_000]}
    assert len({place.file_of(SEGMENT).read_bytes() for place in places}) == 1
    assert 2_000_000 < costs(places[0])["test_a"] < 3_000_000


def test_what_shards_measured_is_newer_and_a_merge_keeps_the_import(root: Path, place: StorePlace) -> None:
    """Whatever the clocks say, and in whichever order they come."""
    own = [
        journal_of(header_of("1/2", started=2_000.0), [finished("test_a", 1_000_000)]),
        journal_of(header_of("2/2", started=2_000.0)),
    ]
    path = split(root, "split.json", {"test_a": 1.2, "test_gone": 5}, changed=9_000_000_000.0)
    taken(root, place, path)
    assert costs(place) == {"test_a": 1_200_000, "test_gone": 5_000_000}
    take_in(own[:1], place)
    assert samples(place) == {"test_a": [1_200_000, 1_000_000], "test_gone": [5_000_000, None]}
    assert costs(place)["test_a"] == 1_100_000
    take_in(own, place)
    assert samples(place) == {"test_a": [1_200_000, 1_000_000]}
    merged = place.file_of(SEGMENT).read_bytes()
    found = taken(root, place, path)
    assert place.file_of(SEGMENT).read_bytes() == merged
    assert found.forgotten == (ItemKey(FILE, "test_gone"),)


def test_a_test_that_did_not_pass_leaves_no_passed_duration(root: Path, place: StorePlace) -> None:
    found = taken(
        root,
        place,
        junit(
            root,
            "junit.xml",
            case("test_failed", 3, "<failure/>"),
            case("test_error", 4, "<error/>"),
            case("test_skipped", 0, "<skipped/>"),
            case("test_xfailed", 1, '<skipped type="pytest.xfail"/>'),
        ),
    )
    assert samples(place) == {
        "test_error": ["f4000000"],
        "test_failed": ["f3000000"],
        "test_xfailed": [1_000_000],
    }
    assert (found.timed, found.failed, found.untimed) == (3, 2, 1)
    taken(root, place, split(root, "split.json", {"test_failed": 1}, changed=0.0))
    assert costs(place)["test_failed"] == 1_000_000


def test_files_that_are_not_here_are_named_and_kept(root: Path, place: StorePlace) -> None:
    """They may have moved: a file takes the history of the one vanished file of its name."""
    path = root / "split.json"
    path.write_text('{"old/test_z.py::t": 1, "old/test_y.py::t": 1, "tests/test_a.py::t": 1}')
    found = taken(root, place, path)
    assert (found.here, found.timed) == (1, 3)
    assert found.absent == ("old/test_y.py", "old/test_z.py")
    assert found.files == ("old/test_y.py", "old/test_z.py", FILE)
    assert list(history(place).files) == list(found.files)


def test_with_the_suites_tests_it_is_known_what_has_a_duration(root: Path, place: StorePlace) -> None:
    suite = [ItemKey(FILE, tail) for tail in ("test_b", "test_a", "test_a", "test_u[<object at 0x1>]")]
    found = taken(root, place, split(root, "split.json", {"test_a": 1, "test_u": 1, "test_c": 1}), suite=suite)
    assert found.match == SuiteMatch(tests=3, lacking=(ItemKey(FILE, "test_b"),))
    assert found.match.known == 2


def test_with_the_suites_tests_a_class_without_a_file_is_found(root: Path, place: StorePlace) -> None:
    path = junit(
        root, "junit.xml", case("test_m", 1, classname="TestOne"), case("test_n", 1, classname="TestTwo")
    )
    key = ItemKey(FILE, "TestOne::test_m")
    found = taken(root, place, path, suite=[key])
    assert (found.timed, found.nameless) == (1, ("TestTwo::test_n",))
    assert samples(place) == {"TestOne::test_m": [1_000_000]}


def test_where_no_test_has_a_file_nothing_is_written(root: Path, place: StorePlace) -> None:
    path = junit(root, "junit.xml", case("test_m", 1, classname="x.TestOne"), case("bad\x7f", 1, classname="y"))
    with pytest.raises(UsageError) as refused:
        taken(root, place, path)
    assert refused.value.problems == (
        (
            f"'x.TestOne::test_m', 'y::bad\\x7f': no file below {root} fits the class; start the import in the "
            "folder that pytest shows as rootdir, or name the suite's tests with --tests=FILE"
        ),
    )
    assert not place.path.exists()


def test_files_that_cannot_be_used_are_named_and_the_others_count(root: Path, place: StorePlace) -> None:
    (root / "a.json").write_text("{")
    (root / "b.json").write_text("{}")
    (root / "c.jsonl").write_text(f'{{"test_id": "{FILE}::t", "duration": 1}}\n{{"test_id": ')
    found = taken(root, place, root / "a.json", root / "b.json", root / "c.jsonl", root / "none")
    assert found.read == {"pytest-balance": 1}
    assert found.notes == (
        f"{root / 'a.json'} is no complete JSON: left out",
        f"{root / 'b.json'} holds no durations: left out",
        f"{root / 'c.jsonl'}: line 2 is no test of pytest-balance and was set aside",
        f"{root / 'none'} cannot be read (No such file or directory): left out",
    )
    with pytest.raises(UsageError) as refused:
        taken(root, place, root / "a.json")
    assert refused.value.problems == (
        f"{root / 'a.json'} is no complete JSON: left out",
        "nothing to import: name files of pytest-split, pytest-balance or JUnit, or a folder of them",
    )


def test_a_store_that_cannot_be_used_is_set_aside(root: Path, place: StorePlace) -> None:
    path = place.file_of(SEGMENT)
    path.parent.mkdir()
    path.write_text("{")
    found = taken(root, place, split(root, "split.json", {"test_a": 1}))
    (note,) = found.notes
    assert note.startswith(f"{path} is no complete JSON: moved to ")
    assert costs(place) == {"test_a": 1_000_000}


def test_a_store_file_of_another_segment_is_left_alone(root: Path) -> None:
    place = StorePlace.at(root / "store.json")
    take_in([journal_of(header_of("1/1"), [finished("a")])], place)
    before = place.path.read_bytes()
    other = type(SEGMENT)("app", "linux-3.13")
    with pytest.raises(UsageError) as refused:
        import_durations([split(root, "split.json", {"test_a": 1})], place, other, root, None)
    assert str(refused.value) == (
        f"{place.path}: holds the history of 'app@linux-3.12@all', not of app@linux-3.13@all; name a folder or "
        "another file"
    )
    assert place.path.read_bytes() == before


def test_shards_of_one_run_of_pytest_balance_are_one_run(root: Path, place: StorePlace) -> None:
    for number, tail in enumerate(("t", "u")):
        record = {"test_id": f"{FILE}::{tail}", "duration": 1, "run_id": "9"}
        timed = {**record, "timestamp": f"2024-05-01T12:00:0{number}Z"}
        (root / f"durations-9-{number}.jsonl").write_text(f"{json.dumps(timed)}\n")
    found = taken(root, place, *sorted(root.glob("*.jsonl")))
    assert (found.runs, found.read) == (1, {"pytest-balance": 2})
    (run,) = history(place).runs
    assert run.started == 1_714_564_800.0
    assert samples(place) == {"t": [1_000_000], "u": [1_000_000]}
