"""From the parts of a run to its one suite: what counts, in an order that does not depend on who ran it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import NamedTuple

from pytest_smartshard.combine.junit import CombinedJunit, JunitPart, JunitStyle
from pytest_smartshard.combine.junit_cases import made_case
from pytest_smartshard.combine.junit_documents import Case, Report, read_report, write_report
from pytest_smartshard.combine.junit_matching import Matched, match
from pytest_smartshard.combine.junit_names import Address, addresses_of, escaped
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.markup import Unparsed


class _Placed(NamedTuple):
    """The cases of one test, with what they are sorted by."""

    file: str
    part: int
    place: int
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A part, what its file holds (None where there is none to be read), and whose the cases are.

    ``names``: for each test the addresses that it may have in the file.
    """

    part: JunitPart
    names: Sequence[tuple[Address, ...]]
    report: Report | None
    matched: Matched


def joined(parts: Sequence[JunitPart], style: JunitStyle) -> CombinedJunit:
    notes: list[str] = []
    read = [_read(part, style, notes) for part in sorted(parts, key=lambda part: (part.started, part.name))]
    placed: list[_Placed] = []
    made = 0
    for number, one in enumerate(read):
        for place, (test, written) in enumerate(zip(one.part.tests, one.matched.cases, strict=True)):
            if not test.counts:
                continue
            cases = written
            if not written:
                made += 1
                cases = (made_case(test.test, one.names[place][0], style),)
            placed.append(_Placed(test.test.key.file, number, place, cases))
    placed.sort(key=lambda test: test[:3])
    others = _once(read, {address for one in read for names in one.names for address in names})
    report = Report(
        root_name=next((one.report.root_name for one in read if one.report and one.report.root_name), ""),
        timestamp=_timestamp(read),
        hostnames=tuple(dict.fromkeys(name for one in read if one.report for name in one.report.hostnames)),
        properties=_properties(one.report for one in read if one.report),
        cases=(*others, *(case for test in placed for case in test.cases)),
    )
    return CombinedJunit(document=write_report(report, escaped(style.suite_name)), made=made, notes=tuple(notes))


def _read(part: JunitPart, style: JunitStyle, notes: list[str]) -> _Read:
    report = None
    if part.document is not None:
        try:
            report = read_report(part.document)
        except Unparsed as reason:
            notes.append(f"{part.name} {reason}: its test cases are made from the journal")
    names = [addresses_of(test.test.nodeid or str(test.test.key), style.prefix) for test in part.tests]
    matched = match(part.tests, names, report.cases if report else (), style.prefix)
    return _Read(part=part, names=names, report=report, matched=matched)


def _once(read: Sequence[_Read], tests: set[Address]) -> list[Case]:
    """Cases that belong to no test of any part, from the first part that has them.

    Those of a controller of workers come last: it may tell of a file that cannot be collected less or more often
    than a process of its own does. A shard whose file another one has written over shows tests that are not in
    its journal: they are no such.
    """
    kept: dict[tuple[str | None, ...], list[Case]] = {}
    for one in sorted(read, key=_has_workers):
        own: defaultdict[tuple[str | None, ...], list[Case]] = defaultdict(list)
        for case in one.matched.others:
            if case.address not in tests:
                own[_identity(case)].append(case)
        for identity, cases in own.items():
            kept.setdefault(identity, cases)
    return [case for cases in kept.values() for case in cases]


def _has_workers(one: _Read) -> bool:
    return any(test.test.lane for test in one.part.tests)


def _identity(case: Case) -> tuple[str | None, ...]:
    """What says that two shards tell of the same thing; their texts differ in addresses and seconds."""
    names = (case.classname, case.name)
    if any(result.message == "internal error" for result in case.result):  # One process's own fault.
        return (*names, *(result.text for result in case.result))
    return names


def _timestamp(read: Sequence[_Read]) -> str:
    """When the first shard began, as pytest wrote it if it did."""
    if not read:
        return ""
    first = read[0]
    if first.report is not None and first.report.timestamp:
        return first.report.timestamp
    try:
        return datetime.fromtimestamp(first.part.started, timezone.utc).isoformat()
    except (OverflowError, ValueError, OSError):  # What a journal says need not be a time.
        return ""


def _properties(reports: Iterable[Report]) -> tuple[tuple[str, str], ...]:
    """Those of the session, each as often as in the shard that has it most often: each shard sets its own."""
    most: Counter[tuple[str, str]] = Counter()
    for report in reports:
        most |= Counter(report.properties)
    return tuple(most.elements())
