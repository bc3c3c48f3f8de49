"""XML from elsewhere, told element by element, with nothing in it that a parser would act upon."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_ROOT = re.compile(rb"<[A-Za-z_]")


class Unparsed(ValueError):
    """Why something is not read as XML, in words that follow a file's name: ``is no complete XML``."""


def tell(raw: bytes, target: Any) -> None:
    """Tell *target* (as of :class:`xml.etree.ElementTree.XMLParser`) what is in *raw*.

    Raises Unparsed for what is no XML or has a document type; *target* may raise it too.
    """
    _refuse_document_type(raw)
    parser = ET.XMLParser(target=target)
    try:
        parser.feed(raw)
        parser.close()
    except Unparsed:
        raise
    except (ET.ParseError, LookupError, ValueError) as error:  # The latter two for encodings.
        raise Unparsed("is no complete XML") from error


def local_name(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def _refuse_document_type(raw: bytes) -> None:
    """Raises Unparsed where more than comments and instructions stands before the root element.

    Before anything is parsed: a parser that is told of entities may expand them before it can be stopped.
    """
    place = len(BYTE_ORDER_MARK) if raw.startswith(BYTE_ORDER_MARK) else 0
    while True:
        while raw[place : place + 1].isspace():
            place += 1
        for start, end in ((b"<?", b"?>"), (b"<!--", b"-->")):
            if raw.startswith(start, place):
                place = raw.find(end, place + len(start)) + len(end)
                if place < len(end):
                    raise Unparsed("is no complete XML")
                break
        else:
            break
    if raw.startswith(b"<!", place):
        raise Unparsed("has a document type, which is not read")
    if not _ROOT.match(raw, place):  # In UTF-16, for example, all of this would have been passed over unseen.
        raise Unparsed("is no complete XML")
