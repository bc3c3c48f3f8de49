"""Numbers, folders and suites as written behind ``smartshard store``."""

from __future__ import annotations

import pytest

from pytest_smartshard.cli.store_arguments import (
    check_format,
    folders_by_suite,
    number,
    segment_into,
    suites_by_folder,
)
from pytest_smartshard.model.segment import Segment

SEGMENT = "root@linux-3.12@all"


def test_numbers() -> None:
    problems: list[str] = []
    assert [number("--top", text, 0, problems) for text in ("0", "7")] == [0, 7]
    assert problems == []
    for text in ("", "-1", "1.5", "x", "٣", "99999999"):
        assert number("--top", text, 0, problems) == 0
    assert number("--not-seen-for", "0", 1, problems) == 1
    assert problems == [
        *(
            f"--top={text}: not a whole number from 0 on; write one, such as --top=30"
            for text in ("", "-1", "1.5", "x", "٣", "99999999")
        ),
        "--not-seen-for=0: not a whole number from 1 on; write one, such as --not-seen-for=30",
    ]


def test_formats() -> None:
    problems: list[str] = []
    for name in ("text", "json", "xml"):
        check_format(name, problems)
    assert problems == ["--format=xml: no such choice; use one of text, json"]


def test_segments() -> None:
    problems: list[str] = []
    assert segment_into(SEGMENT, problems) == Segment("root", "linux-3.12")
    assert segment_into("../x@y@z", problems) is None
    assert problems == [
        (
            "--into=../x@y@z: not the name of a segment; write suite@environment@selection, as in the file names "
            "of a store"
        )
    ]


def suites(*given: str, keep_paths: bool = False) -> tuple[dict[str, str], list[str]]:
    problems: list[str] = []
    return suites_by_folder(given, SEGMENT, keep_paths=keep_paths, problems=problems), problems


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("back=x", "back"),
        ("./back/=x", "back"),
        ("a//b=x", "a/b"),
        ("a\\b=x", "a/b"),
        ("a=b=x", "a=b"),
    ],
)
def test_a_folder_is_written_as_on_any_system(text: str, folder: str) -> None:
    assert suites(text) == ({folder: "x"}, [])


@pytest.mark.parametrize("path", ["", ".", "..", "a/../b", "/a", "C:\\a", "C:a", "\\a", "\\\\host\\a"])
def test_what_is_no_folder_below_the_root_folder(path: str) -> None:
    assert suites(f"{path}=x") == (
        {},
        [f"{path}=x: not a folder and a suite; write PATH=SUITE, such as backend=backend"],
    )


def test_mistakes_in_suites_are_told_together() -> None:
    assert suites("a", "b=", "c=c/d", "d=root", "e=x", "e=y", "e=x", "f=x") == (
        {"e": "x"},
        [
            "a: not a folder and a suite; write PATH=SUITE, such as backend=backend",
            "b=: not a name for a suite; write b=b, or another name",
            "c=c/d: not a name for a suite; write c=c-d-e5fb6071, or another name",
            f"d=root: {SEGMENT} is of that suite itself; give the folder another one",
            "e=y: e becomes x already; leave one of them out",
            "f=x: x has one root folder; name one, or add --keep-paths",
        ],
    )
    assert suites("e=x", "f=x", keep_paths=True) == ({"e": "x", "f": "x"}, [])


def test_the_segment_that_is_divided_must_have_a_name() -> None:
    problems: list[str] = []
    suites_by_folder(["a=b"], "x", keep_paths=False, problems=problems)
    assert problems == [
        "SEGMENT=x: not the name of a segment; write suite@environment@selection, as in the file names of a store"
    ]


def test_prefixes() -> None:
    problems: list[str] = []
    sources = [Segment("back", "e"), Segment("front", "e"), Segment("all", "e")]
    given = ["back=./back", "front=", "=x", "none=x", "all=x", "back=other"]
    assert folders_by_suite(given, sources, Segment("all", "linux"), problems) == {"back": "back"}
    assert problems == [
        "--prefix=front=: not a suite and a folder; write SUITE=PATH, such as backend=backend",
        "--prefix==x: no segment of that suite is joined; use one of all, back, front",
        "--prefix=none=x: no segment of that suite is joined; use one of all, back, front",
        "--prefix=all=x: --into is of that suite too, and its files stay where they are; join into another suite",
        "--prefix=back=other: back is in back already; leave one of them out",
    ]
