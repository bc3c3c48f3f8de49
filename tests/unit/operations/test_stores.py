"""The files of a store: which are asked for, and what is said of those that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stored import run_of, write

from pytest_smartshard.errors import UsageError
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.operations.stores import Stores, read_stores, read_usable, store_files
from pytest_smartshard.store.place import StorePlace

A, B = Segment("app", "linux-3.12"), Segment("lib", "linux-3.12")
RUN = run_of({"test_a.py": {"t": 1_000}})
MEND = "remove it, or bring back the file that was there"


@pytest.fixture
def place(tmp_path: Path) -> StorePlace:
    write(tmp_path / "store", A, RUN)
    write(tmp_path / "store", B, RUN)
    return StorePlace.at(tmp_path / "store")


def problems_of(place: StorePlace, *names: str) -> tuple[str, ...]:
    with pytest.raises(UsageError) as caught:
        read_stores(place, store_files(place, names), names)
    return caught.value.problems


def read(place: StorePlace, *names: str) -> Stores:
    return read_stores(place, store_files(place, names), names)


def test_all_segments_or_those_that_are_named(place: StorePlace) -> None:
    (place.path / "notes.txt").touch()
    (place.path / "x@y@z.json").mkdir()
    assert [stored.segment for stored in read(place).segments] == [A, B]
    assert [stored.segment for stored in read(place, B.slug, B.slug).segments] == [B]


def test_names_that_are_not_there_are_told_together(place: StorePlace) -> None:
    assert problems_of(place, "x@y@z", "app", B.slug) == (
        (
            "SEGMENT=app: not the name of a segment; write suite@environment@selection, as in the file names of "
            "a store"
        ),
        f"SEGMENT=x@y@z: not in {place.path}; there are {A.slug}, {B.slug}",
    )


@pytest.mark.parametrize("name", ["none", "none.json"])
def test_no_store(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert problems_of(StorePlace.at(path)) == (
        (
            f"--store={path}: no store is there; name the one to use, or make it with pytest --shard=1/1 or "
            "smartshard merge"
        ),
    )


def test_a_store_that_is_one_file_is_of_the_segment_that_it_says(tmp_path: Path) -> None:
    path = write(tmp_path / "durations.json", A, RUN)
    place = StorePlace.at(path)
    assert [stored.segment for stored in read(place).segments] == [A]
    assert [stored.segment for stored in read(place, A.slug).segments] == [A]
    assert problems_of(place, B.slug) == (f"SEGMENT={B.slug}: not in {path}; there is {A.slug}",)


def test_a_file_in_a_folder_is_of_the_segment_that_it_is_named_after(place: StorePlace) -> None:
    (place.path / f"{A.slug}.json").rename(place.path / "new@linux-3.12@all.json")
    assert [(s.segment.suite, s.history.segment) for s in read(place).segments] == [
        ("lib", B.slug),
        ("new", A.slug),
    ]


def test_what_cannot_be_used_is_told_and_the_rest_is_read(place: StorePlace) -> None:
    text = (place.path / f"{A.slug}.json").read_text("ascii")
    document = json.loads(text)
    broken = {
        "a@newer@all": json.dumps({**document, "format": 7}),
        "a@sample@all": text.replace('["1000"]', '["soon"]'),
        "a@torn@all": text[:-9],
        "notes": text,
    }
    for name, content in broken.items():
        (place.path / f"{name}.json").write_text(content, encoding="ascii")
    found = read(place)
    assert [stored.segment for stored in found.segments] == [A, B]
    assert {unusable.path.stem: unusable.reason for unusable in found.unusable} == {
        "a@newer@all": "has format 7, and this version reads up to 1; upgrade pytest-smartshard",
        "a@sample@all": f"holds a value that no store has ('soon' is no sample); {MEND}",
        "a@torn@all": f"is no complete JSON; {MEND}",
        "notes": f"is of 'notes', which is not the name of a segment; {MEND}",
    }
    torn, gone = place.path / "a@torn@all.json", place.path / "gone.json"
    with pytest.raises(UsageError) as caught:
        read_usable(place, [torn, gone])
    assert caught.value.problems == (
        f"{torn} is no complete JSON; {MEND}",
        f"{gone}: was removed meanwhile; start it again",
    )
