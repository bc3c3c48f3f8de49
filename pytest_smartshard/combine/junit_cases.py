"""A test case for a test of which only the journal is left, as pytest would have written it."""

from __future__ import annotations

import re
from typing import Any

from junitparser import Error, Failure, Skipped

from pytest_smartshard.combine.junit import JunitStyle
from pytest_smartshard.combine.junit_documents import Case
from pytest_smartshard.combine.junit_names import Address, escaped
from pytest_smartshard.model.record import CRASHED, ERROR, FAILED, SKIPPED, TIMED_OUT, XFAILED, FinishedTest
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

LONGEST_MESSAGE = 500
"""Characters that pytest lets the message of a failure have; the whole is in the text below it."""

_MARKED = re.compile(r"E(?:\s|$)")
"""How pytest marks the lines of a traceback that are the exception's own text."""

_PATH = re.compile(r"/|\.py$")
"""Tells a path from the dotted module that a file outside rootdir has for a key."""

_SECTION = re.compile(r"^--- .+ ---$", re.MULTILINE)
"""Where captured output begins in the details of a journal."""


def made_case(test: FinishedTest, address: Address, style: JunitStyle) -> Case:
    """A journal holds no output of a test that passed, and a failure followed by an error as one."""
    case: Any = Case(address.name, address.classname)
    case.time = round(_microseconds(test, style) / MICROSECONDS_PER_SECOND, 3)
    if style.family == "xunit1" and _PATH.search(test.key.file):
        case.file = escaped(test.key.file)
    result = _result(test)
    if result is not None:
        case.append(result)
    made: Case = case
    return made


def _microseconds(test: FinishedTest, style: JunitStyle) -> int:
    return test.call if style.calls_only else test.duration


def _result(test: FinishedTest) -> Failure | Error | Skipped | None:
    """What stands within the case; nothing in that of a test that passed, expected to or not."""
    details = test.details
    if test.outcome == FAILED:
        return _told(Failure(_short(_message(details))), details)
    if test.outcome == ERROR:
        # Of a test that was not set up, no call took any time.
        phase = "teardown" if test.call else "setup"
        return _told(Error(_short(f'failed on {phase} with "{_message(details)}"')), details)
    if test.outcome == TIMED_OUT:
        return _told(Failure(_short(details.partition("\n")[0])), details)
    if test.outcome == CRASHED:
        return _told(Error(_short(f'failed on setup with "{_message(details)}"')), details)
    if test.outcome == XFAILED:
        return Skipped(escaped(details.removeprefix("reason: ")), "pytest.xfail")
    if test.outcome == SKIPPED:
        reason = details.removeprefix("Skipped: ")
        return _told(Skipped(escaped(reason), "pytest.skip"), f"{test.key.file}: {reason}")
    return None


def _told(result: Failure | Error | Skipped, text: str) -> Failure | Error | Skipped:
    result.text = escaped(text)
    return result


def _message(details: str) -> str:
    """The exception's own text: the last lines that pytest marks with E. Without such, all there is.

    A traceback as Python prints it has the exception at its end.
    """
    section = _SECTION.search(details)
    text = (details[: section.start()] if section else details).rstrip("\n")
    lines = text.split("\n")
    end = next((number for number in range(len(lines), 0, -1) if _MARKED.match(lines[number - 1])), 0)
    if not end:
        return lines[-1] if lines[0].startswith("Traceback ") else text
    start = end
    while start > 0 and _MARKED.match(lines[start - 1]):
        start -= 1
    marked = lines[start:end]
    margin = len(marked[0]) - len(marked[0][1:].lstrip())
    return "\n".join(line[margin:] for line in marked)


def _short(message: str) -> str:
    """Whole lines of it where it is too long, as pytest does."""
    lines = message.splitlines() or [""]
    kept: list[str] = []
    size = 0
    for line in lines:
        if kept and size + len(line) + 1 > LONGEST_MESSAGE:
            break
        kept.append(line)
        size += len(line) + 1
    text = "\n".join(kept)
    left = len(lines) - len(kept)
    if len(text) > LONGEST_MESSAGE:
        text = f"{text[:LONGEST_MESSAGE]}..."
        note = "truncated"
    else:
        note = ""
    if left:
        note = f"+{left} more line{'s' if left > 1 else ''}"
    return escaped(f"{text}\n[{note}; full report in element text]" if note else message)
