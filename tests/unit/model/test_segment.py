"""Names of segments and runs, as files are called by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from strategies import any_text

from pytest_smartshard.model.segment import Segment, ShardIndex, safe_name


@pytest.mark.parametrize("name", ["a", "app", "linux-3.12", "gh-8123_2", "A.b-c_9"])
def test_what_is_safe_stays(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a/b", "a-b-c14cddc0"),
        ("a b", "a-b-c8687a08"),
        ("..", "5ec1f7e7"),
        ("é", "4a99557e"),
        ("-a", "a-c2748917"),
        ("caf\udce9", "caf-0dabcef4"),
    ],
)
def test_what_is_not_gets_a_suffix_and_these_for_ever(text: str, name: str) -> None:
    """Stores are found by these names."""
    assert safe_name(text) == name


@given(any_text)
def test_a_safe_name_is_one_part_of_a_path_and_is_its_own(text: str) -> None:
    name = safe_name(text)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert name.strip(".") == name
    assert bool(name) is bool(text)
    assert safe_name(name) == name


@given(any_text, any_text)
def test_different_texts_have_different_names(one: str, other: str) -> None:
    assert (safe_name(one) == safe_name(other)) is (one == other)


def test_names_are_short_enough_for_three_of_them_to_name_a_file() -> None:
    names = [safe_name("x" * length) for length in (60, 61, 300, 20_000)] + [safe_name("é/" * 300)]
    assert [len(name) for name in names[:4]] == [60] * 4
    assert all(len(name) <= 60 for name in names)
    assert len(set(names)) == len(names)
    assert [safe_name(name) for name in names] == names


def test_a_slug_names_the_three_parts() -> None:
    assert Segment("app", "linux-3.12").slug == "app@linux-3.12@all"
    assert Segment.from_slug("app@linux-3.12@1f2e3d4c") == Segment("app", "linux-3.12", "1f2e3d4c")


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "a",
        "a@b",
        "a@b@c@d",
        "../a@b@c",
        "a/b@c@d",
        "a@..@c",
        "a@b@c\n",
        "a@b@\udc80",
        "a\\b@c@d",
        "@@",
        "a@@c",
    ],
)
def test_what_is_not_three_safe_names_is_no_slug(slug: str) -> None:
    with pytest.raises(ValueError, match="is no name of a segment") as refused:
        Segment.from_slug(slug)
    assert str(refused.value) == f"{slug!r} is no name of a segment"


def test_a_shard_is_written_as_it_is_asked_for() -> None:
    assert str(ShardIndex(2, 6)) == "2/6"
