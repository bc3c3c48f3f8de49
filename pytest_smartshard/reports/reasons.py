"""What went wrong in a test, from the text that pytest made of it."""

from __future__ import annotations

import re

from pytest_smartshard.reports.display import shortened

LONGEST_REASON = 160
"""Cells of a reason; the whole text is in the report."""

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_SAID = re.compile(r"^E[ \t]+(\S.*)$", re.MULTILINE)


def reason_of(details: str) -> str:
    """The first line that pytest marks as the error, else the last line of the traceback; one printable line."""
    text = without_colours(details)
    said = _SAID.search(text)
    if said:
        return shortened(said[1].strip(), LONGEST_REASON)
    lines = [line for line in text.partition("\n--- ")[0].splitlines() if line.strip()]
    return shortened(lines[-1].strip(), LONGEST_REASON) if lines else ""


def without_colours(text: str) -> str:
    """*text* without the sequences by which a terminal is told of colours, titles and places."""
    return _ESCAPE.sub("", text)
