"""Reading and writing JUnit files with junitparser. Nothing in a file from elsewhere is acted upon.

The file is gone through once before junitparser sees it, because that parses with lxml where it is installed, and
follows what the file asks for.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import Any

from junitparser import Attr, JUnitXml, JUnitXmlError, TestCase, TestSuite

from pytest_smartshard.combine.junit_names import Address
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.markup import Unparsed, local_name, tell

MOST_DEPTH = 50
"""Elements within one another; pytest writes five. Who writes a tree goes down by recursion."""

MOST_SECONDS = 1e9
"""What is more is no time of a test."""


class Case(TestCase):
    """A test case with the file that it has in ``xunit1``."""

    __test__ = False
    file = Attr()

    @property
    def address(self) -> Address | None:
        """None of one that was interrupted, which has no names."""
        if self.name is None:
            return None
        return Address(self.classname or "", self.name)


class Suite(TestSuite):
    """A suite of such cases."""

    __test__ = False
    testcase = Case


class _Document(JUnitXml):
    testsuite = Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a file holds: the suites' facts as texts (``""`` where there are none) and the test cases in order."""

    root_name: str
    timestamp: str
    hostnames: tuple[str, ...]
    properties: tuple[tuple[str, str], ...]
    cases: tuple[Case, ...]


def read_report(raw: bytes) -> Report:
    """Raises Unparsed for what is no JUnit file."""
    tell(raw, _Check())
    try:
        document = _Document.fromstring(raw)
    except (
        SyntaxError,
        LookupError,
        ValueError,
        JUnitXmlError,
    ) as error:  # The first is what both parsers raise.
        raise Unparsed("is no complete XML") from error
    suites: list[Any] = list(document)  # The library's types do not tell what it gives.
    cases: list[Case] = [case for suite in suites for case in suite]
    for case in cases:
        _mend_time(case)
    return Report(
        root_name=document.name or "",
        timestamp=min((suite.timestamp for suite in suites if suite.timestamp), default=""),
        hostnames=tuple(dict.fromkeys(suite.hostname for suite in suites if suite.hostname)),
        properties=tuple(
            (found.name or "", found.value or "") for suite in suites for found in suite.properties()
        ),
        cases=tuple(cases),
    )


def write_report(report: Report, suite_name: str) -> bytes:
    """A file of one suite of *report*, with totals that are those of its cases.

    The time is the sum of theirs: how long one process would have taken, whatever the number of shards.
    """
    document: Any = _Document()
    suite: Any = Suite(suite_name)
    if report.root_name:
        document.name = report.root_name
    for name, value in report.properties:
        suite.add_property(name, value)
    suite.add_testcases(report.cases)
    if report.timestamp:
        suite.timestamp = report.timestamp
    if report.hostnames:
        suite.hostname = ", ".join(report.hostnames)
    document.append(suite)
    written = io.BytesIO()
    document.write(written)
    return written.getvalue()


def _mend_time(case: Case) -> None:
    """Makes 0 of what is no time: adding up must not fail, nor end in no number."""
    try:
        seconds = case.time
    except ValueError:
        seconds = math.nan
    if seconds is not None and not 0 <= seconds <= MOST_SECONDS:
        case.time = 0.0


class _Check:
    """Is told of every element, and refuses what is no JUnit file or goes too deep."""

    def __init__(self) -> None:
        self._depth = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._depth == 0 and local_name(tag) != tag:
            raise Unparsed("is XML, but no JUnit report")
        if self._depth == 0 and tag not in ("testsuites", "testsuite"):
            raise Unparsed("is XML, but no JUnit report")
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise Unparsed("is XML, but no JUnit report")

    def end(self, tag: str) -> None:
        self._depth -= 1

    def close(self) -> None:
        """Nothing is left to be handed over."""
