"""Reading costs without the samples: the same costs and the same digest as reading all of it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from making import SEGMENT, finished, header_of, journal_of, lists_of
from strategies import journal_sets

from pytest_smartshard.errors import NewerFormat, UnusableFile
from pytest_smartshard.model.history import History
from pytest_smartshard.model.record import Journal
from pytest_smartshard.proving.joining import join
from pytest_smartshard.store.format import history_text, parse_history
from pytest_smartshard.store.place import StorePlace, find_history
from pytest_smartshard.store.skimming import skim_history

GOLD = Path(__file__).parents[2] / "gold" / "durations-1.json"
SHARED_GOLD = GOLD.with_name("durations-1-shared.json")

both = pytest.mark.parametrize("gold", [GOLD, SHARED_GOLD], ids=lambda path: path.name)


def skimmed(raw: bytes) -> History | None:
    return skim_history(io.BytesIO(raw), "the path")


def without_samples(history: History) -> dict[str, tuple[object, ...]]:
    """What planning has of each file and of each place of shared costs."""
    return {
        f"{group} {key}": (list(known.tails), list(known.costs), known.needs, list(known.needing))
        for group, files in (("file", history.files), ("place", history.shared))
        for key, known in files.items()
    }


@both
def test_costs_runs_and_digest_are_those_of_the_whole_file(gold: Path) -> None:
    raw = gold.read_bytes()
    found, whole = skimmed(raw), parse_history(raw, "x")
    assert found is not None
    assert without_samples(found) == without_samples(whole)
    assert replace(found, files={}, shared={}) == replace(whole, files={}, shared={})


@given(journal_sets())
def test_whatever_this_package_writes_can_be_read_and_skimmed(journals: list[Journal]) -> None:
    history = join(History(), journals)
    raw = history_text(history, SEGMENT).encode("ascii")
    found, whole = skimmed(raw), parse_history(raw, "x")
    assert lists_of(whole) == lists_of(history)
    assert (whole.runs, whole.other_runs) == (history.runs, history.other_runs)
    assert history_text(whole, SEGMENT).encode("ascii") == raw
    if found is None:
        assert not whole.files
    else:
        assert without_samples(found) == without_samples(whole)
        assert replace(found, files={}, shared={}) == replace(whole, files={}, shared={})


@pytest.mark.parametrize(
    "edit",
    [
        lambda raw: raw.replace(b"\n", b"\r\n"),
        lambda raw: raw.rstrip(b"\n"),
        lambda raw: raw + b"\n",
        lambda raw: raw.replace(b"\n", b""),
        lambda raw: raw.replace(b'"files":{\n', b'"files": {\n'),
        lambda raw: raw.replace(b'"costs":[100]', b'"costs": [100]'),
        lambda raw: raw.replace(b',\n"samples"', b', "samples"'),
        lambda raw: raw.replace(b'"shared":{\n', b'"shared": {\n'),
        lambda raw: raw.replace(b'"files":{\n', b'"shared":{\n},\n"files":{\n'),
        lambda raw: raw.replace(b'"shared":{\n', b'"shared":{\n},\n"shared":{\n'),
        lambda raw: raw.replace(b'"segment":', b'"later":1,\n"segment":'),
    ],
    ids=[
        "CRLF",
        "no last line end",
        "an empty line",
        "one line",
        "a blank",
        "a harmless blank",
        "joined lines",
        "another blank",
        "shared costs above",
        "shared costs twice",
        "a member more",
    ],
)
@both
def test_what_somebody_laid_out_otherwise_is_read_all_the_same(edit: object, gold: Path, tmp_path: Path) -> None:
    assert callable(edit)
    raw = edit(gold.read_bytes())
    place = StorePlace.at(tmp_path / "store.json")
    place.path.write_bytes(raw)
    found, whole = find_history(place, SEGMENT, tmp_path), parse_history(raw, "x")
    assert without_samples(found.history) == without_samples(whole)
    assert found.history.digest == whole.digest
    assert found.notes == ()


@both
def test_a_store_torn_at_any_byte_is_named(gold: Path, tmp_path: Path) -> None:
    place = StorePlace.at(tmp_path / "store.json")
    raw = gold.read_bytes()
    for length in range(len(raw.rstrip(b"\n"))):
        place.path.write_bytes(raw[:length])
        found = find_history(place, SEGMENT, tmp_path)
        assert found.history.is_empty
        assert found.notes == (f"{place.path} is no complete JSON: set aside, planned without it",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"costs":[100]', b'"costs":[0]'),
        (b'"costs":[100]', b'"costs":["x"]'),
        (b'"costs":[100]', b'"costs":[1,2]'),
        (b'"costs":[100]', b'"costs":[1' + b"0" * 400 + b"]"),
        (b'"tests":["test_a"]', b'"tests":["b","a"]'),
        (b'"tests":["test_a"],', b""),
        (b'"names":["collect","module db[1]"],', b""),
        (b'"names":["collect","module db[1]"]', b'"names":["module db[1]","collect"]'),
        (b'"costs":[12000,5]', b'"costs":[12000]'),
        (b'"costs":[12000,5]', b'"costs":[12000,0]'),
        (b'"needs":[["module db[1]","session \\u00fc"],[]]', b'"needs":[["session \\u00fc","module db[1]"],[]]'),
        (b'"needs":[["module db[1]","session \\u00fc"],[]]', b'"needs":[[5],[]]'),
        (b'"needs":[["module db[1]","session \\u00fc"],[]]', b'"needs":["x",[]]'),
        (b'"needing":[0,0,1,0,1,0]', b'"needing":[0,0,1,0,1]'),
        (b'"needing":[0,0,1,0,1,0]', b'"needing":[0,0,1,0,1,2]'),
        (b'"needing":[0,0,1,0,1,0]', b'"needing":[0,0,1,0,1,-1]'),
        (b'"needing":[0,0,1,0,1,0]', b'"needing":[0,0,1,0,1,true]'),
        (b',"needing":[0,0,1,0,1,0]', b""),
        (b'"lanes":1,', b'"lanes":0,'),
        (b'"speed":1100', b'"speed":0'),
        (b'"kind":"smartshard-durations"', b'"kind":"other"'),
        (b'"format":1', b'"format":"1"'),
    ],
)
def test_what_the_whole_file_is_refused_for_is_refused_here(old: bytes, new: bytes, tmp_path: Path) -> None:
    raw = SHARED_GOLD.read_bytes()
    assert old in raw
    raw = raw.replace(old, new)
    with pytest.raises(UnusableFile):
        parse_history(raw, "the path")
    place = StorePlace.at(tmp_path / "store.json")
    place.path.write_bytes(raw)
    found = find_history(place, SEGMENT, tmp_path)
    assert found.history.is_empty
    assert len(found.notes) == 1


def test_a_newer_format_is_refused() -> None:
    with pytest.raises(NewerFormat) as refused:
        skimmed(GOLD.read_bytes().replace(b'"format":1', b'"format":2'))
    assert (refused.value.path, refused.value.found) == ("the path", 2)


def test_what_is_no_store_is_left_to_the_whole_reading() -> None:
    for raw in (b"", b"{}", b"\xff\x00", b'"files":{\n', b'"files":{\n}\n}\n}\n', b"[" * 200_000):
        assert skimmed(raw) is None or raw == b'"files":{\n}\n}\n'


def test_a_file_that_holds_only_the_middle_of_a_store_is_none() -> None:
    with pytest.raises(UnusableFile):
        skimmed(b'"files":{\n}\n}\n')


def test_samples_are_passed_over_without_a_look() -> None:
    """What is wrong with them is found by joining; a plan does not depend on it."""
    raw = history_text(join(History(), [journal_of(header_of(), [finished("t")])]), SEGMENT).encode()
    found = skimmed(raw.replace(b'"samples":["1000"]', b'"samples":["x"]'))
    assert found is not None
    assert [list(file.costs) for file in found.files.values()] == [[1_000]]
