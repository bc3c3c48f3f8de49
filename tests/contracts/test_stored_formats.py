"""What every stored format must bear: it is read for ever, and whatever else lies there is told apart."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from making import lists_of

from pytest_smartshard.errors import NewerFormat, UnusableFile
from pytest_smartshard.journal.inventory_file import inventory_text, parse_inventory, read_inventory
from pytest_smartshard.journal.plan_file import parse_plan, plan_text, read_plan
from pytest_smartshard.journal.reading import read_footer, read_header, read_journal
from pytest_smartshard.journal.writing import JournalWriter
from pytest_smartshard.model.history import FileHistory, History, MeasuredRun
from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.plan import Forecast, Plan
from pytest_smartshard.model.record import (
    CollectionError,
    FinishedTest,
    Journal,
    JournalFooter,
    JournalHeader,
    OwnedFile,
)
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.store.format import history_text, parse_history

GOLD = Path(__file__).parents[1] / "gold"

UMLAUT = "tests/test_ü.py"

DURATIONS_1 = History(
    runs=(
        MeasuredRun(
            run="gh-8123",
            generation=0,
            attempt=1,
            started=1769500000.125,
            finished=("4f1d2a3b4c5d-0123456789ab 1/2", "4f1d2a3b4c5d-0123456789ab 2/2"),
            lanes=1,
            speed=1_100,
        ),
        MeasuredRun(
            run="gh-8124",
            generation=0,
            attempt=2,
            started=1769586400.5,
            finished=("4f1d2a3b4c5d-0123456789ab 1/2", "77aa00bb11cc-0123456789ab 2/2"),
            lanes=4,
            speed=1_000,
        ),
    ),
    other_runs=(
        MeasuredRun(
            run="local-0a1b2c3d",
            generation=1,
            attempt=1,
            started=1769590000.0,
            finished=(),
            lanes=2,
            speed=1_000,
        ),
    ),
    files={
        "pkg.tests.test_mod": FileHistory(["test_a"], [100], ("", "0")),
        UMLAUT: FileHistory(
            ["TestA::test_b[x::y-\\n\\udc80]", "test_c", "test_d", "test_e", "test_f", "test_g"],
            [1_205_000, 250, 1_000, 5, 77, 90_000_000],
            ("1210000 s250 f900 - - -", "1200000 s250 c1000 t5 r77 90000000"),
        ),
    },
    segment="app@linux-3.12@all",
    digest="",
)

SHARED_1 = replace(
    DURATIONS_1,
    files={
        "pkg.tests.test_mod": replace(
            DURATIONS_1.files["pkg.tests.test_mod"], needs=(("session ü",),), needing=[0]
        ),
        UMLAUT: replace(
            DURATIONS_1.files[UMLAUT], needs=(("module db[1]", "session ü"), ()), needing=[0, 0, 1, 0, 1, 0]
        ),
    },
    shared={
        "": FileHistory(["each test", "session ü", "start-up"], [180, 1, 350_000], ["180 - -", "- f5 350000"]),
        "tests/test_none.py": FileHistory(["collect", "collect cold"], [900, 1_500], ["s900 -", "- 1500"]),
        UMLAUT: FileHistory(["collect", "module db[1]"], [12_000, 5], ["", "12000 5"]),
    },
)

JOURNAL_1 = Journal(
    path=str(GOLD / "journal-1.jsonl"),
    header=JournalHeader(
        segment=Segment("app", "linux-3.12", "1f2e3d4c"),
        identity=RunIdentity(run="gh-8123", generation=1, attempt=2),
        shard=ShardIndex(2, 3),
        digest="4f1d2a3b4c5d",
        started=1769500000.125,
        selected=4,
        predicted=1_500_000,
        known=1_200_000,
        lanes=2,
        plan="1-4f1d2a3b4c5d.plan.json",
        collection="0123456789ab",
        inventory="0123456789ab",
        options={"shard": "--shard=2/3"},
        versions={"python": "3.12.1", "pytest": "9.2.0"},
    ),
    files=(
        OwnedFile(
            file=UMLAUT,
            collected=9,
            collected_digest="0123456789ab",
            remaining=8,
            remaining_digest="ba9876543210",
            selected=None,
        ),
    ),
    tests=(
        FinishedTest(
            key=ItemKey(UMLAUT, "TestA::test_b[x::y\udc80]"),
            stored_tail="TestA::test_b[x::y\udc80]",
            outcome="passed",
            setup=10,
            call=1_200_000,
            teardown=5,
        ),
        FinishedTest(
            key=ItemKey(UMLAUT, "test_c[<at 0x7f>]"),
            stored_tail="test_c",
            outcome="failed",
            call=900,
            cpu=880,
            memory=4_096,
            predicted=950,
            reruns=2,
            lane="gw1",
            details="E   assert 1 == 2\n",
        ),
        FinishedTest(
            key=ItemKey("pkg.tests.test_mod", "test_d"),
            stored_tail="test_d",
            outcome="skipped",
            setup=3,
            cpu=0,
            memory=0,
        ),
        FinishedTest(
            key=ItemKey("pkg.tests.test_mod", "test_e"), stored_tail="test_e", outcome="crashed", lane="gw0"
        ),
    ),
    footer=JournalFooter(exit_code=1, ran=4, seconds=1.512345, reason=""),
    flaws=(),
)

JOURNAL_2 = replace(
    JOURNAL_1,
    path=str(GOLD / "journal-2.jsonl"),
    header=replace(
        JOURNAL_1.header,
        store="2701004beed6",
        basis="5f2e9d0c1b7a",
        coverage=True,
        fail_under=87.5,
        junit={"family": "xunit2"},
        inventory=JOURNAL_1.header.collection,
    ),
    files=(replace(JOURNAL_1.files[0], selected=("TestA::test_b[x::y\udc80]", "test_c", "test_c", "test_f")),),
    errors=(CollectionError(node="tests/test_broken.py", details="SyntaxError: 'ü'"),),
    tests=(JOURNAL_1.tests[0]._replace(nodeid="test_ü.py::TestA::test_b[x::y\udc80]@db"), *JOURNAL_1.tests[1:]),
    begun=(ItemKey(UMLAUT, "test_f"),),
)

PRUNED_2 = replace(
    JOURNAL_2,
    path=str(GOLD / "journal-2-pruned.jsonl"),
    header=replace(JOURNAL_2.header, inventory="9a8b7c6d5e4f", pruned=True, start_up=350_000),
    files=(
        replace(
            JOURNAL_2.files[0],
            owners=(2, 3),
            collecting=12_000,
            cold=True,
            is_first=True,
            needs=(("module db[1]", "session ü"), ()),
            needing=(0, 1, 1, 0),
        ),
    ),
    tests=(
        JOURNAL_2.tests[0]._replace(
            shared=(SharedTime(UMLAUT, "module db[1]", 7, 0), SharedTime("", "session ü", 0, 5)),
        ),
        *JOURNAL_2.tests[1:],
    ),
    footer=JournalFooter(exit_code=1, ran=4, seconds=1.512345, reason="", each_test=180),
)

JOURNALS_2 = (JOURNAL_2, PRUNED_2)

LIMIT = Limit(57_500_000, 3, 1_000_000, "tests/test_ü.py::test_f", 12_500_000, 1.25)

JOURNAL_3 = replace(
    PRUNED_2,
    path=str(GOLD / "journal-3.jsonl"),
    tests=(
        PRUNED_2.tests[0]._replace(limit=45_000_000),
        PRUNED_2.tests[1]._replace(outcome="timed out"),
        *PRUNED_2.tests[2:],
    ),
)

STOPPED_3 = replace(
    JOURNAL_3,
    path=str(GOLD / "journal-3-stopped.jsonl"),
    tests=(
        *JOURNAL_3.tests,
        FinishedTest(
            key=ItemKey(UMLAUT, "test_f"),
            stored_tail="test_f",
            outcome="timed out",
            call=62_500_000,
            limit=57_500_000,
            details=(
                "Timeout: its process was ended, limit 57.5 s (tests/test_ü.py::test_f passed 3 times, in 1.00 s "
                "at most; 12.5 s are for fixtures that it may have to wait for; tests take 1.2 times as long as "
                "history says)\nTimeout (0:01:02.500000)!\nThread 0x00007f (most recent call first):\n"
                '  File "test_a.py", line 7 in spin\n'
            ),
        ),
    ),
    begun=(),
    footer=None,
)

JOURNALS_3 = (JOURNAL_3, STOPPED_3)

INVENTORY_1 = Inventory.of(
    [
        ItemKey(UMLAUT, "test_c"),
        ItemKey(UMLAUT, "test_c"),
        ItemKey(UMLAUT, "TestA::test_b[x::y\udc80]"),
        ItemKey("pkg.tests.test_mod", "test_d"),
    ]
)

PARTIAL_1 = Inventory.of([ItemKey(UMLAUT, "test_c")], ["tests/test_z.py", "pkg.tests.test_mod"])

PLAN_1 = Plan(
    shards=3,
    lanes=2,
    packer="lpt",
    owners={
        "pkg.tests.test_mod": (1,),
        "tests/test_a.py": (2,),
        "tests/test_z.py": (2, 3),
        UMLAUT: (1, 2),
    },
    cuts={"tests/test_z.py": {"": 3}, UMLAUT: {"TestA": 1, "test_b[x::y]": 1, "test_c": 2}},
    together={"shard_together:db": 2, "xdist_group:ü": 1},
    forecast=Forecast(loads=(1_500_000, 1_250_000, 0), bound=1_250_000, total=4_750_000, known=4_000_001),
    digest="4f1d2a3b4c5d",
)


def short(value: object) -> str:
    """An id of a test that holds a huge number."""
    return str(value)[:50]


def gold(name: str) -> bytes:
    return (GOLD / name).read_bytes()


def durations(raw: bytes) -> object:
    return parse_history(raw, "the path")


def inventory(raw: bytes) -> object:
    return parse_inventory(raw, "the path")


def plan(raw: bytes) -> object:
    return parse_plan(raw.decode("utf-8", "surrogateescape"), "the path")


@dataclass(frozen=True)
class Whole:
    """A format that is one JSON document. ``unread``: fields that stand there for people."""

    file: str
    read: Callable[[bytes], object]
    nothing: str
    foreign: str
    unread: frozenset[str] = frozenset()


WHOLE = {
    "durations": Whole(
        "durations-1.json",
        durations,
        "is no complete JSON",
        "is no store of durations",
    ),
    "durations and shared costs": Whole(
        "durations-1-shared.json",
        durations,
        "is no complete JSON",
        "is no store of durations",
    ),
    "part of the tests": Whole(
        "tests-1-pruned.json",
        inventory,
        "is no list of tests (",
        "is no list of tests (another kind of file)",
    ),
    "plan": Whole(
        "plan-1.json",
        plan,
        "is no plan (",
        "is no plan (another kind of file)",
        frozenset({"imbalance", "known_share"}),
    ),
    "tests": Whole(
        "tests-1.json",
        inventory,
        "is no list of tests (",
        "is no list of tests (another kind of file)",
    ),
}


@pytest.fixture(params=sorted(WHOLE))
def stored(request: pytest.FixtureRequest) -> Whole:
    return WHOLE[request.param]


def test_durations_of_format_1_are_read_for_ever() -> None:
    found = parse_history(gold("durations-1.json"), "x")
    assert found.runs == DURATIONS_1.runs
    assert found.other_runs == DURATIONS_1.other_runs
    assert lists_of(found) == lists_of(DURATIONS_1)
    assert found.digest == "2701004beed6"
    assert found.segment == "app@linux-3.12@all"
    assert found.origin == ""


def test_shared_costs_of_format_1_are_read_for_ever() -> None:
    found = parse_history(gold("durations-1-shared.json"), "x")
    assert lists_of(found) == lists_of(DURATIONS_1)
    assert {key: (file.needs, file.needing) for key, file in found.files.items()} == {
        key: (file.needs, file.needing) for key, file in SHARED_1.files.items()
    }
    assert found.shared == SHARED_1.shared


def test_shared_costs_of_format_1_are_written_so() -> None:
    text = history_text(SHARED_1, Segment("app", "linux-3.12"))
    assert text.encode("ascii") == gold("durations-1-shared.json")


def test_durations_of_format_1_are_written_so() -> None:
    assert history_text(DURATIONS_1, Segment("app", "linux-3.12")).encode("ascii") == gold("durations-1.json")


def test_journals_of_format_1_are_read_for_ever() -> None:
    path = GOLD / "journal-1.jsonl"
    assert read_journal(path) == JOURNAL_1
    assert read_header(path) == JOURNAL_1.header
    assert read_footer(path) == JOURNAL_1.footer


@pytest.mark.parametrize("journal", [*JOURNALS_2, *JOURNALS_3], ids=lambda journal: Path(journal.path).name)
def test_journals_of_formats_2_and_3_are_read_for_ever(journal: Journal) -> None:
    path = Path(journal.path)
    assert read_journal(path) == journal
    assert read_header(path) == journal.header
    assert read_footer(path) == journal.footer


def test_journals_of_format_3_are_written_so(tmp_path: Path) -> None:
    journal, path = JOURNAL_3, tmp_path / "journal.jsonl"
    assert journal.footer is not None
    with JournalWriter(path, journal.header, journal.files, journal.errors) as writer:
        for test in journal.tests:
            writer.begin(test.key)
            writer.add(test)
        for key in journal.begun:
            writer.begin(key, LIMIT)
        writer.finish(journal.footer)
    assert path.read_bytes() == Path(journal.path).read_bytes()


def test_inventories_of_format_1_are_read_for_ever() -> None:
    assert read_inventory(GOLD / "tests-1.json") == INVENTORY_1
    assert read_inventory(GOLD / "tests-1-pruned.json") == PARTIAL_1


def test_inventories_of_format_1_are_written_so() -> None:
    assert inventory_text(INVENTORY_1).encode("ascii") == gold("tests-1.json")
    assert inventory_text(PARTIAL_1).encode("ascii") == gold("tests-1-pruned.json")


def test_plans_of_format_1_are_read_for_ever() -> None:
    assert read_plan(GOLD / "plan-1.json") == PLAN_1


def test_plans_of_format_1_are_written_so() -> None:
    assert plan_text(PLAN_1).encode("ascii") == gold("plan-1.json")


def test_a_file_torn_at_any_byte_is_unusable(stored: Whole) -> None:
    whole = gold(stored.file)
    complete = len(whole.rstrip(b"\n"))
    for length in range(complete):
        with pytest.raises(UnusableFile) as refused:
            stored.read(whole[:length])
        assert refused.value.path == "the path"
        assert refused.value.reason.startswith(stored.nothing)
    stored.read(whole[:complete])


@pytest.mark.parametrize(
    "foreign",
    [b"{}", b"[]", b"null", b"5", b'"text"', b'{"kind":"other","format":1}', b'{"kind":["x"]}'],
    ids=str,
)
def test_foreign_json_is_told_apart(stored: Whole, foreign: bytes) -> None:
    with pytest.raises(UnusableFile) as refused:
        stored.read(foreign)
    assert refused.value.reason in (stored.foreign, f"{stored.nothing}it is no table)")


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\x00" * 100, b"\xff\xfe\x00", b"[" * 200_000, b'{"a":' * 200_000, b"9" * 5_000, b"<xml/>"],
    ids=["empty", "zeros", "not UTF-8", "deep lists", "deep tables", "a long number", "XML"],
)
def test_what_is_no_json_is_told_apart(stored: Whole, garbage: bytes) -> None:
    with pytest.raises(UnusableFile) as refused:
        stored.read(garbage)
    assert refused.value.reason.startswith(stored.nothing)


@pytest.mark.parametrize("version", [2, 10**18])
def test_a_newer_format_is_refused_whatever_else_is_in_it(stored: Whole, version: int) -> None:
    kind = json.loads(gold(stored.file))["kind"]
    with pytest.raises(NewerFormat) as refused:
        stored.read(json.dumps({"kind": kind, "format": version}).encode())
    assert (refused.value.path, refused.value.found, refused.value.known) == ("the path", version, 1)


@pytest.mark.parametrize("version", ["1", None, 0, -1, True, 1.0, [1]], ids=repr)
def test_what_is_no_version_is_no_format(stored: Whole, version: object) -> None:
    document = {**json.loads(gold(stored.file)), "format": version}
    with pytest.raises(UnusableFile):
        stored.read(json.dumps(document).encode())


STRANGE: tuple[Any, ...] = (
    None,
    True,
    -1,
    0.5,
    10**400,
    float("inf"),
    float("nan"),
    "x",
    "",
    [],
    {},
    [[]],
    ["x"],
    [5, 5],
    {"x": 5},
)


def with_one_value_changed(document: object) -> Iterator[tuple[str, object, object, object]]:
    """Name of the value, the value, what stands there instead, and the document with that."""

    def places(value: object, name: str, path: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...], object]]:
        if path:
            yield name, path, value
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from places(inner, key, (*path, key))
        elif isinstance(value, list):
            for place, inner in enumerate(value):
                yield from places(inner, name, (*path, place))

    for name, path, value in places(document, "", ()):
        for strange in STRANGE:
            changed: Any = copy.deepcopy(document)
            inside = changed
            for step in path[:-1]:
                inside = inside[step]
            inside[path[-1]] = strange
            yield name, value, strange, changed


def is_another_type(value: object, strange: object) -> bool:
    if isinstance(value, float):
        return type(strange) not in (int, float)
    return type(value) is not type(strange)


def test_a_value_of_another_type_makes_the_file_unusable_and_none_breaks_the_reader(stored: Whole) -> None:
    tried = 0
    for name, value, strange, changed in with_one_value_changed(json.loads(gold(stored.file))):
        try:
            stored.read(json.dumps(changed).encode())
        except (UnusableFile, NewerFormat):
            tried += 1
        else:
            assert name in stored.unread or not is_another_type(value, strange), (name, value, strange)
    assert tried > 100


@pytest.mark.parametrize("name", ["segment", "runs", "other_runs", "files"])
def test_durations_without_a_part_are_unusable(name: str) -> None:
    document = json.loads(gold("durations-1.json"))
    del document[name]
    with pytest.raises(UnusableFile):
        durations(json.dumps(document).encode())


@pytest.mark.parametrize(
    "wrong",
    [
        {"tests": ["b", "a"], "costs": [1, 1], "samples": ["", ""]},
        {"tests": ["a", "a"], "costs": [1, 1], "samples": ["", ""]},
        {"tests": ["a", "b"], "costs": [1], "samples": ["", ""]},
        {"tests": ["a"], "costs": [0], "samples": ["", ""]},
        {"tests": ["a"], "costs": [-5], "samples": ["", ""]},
        {"tests": ["a"], "costs": [True], "samples": ["", ""]},
        {"tests": ["a"], "costs": [1.0], "samples": ["", ""]},
        {"tests": ["a"], "costs": [10**400], "samples": ["", ""]},
        {"tests": [], "costs": [], "samples": ["", ""]},
        {"tests": ["a"], "costs": [1], "samples": [""]},
        {"tests": ["a"], "costs": [1], "samples": ["", 5]},
        {"tests": "a", "costs": [1], "samples": ["", ""]},
        {"tests": ["a"], "costs": [1], "samples": "xx"},
        {"tests": ["a"], "costs": [1]},
    ],
    ids=short,
)
def test_a_files_lists_must_fit_each_other(wrong: object) -> None:
    document = json.loads(gold("durations-1.json"))
    document["files"]["tests/test_wrong.py"] = wrong
    with pytest.raises(UnusableFile) as refused:
        durations(json.dumps(document).encode())
    assert refused.value.reason.startswith("holds a value that no store has (")


@pytest.mark.parametrize(
    "entry",
    [
        "d-c 0/2",
        "d-c 3/2",
        "d-c 01/2",
        "d-c 1/02",
        "d-c 1/100000",
        "d-c 1",
        "1/2",
        "a b 1/2",
        "d-c 1/2 ",
        "d-c \u0661/2",
    ],
)
def test_a_finished_shard_is_one_that_there_can_be(entry: str) -> None:
    document = json.loads(gold("durations-1.json"))
    document["runs"][0]["finished"] = [entry]
    with pytest.raises(UnusableFile) as refused:
        durations(json.dumps(document).encode())
    assert refused.value.reason == f"holds a value that no store has ({entry!a} is no finished shard)"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("shards", 0, "index"), 2),
        (("shards", 0, "index"), 0),
        (("shards", 2, "index"), 99),
        (("together", "shard_together:db"), 0),
        (("together", "shard_together:db"), 4),
        (("lanes",), 0),
    ],
    ids=str,
)
def test_a_plan_names_no_shard_that_there_is_not(path: tuple[Any, ...], value: int) -> None:
    """Nobody would run its tests."""
    document = json.loads(gold("plan-1.json"))
    inside = document
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    with pytest.raises(UnusableFile):
        plan(json.dumps(document).encode())


def test_a_plan_that_is_not_there_is_unusable(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile):
        read_plan(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b'{"kind":"\xe9"}')
    with pytest.raises(UnusableFile):
        read_plan(tmp_path / "latin.json")


def test_a_journal_torn_at_any_byte_loses_its_last_line_only(tmp_path: Path) -> None:
    whole = gold("journal-2.jsonl")
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    path = tmp_path / "journal.jsonl"
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        if length < ends[0] - 1:
            with pytest.raises(UnusableFile) as refused:
                read_journal(path)
            assert refused.value.reason == "has no journal header"
            with pytest.raises(UnusableFile):
                read_header(path)
            continue
        # A line that lacks nothing but its end is whole.
        complete = sum(1 for end in ends if end - 1 <= length)
        there = Counter(json.loads(line)["kind"] for line in whole.splitlines()[:complete])
        found = read_journal(path)
        assert found.header == JOURNAL_2.header
        assert found.files == JOURNAL_2.files[: there["file"]]
        assert found.errors == JOURNAL_2.errors[: there["error"]]
        assert found.tests == JOURNAL_2.tests[: there["test"]]
        assert len(found.begun) == there["start"] - there["test"]
        assert found.footer == (JOURNAL_2.footer if there["footer"] else None)
        assert read_footer(path) == found.footer
        is_torn = length not in ends and length + 1 not in ends
        assert found.flaws == ((f"line {complete + 1} is torn and was set aside",) if is_torn else ())


def test_foreign_lines_are_set_aside_and_the_others_count(tmp_path: Path) -> None:
    first, *others = gold("journal-2.jsonl").splitlines(keepends=True)
    foreign = [
        b"\n",
        b"\xff\x00\n",
        b"{}\n",
        b"[]\n",
        b"5\n",
        b"null\n",
        b'{"kind":"beat"}\n',
        b'{"kind":["test"]}\n',
        b"[" * 200_000 + b"\n",
        first,
    ]
    path = tmp_path / "journal.jsonl"
    path.write_bytes(first + b"".join(foreign) + b"".join(others))
    found = read_journal(path)
    assert (found.files, found.tests, found.footer) == (JOURNAL_2.files, JOURNAL_2.tests, JOURNAL_2.footer)
    assert found.flaws == tuple(f"line {number} is no journal line and was set aside" for number in range(3, 12))


@pytest.mark.parametrize("version", [4, 10**18])
def test_a_newer_journal_is_refused(tmp_path: Path, version: int) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(json.dumps({"kind": "header", "format": version}) + "\n")
    for read in (read_journal, read_header):
        with pytest.raises(NewerFormat) as refused:
            read(path)
        assert (refused.value.path, refused.value.found, refused.value.known) == (str(path), version, 3)


def test_a_value_of_another_type_spoils_its_line_only(tmp_path: Path) -> None:
    header, *others = map(json.loads, gold("journal-2-pruned.jsonl").splitlines())
    path = tmp_path / "journal.jsonl"
    tried = 0
    for line in others:
        for name, value, strange, changed in with_one_value_changed(line):
            path.write_text(f"{json.dumps(header)}\n{json.dumps(changed)}\n")
            found = read_journal(path)
            if found.flaws:
                assert found.flaws == ("line 2 is no journal line and was set aside",)
                assert (found.files, found.errors, found.tests, found.footer) == ((), (), (), None)
                tried += 1
            else:
                assert not is_another_type(value, strange), (name, value, strange)
    assert tried > 300


def test_a_value_of_another_type_makes_a_header_unusable(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    tried = 0
    for name, value, strange, changed in with_one_value_changed(
        json.loads(gold("journal-2-pruned.jsonl").splitlines()[0])
    ):
        path.write_text(json.dumps(changed) + "\n")
        try:
            read_header(path)
        except (UnusableFile, NewerFormat):
            tried += 1
        else:
            assert not is_another_type(value, strange), (name, value, strange)
    assert tried > 150


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shard", 0),
        ("shard", 4),
        ("shards", 0),
        ("shards", 10**12),
        ("attempt", 0),
        ("lanes", 0),
        ("lanes", 10**12),
        ("segment", "app@linux-3.12"),
        ("segment", "../../app@linux-3.12@all"),
        ("segment", "a/b@c@d"),
        ("segment", "a@b@c@d"),
        ("segment", "..@b@c"),
        ("run", "a b"),
        ("run", "../x"),
        ("digest", "\x1b[2J"),
        ("collection", "a/b"),
        ("predicted", -1),
    ],
)
def test_a_header_with_impossible_values_is_none(tmp_path: Path, name: str, value: object) -> None:
    header = {**json.loads(gold("journal-2.jsonl").splitlines()[0]), name: value}
    (tmp_path / "journal.jsonl").write_text(json.dumps(header) + "\n")
    with pytest.raises(UnusableFile):
        read_header(tmp_path / "journal.jsonl")


@pytest.mark.parametrize(
    "times",
    [[1, 2], [1, 2, 3, 4], [-1, 2, 3], [1.0, 2, 3], ["1", 2, 3], [10**400, 0, 0], [True, 0, 0]],
    ids=short,
)
def test_times_are_three_whole_numbers(tmp_path: Path, times: object) -> None:
    """A negative or endless one would spoil the store that takes it in."""
    header, *others = map(json.loads, gold("journal-2.jsonl").splitlines())
    line = next(line for line in others if line["kind"] == "test")
    path = tmp_path / "journal.jsonl"
    path.write_text(f"{json.dumps(header)}\n{json.dumps({**line, 'times': times})}\n")
    assert read_journal(path).tests == ()


def test_a_journal_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    for read in (read_journal, read_header):
        with pytest.raises(UnusableFile) as refused:
            read(tmp_path / "none.jsonl")
        assert refused.value.reason == "No such file or directory"
    assert read_footer(tmp_path / "none.jsonl") is None
