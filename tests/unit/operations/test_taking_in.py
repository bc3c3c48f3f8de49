"""Taking what shards measured into the stores of their segments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from making import FILE, SEGMENT, finished, header_of, journal_of, write_journal
from processes import run_together

from pytest_smartshard.errors import NewerFormat, UsageError
from pytest_smartshard.journal.reading import read_journal
from pytest_smartshard.journal.run_folder import journals_below
from pytest_smartshard.model.history import History
from pytest_smartshard.model.merged import StoreChange
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.operations.gathering import read_journals
from pytest_smartshard.operations.taking_in import take_in
from pytest_smartshard.store.format import fingerprint, history_text, parse_history
from pytest_smartshard.store.place import StorePlace

OTHER = Segment("app", "linux-3.13")
ONE = journal_of(header_of("1/2"), [finished("a", 1_000)])
TWO = journal_of(header_of("2/2"), [finished("b", 2_000)])


def costs_in(path: Path) -> dict[str, int]:
    file = parse_history(path.read_bytes(), str(path)).files[FILE]
    return dict(zip(file.tails, file.costs, strict=True))


def names_in(folder: Path) -> set[str]:
    """What lies there, but for locks."""
    return {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}


def test_a_store_is_begun_and_taken_further(tmp_path: Path) -> None:
    place = StorePlace(tmp_path / "durations")
    (first,) = take_in([ONE], place)
    path = tmp_path / "durations" / "app@linux-3.12@all.json"
    assert first.segment == SEGMENT
    assert first.change == StoreChange(path=str(path), journals=1, tests=1, written=True, added=1)
    assert first.notes == ()
    assert costs_in(path) == {"a": 1_000}
    (second,) = take_in([TWO], place)
    assert second.change == StoreChange(path=str(path), journals=1, tests=2, written=True, added=1)
    assert costs_in(path) == {"a": 1_000, "b": 2_000}
    assert names_in(path.parent) == {path.name}


def test_taking_in_again_changes_nothing(tmp_path: Path) -> None:
    place = StorePlace(tmp_path)
    (first,) = take_in([ONE, TWO], place)
    before = Path(first.change.path).stat()
    (again,) = take_in([TWO], place)
    assert not again.change.written
    assert Path(first.change.path).stat().st_mtime_ns == before.st_mtime_ns
    assert again.change.tests == 2


def test_each_segment_has_a_store_of_its_own(tmp_path: Path) -> None:
    other = journal_of(header_of("1/2", segment=OTHER), [finished("a", 9_000)])
    found = take_in([other, ONE, TWO], StorePlace(tmp_path))
    assert [(each.segment, each.change.journals) for each in found] == [(SEGMENT, 2), (OTHER, 1)]
    assert names_in(tmp_path) == {"app@linux-3.12@all.json", "app@linux-3.13@all.json"}
    assert costs_in(Path(found[1].change.path)) == {"a": 9_000}


def test_one_file_holds_one_segment(tmp_path: Path) -> None:
    place = StorePlace.at(tmp_path / "store.json")
    other = journal_of(header_of(segment=OTHER))
    with pytest.raises(UsageError) as refused:
        take_in([other, ONE], place)
    assert str(refused.value) == (
        f"--store={tmp_path / 'store.json'}: one file cannot hold app@linux-3.12@all, app@linux-3.13@all; "
        "give a folder"
    )
    assert list(tmp_path.iterdir()) == []
    take_in([ONE, TWO], place)
    assert costs_in(place.path) == {"a": 1_000, "b": 2_000}


def test_a_file_of_another_segment_is_left_alone(tmp_path: Path) -> None:
    place = StorePlace.at(tmp_path / "store.json")
    take_in([ONE], place)
    before = place.path.read_bytes()
    with pytest.raises(UsageError) as refused:
        take_in([journal_of(header_of(segment=OTHER), [finished("a")])], place)
    assert str(refused.value) == (
        f"{place.path}: holds the history of 'app@linux-3.12@all', not of app@linux-3.13@all; name a folder or "
        "another file"
    )
    assert place.path.read_bytes() == before


def test_no_journal_is_nothing_to_take_in(tmp_path: Path) -> None:
    assert take_in([], StorePlace(tmp_path)) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"kind":', "is no complete JSON"),
        (b'{"tests": 5}', "is no store of durations"),
        (b"", "is no complete JSON"),
    ],
)
def test_a_store_that_cannot_be_used_is_set_aside(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "app@linux-3.12@all.json"
    path.write_bytes(content)
    aside = f"app@linux-3.12@all.json.set-aside-{fingerprint(content)}"
    (found,) = take_in([ONE], StorePlace(tmp_path))
    assert found.notes == (f"{path} {reason}: moved to {aside}, a new store begun",)
    assert found.change.written
    assert (tmp_path / aside).read_bytes() == content
    assert costs_in(path) == {"a": 1_000}


def test_a_store_with_a_sample_that_is_none_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "app@linux-3.12@all.json"
    take_in([ONE], StorePlace(tmp_path))
    document = json.loads(path.read_bytes())
    document["files"][FILE]["samples"] = ["-1000"]
    path.write_text(json.dumps(document))
    (found,) = take_in([TWO], StorePlace(tmp_path))
    (note,) = found.notes
    assert note.startswith(f"{path} holds a value that no store has ('-1000' is no sample): moved to ")
    assert costs_in(path) == {"b": 2_000}


def test_a_newer_store_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "app@linux-3.12@all.json"
    path.write_text('{"kind":"smartshard-durations","format":3}')
    with pytest.raises(NewerFormat):
        take_in([ONE], StorePlace(tmp_path))
    assert path.read_text() == '{"kind":"smartshard-durations","format":3}'
    assert names_in(tmp_path) == {path.name}


TAKE_IN = """
    import sys
    from pathlib import Path
    from pytest_smartshard.journal.reading import read_journal
    from pytest_smartshard.operations.taking_in import take_in
    from pytest_smartshard.store.place import StorePlace
    input()
    take_in([read_journal(Path(sys.argv[2]))], StorePlace(Path(sys.argv[1])))
