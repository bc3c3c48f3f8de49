"""XML from elsewhere: told element by element, or refused before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pytest_smartshard.markup import BYTE_ORDER_MARK, Unparsed, local_name, tell


class Listing:
    """Writes down the elements that it is told of."""

    def __init__(self) -> None:
        self.tags: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "bad":
            raise Unparsed("is bad")
        self.tags.append(tag)

    def close(self) -> None:
        """Nothing is left to be handed over."""


@pytest.mark.parametrize(
    "before", [b"", BYTE_ORDER_MARK, b"<?xml version='1.0'?>\n", b"<!-- <!DOCTYPE a> -->\n <?x y?>"]
)
def test_what_stands_before_the_root_may_be_comments_and_instructions(before: bytes) -> None:
    listing = Listing()
    tell(before + b"<a><b/></a>", listing)
    assert listing.tags == ["a", "b"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "is no complete XML"),
        (b"no markup", "is no complete XML"),
        (b"<a>", "is no complete XML"),
        (b"<a>&e;</a>", "is no complete XML"),
        (b"<?xml version='1.0' encoding='no-such'?><a/>", "is no complete XML"),
        ("<!DOCTYPE a><a/>".encode("utf-16"), "is no complete XML"),
        (b"<!-- <a/>", "is no complete XML"),
        (
            b"<?xml version='1.0'?><!-- c --><!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
            "has a document type, which is not read",
        ),
        (b"<a><bad/></a>", "is bad"),
    ],
)
def test_what_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(Unparsed) as refused:
        tell(raw, Listing())
    assert str(refused.value) == reason


def test_the_name_of_an_element_is_what_follows_its_namespace() -> None:
    assert [local_name("{urn:x}a"), local_name("a")] == ["a", "a"]
