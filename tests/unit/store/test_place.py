"""Where the history of a segment is: its own, a relative's, another tool's."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import SEGMENT, history_of

from pytest_smartshard.errors import NewerFormat
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.store.format import fingerprint, history_text
from pytest_smartshard.store.place import StorePlace, find_history


@pytest.fixture
def place(tmp_path: Path) -> StorePlace:
    return StorePlace.at(tmp_path / "durations")


def keep(place: StorePlace, slug: str) -> bytes:
    """A store of that segment, which knows one test that is named after it."""
    segment = Segment.from_slug(slug)
    raw = history_text(history_of({"a.py": {slug: 10}}), segment).encode("ascii")
    path = place.file_of(segment)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return raw


def source(place: StorePlace, slug: str, rootdir: Path) -> str:
    """Whose history is found for the segment."""
    history = find_history(place, Segment.from_slug(slug), rootdir).history
    return next(iter(history.files["a.py"].tails)) if history.files else ""


def test_a_name_that_ends_in_json_is_a_file_another_a_folder() -> None:
    assert StorePlace.at(Path("x.json")) == StorePlace(Path("x.json"), is_file=True)
    assert StorePlace.at(Path("x.json")).file_of(SEGMENT) == Path("x.json")
    for name in ("x", "x.d", ".json", "x.JSON"):
        assert StorePlace.at(Path(name)) == StorePlace(Path(name))
        assert StorePlace.at(Path(name)).file_of(SEGMENT) == Path(name) / "app@linux-3.12@all.json"


def test_without_anything_there_is_nothing_to_say(place: StorePlace, tmp_path: Path) -> None:
    found = find_history(place, SEGMENT, tmp_path)
    assert found.history.is_empty
    assert found.history.digest == "none"
    assert found.notes == ()


def test_a_segments_own_store_comes_first(place: StorePlace, tmp_path: Path) -> None:
    keep(place, "app@linux-3.13@all")
    raw = keep(place, SEGMENT.slug)
    (tmp_path / ".test_durations").write_text('{"a.py::split": 1}')
    found = find_history(place, SEGMENT, tmp_path)
    assert list(found.history.files["a.py"].tails) == [SEGMENT.slug]
    assert found.history.digest == fingerprint(raw)
    assert found.history.origin == "app@linux-3.12@all.json"
    assert found.notes == ()


def test_a_segment_without_history_borrows_and_says_so(place: StorePlace, tmp_path: Path) -> None:
    raw = keep(place, "app@linux-3.12@1f2e3d4c")
    found = find_history(place, SEGMENT, tmp_path)
    assert list(found.history.files["a.py"].tails) == ["app@linux-3.12@1f2e3d4c"]
    assert found.history.digest == fingerprint(raw)
    assert found.history.origin == "borrowed from app@linux-3.12@1f2e3d4c"
    assert found.notes == ("no history of app@linux-3.12@all yet: borrowed from app@linux-3.12@1f2e3d4c",)


def test_the_nearest_relative_lends(place: StorePlace, tmp_path: Path) -> None:
    """Same environment before same system before any, and there the whole suite or the same selection first."""
    nearest_first = [
        "app@linux-3.12@all",
        "app@linux-3.12@22222222",
        "app@linux-3.11@11111111",
        "app@linux-3.11@all",
        "app@linux-3.13@all",
        "app@linux-3.11@22222222",
        "app@macos-3.12@11111111",
        "app@macos-3.12@all",
        "app@macos-3.12@22222222",
    ]
    for slug in (*nearest_first, "other@linux-3.12@11111111"):
        keep(place, slug)
    for slug in nearest_first:
        assert source(place, "app@linux-3.12@11111111", tmp_path) == slug
        place.file_of(Segment.from_slug(slug)).unlink()
    assert source(place, "app@linux-3.12@11111111", tmp_path) == "", "another suite tells nothing"


def test_a_file_has_no_relatives(tmp_path: Path) -> None:
    keep(StorePlace(tmp_path), "app@linux-3.12@11111111")
    assert source(StorePlace.at(tmp_path / "store.json"), SEGMENT.slug, tmp_path) == ""


def test_a_file_of_another_segment_is_borrowed_and_that_is_said(tmp_path: Path) -> None:
    place = StorePlace.at(tmp_path / "store.json")
    keep(place, "app@linux-3.13@all")
    found = find_history(place, SEGMENT, tmp_path)
    assert list(found.history.files["a.py"].tails) == ["app@linux-3.13@all"]
    assert found.notes == (f"{place.path} is of 'app@linux-3.13@all': borrowed for app@linux-3.12@all",)


def test_what_else_lies_in_the_folder_is_no_relative(place: StorePlace, tmp_path: Path) -> None:
    place.path.mkdir()
    for name in (
        "notes.json",
        "a@b.json",
        "app@linux-3.12@x.json.set-aside-1",
        ".app@linux-3.12@all.json.1a.new",
    ):
        (place.path / name).write_text("{}")
    found = find_history(place, SEGMENT, tmp_path)
    assert found.history.is_empty
    assert found.notes == ()


def test_a_store_that_cannot_be_used_is_named_and_the_next_one_taken(place: StorePlace, tmp_path: Path) -> None:
    keep(place, "app@linux-3.13@all")
    torn = place.file_of(SEGMENT)
    torn.write_bytes(keep(place, SEGMENT.slug)[:50])
    nearer = place.file_of(Segment("app", "linux-3.12", "11111111"))
    nearer.write_text("{}")
    found = find_history(place, SEGMENT, tmp_path)
    assert list(found.history.files["a.py"].tails) == ["app@linux-3.13@all"]
    assert found.notes == (
        f"{torn} is no complete JSON: set aside, planned without it",
        f"{nearer} is no store of durations: set aside, planned without it",
        "no history of app@linux-3.12@all yet: borrowed from app@linux-3.13@all",
    )
    assert torn.exists(), "a shard that reads moves nothing: others may be reading it too"


def test_pytest_splits_durations_are_used_where_there_is_nothing_else(place: StorePlace, tmp_path: Path) -> None:
    path = tmp_path / ".test_durations"
    path.write_text('{"a.py::split": 1}')
    found = find_history(place, SEGMENT, tmp_path)
    assert list(found.history.files["a.py"].tails) == ["split"]
    assert found.history.origin == ".test_durations"
    assert found.notes == (f"no store yet: durations taken from {path}",)


def test_pytest_splits_durations_that_cannot_be_used_are_named(place: StorePlace, tmp_path: Path) -> None:
    path = tmp_path / ".test_durations"
    path.write_text('{"a.py::split": ')
    found = find_history(place, SEGMENT, tmp_path)
    assert found.history.is_empty
    assert found.notes == (f"{path} is no complete JSON: set aside, planned without it",)


def test_a_folder_of_that_name_is_none_of_pytest_splits(place: StorePlace, tmp_path: Path) -> None:
    (tmp_path / ".test_durations").mkdir()
    assert find_history(place, SEGMENT, tmp_path).notes == ()


def test_a_newer_store_is_refused_and_not_passed_over(place: StorePlace, tmp_path: Path) -> None:
    keep(place, "app@linux-3.13@all")
    path = place.file_of(SEGMENT)
    path.write_text('{"kind":"smartshard-durations","format":2}')
    with pytest.raises(NewerFormat) as refused:
        find_history(place, SEGMENT, tmp_path)
    assert refused.value.path == str(path)


def test_a_store_that_cannot_be_read_is_an_error_and_not_an_empty_one(place: StorePlace, tmp_path: Path) -> None:
    """Shards that cannot read it would plan otherwise than those that can."""
    place.file_of(SEGMENT).mkdir(parents=True)
    with pytest.raises(OSError, match="app@linux"):
        find_history(place, SEGMENT, tmp_path)