"""


def test_shards_that_take_in_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    """Four shards of pytest-split that write one store keep 50 of 200 entries."""
    paths = [
        write_journal(
            tmp_path / "home",
            header_of(f"{shard}/4", selected=50),
            [finished(f"test_{shard}_{number}", 1_000 * number) for number in range(50)],
        )
        for shard in range(1, 5)
    ]
    run_together(TAKE_IN, [[tmp_path / "together", path] for path in paths])
    (alone,) = take_in([read_journal(path) for path in paths], StorePlace(tmp_path / "alone"))
    together = tmp_path / "together" / Path(alone.change.path).name
    assert len(costs_in(together)) == 200
    assert together.read_bytes() == Path(alone.change.path).read_bytes()
    assert names_in(together.parent) == {together.name}


def test_journals_are_gathered_and_flaws_named(tmp_path: Path) -> None:
    good = write_journal(tmp_path, header_of("1/2", selected=1), [finished("a")])
    torn = write_journal(tmp_path, header_of("2/2", selected=1), [finished("b")], done=False)
    torn.write_bytes(torn.read_bytes()[:-9])
    other = tmp_path / "other.jsonl"
    other.write_text('{"nodeid": "a.py::t"}\n')
    journals, notes = read_journals([*journals_below(tmp_path / "runs"), other])
    assert [journal.header.shard.number for journal in journals] == [1, 2]
    assert journals[0].path == str(good)
    assert notes == [f"{torn}: line 2 is torn and was set aside", f"{other} has no journal header: left out"]


def test_a_newer_journal_stops_gathering(tmp_path: Path) -> None:
    (tmp_path / "new.jsonl").write_text('{"kind":"header","format":4}\n')
    with pytest.raises(NewerFormat):
        read_journals([tmp_path / "new.jsonl"])


def test_a_committed_store_of_the_same_content_is_left_alone(tmp_path: Path) -> None:
    """Its text decides, whoever wrote it."""
    path = tmp_path / "app@linux-3.12@all.json"
    path.write_text(history_text(History(), SEGMENT))
    (found,) = take_in([journal_of(header_of("1/1"))], StorePlace(tmp_path))
    assert found.change.tests == 0
    (again,) = take_in([journal_of(header_of("1/1"))], StorePlace(tmp_path))
    assert not again.change.written
