"""JUnit files of shards and of plain runs: what is in them, and the one that the shards' make."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pytest_smartshard.combine.beside import junit_beside
from pytest_smartshard.combine.junit import CombinedJunit, JunitPart, JunitStyle, JunitTest, combine
from pytest_smartshard.journal.reading import read_journal
from pytest_smartshard.model.suite import ItemKey

_VARYING = re.compile(r"0x[0-9a-f]+|(?<= in )[0-9.]+s|gw\d")
RESULTS = ("failure", "error", "skipped")


class Case(NamedTuple):
    """One test case without its time; ``held`` are the elements in it, each with its attributes and text."""

    attributes: tuple[tuple[str, str], ...]
    held: tuple[tuple[str, tuple[tuple[str, str], ...], str], ...]

    @property
    def outcome(self) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str, str], ...]]:
        """Its names; and kind, type and message of each result."""
        names = tuple((name, value) for name, value in self.attributes if name in ("classname", "name"))
        return names, tuple(
            (tag, dict(attributes).get("type", ""), dict(attributes).get("message", ""))
            for tag, attributes, _ in self.held
            if tag in RESULTS
        )


def cases_in(document: bytes) -> list[Case]:
    return [
        Case(
            tuple(sorted((name, value) for name, value in case.attrib.items() if name != "time")),
            tuple(_held(case)),
        )
        for case in ET.fromstring(document).iter("testcase")
    ]


def outcomes_in(document: bytes) -> Counter[object]:
    return Counter(case.outcome for case in cases_in(document))


def suite_in(document: bytes) -> dict[str, str]:
    """The attributes of the one suite."""
    (suite,) = ET.fromstring(document).iter("testsuite")
    return dict(suite.attrib)


def properties_in(document: bytes) -> list[tuple[str, str]]:
    """The suite's own."""
    (suite,) = ET.fromstring(document).iter("testsuite")
    return [(p.attrib["name"], p.attrib["value"]) for p in suite.findall("properties/property")]


def parts_of(journals: Iterable[Path]) -> list[JunitPart]:
    """Of several attempts at a test the last one counts."""
    read = [read_journal(path) for path in journals]
    last: dict[ItemKey, int] = {}
    for journal in read:
        for test in journal.tests:
            last[test.key] = max(last.get(test.key, 0), journal.header.identity.attempt)
    return [
        JunitPart(
            name=str(junit_beside(Path(journal.path))),
            document=_content(junit_beside(Path(journal.path))),
            tests=[
                JunitTest(test=test, counts=last[test.key] == journal.header.identity.attempt)
                for test in journal.tests
            ],
            started=journal.header.started,
        )
        for journal in read
    ]


def combined(journals: Iterable[Path], style: JunitStyle | None = None) -> CombinedJunit:
    return combine(parts_of(journals), style or JunitStyle())


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _held(case: ET.Element) -> Iterable[tuple[str, tuple[tuple[str, str], ...], str]]:
    for element in case:
        for inner in element.iter():
            attributes = sorted((name, _VARYING.sub("?", value)) for name, value in inner.attrib.items())
            yield inner.tag, tuple(attributes), _VARYING.sub("?", inner.text or "")
