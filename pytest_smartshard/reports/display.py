"""Making untrusted names safe to print, and measuring text in terminal cells.

Test ids come from whoever wrote the tests (or the pull request): they may hold newlines, ANSI escapes,
direction overrides or lone surrogates, and be of any length.
"""

from __future__ import annotations

import re
import unicodedata

_COMMAND_ANYWHERE = re.compile(r"##(?=\w*\[)")
_COMMAND_AT_START = re.compile(r"^( *):(?=:)")


def cells(text: str) -> int:
    """How many terminal columns *text* takes at most; a wide East Asian character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def printable(name: str, *, ascii_only: bool = False) -> str:
    """*name* with everything that a terminal could act on as a backslash escape (``\\x1b``, ``\\n``).

    What remains can be encoded in UTF-8, with *ascii_only* in ASCII. Backslashes of the name itself stay.
    """
    return "".join(_escaped(character, ascii_only) for character in name)


def log_line(text: str) -> str:
    """*text* as one line that may go to the log of a CI job: printable, and no command to the CI system.

    GitHub Actions obeys ``::error::`` where a line begins with it and ``##[error]`` anywhere in a line, Azure
    Pipelines ``##vso[…]`` and TeamCity ``##teamcity[…]`` anywhere. A backslash escape breaks them up.
    """
    return _COMMAND_AT_START.sub(r"\1\\x3a", _COMMAND_ANYWHERE.sub(r"#\\x23", printable(text)))


def shortened(name: str, limit: int, *, ascii_only: bool = False) -> str:
    """*name* made printable and, where it takes more than *limit* cells, cut in its middle.

    The middle goes because the file stands at the front and the parameters that tell tests apart at the end.
    """
    # A character takes at least one cell, so what lies further in than the limit can never be shown.
    if len(name) > 2 * limit:
        parts = [_escaped(character, ascii_only) for character in name[:limit] + name[-limit:]]
    else:
        parts = [_escaped(character, ascii_only) for character in name]
        whole = "".join(parts)
        if cells(whole) <= limit:
            return whole
    ellipsis = "..." if ascii_only else "…"
    room = max(0, limit - len(ellipsis))
    head = _fitting(parts, room - room // 2)
    tail = _fitting(parts[::-1], room // 2)
    return "".join([*head, ellipsis, *tail[::-1]])


def wrapped(text: str, width: int, *, indent: str = "  ") -> list[str]:
    """*text* broken at spaces into lines of at most *width* cells; *indent* opens all lines but the first.

    Unlike ``textwrap`` it counts cells, and it never breaks inside a word.
    """
    lines: list[str] = []
    line = ""
    for number, word in enumerate(text.split(" ")):
        longer = f"{line} {word}" if number else word
        if number and cells(longer) > width:
            lines.append(line)
            longer = indent + word
        line = longer
    return [*lines, line]


def _escaped(character: str, ascii_only: bool) -> str:
    keep = character.isascii() or not ascii_only
    if keep and character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def _fitting(parts: list[str], room: int) -> list[str]:
    """The first of *parts* that fit; an escape is taken whole or not at all."""
    taken: list[str] = []
    for part in parts:
        room -= cells(part)
        if room < 0:
            break
        taken.append(part)
    return taken
