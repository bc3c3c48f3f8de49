"""How pytest names a test in a JUnit file: a dotted name of file and classes, and the test's own name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_ILLEGAL = re.compile("[^\t\n\r -~\x80-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What pytest's ``bin_xml_escape`` takes for no character of XML: its own set, with DEL in it."""

_ILLEGAL_ONCE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd]")
"""What older releases take for that: not DEL, but all beyond the 65,536 characters of the basic plane."""

_PYTHON = re.compile(r"\.py$")


class Address(NamedTuple):
    """The two names by which a test case is found."""

    classname: str
    name: str


def escaped(text: str) -> str:
    """*text* with characters that XML cannot hold as pytest writes them: ``#x1B``."""
    return _ILLEGAL.sub(_code, text)


def addresses_of(nodeid: str, prefix: str) -> tuple[Address, ...]:
    """Addresses that releases of pytest give to that test, the newest's first.

    Older ones take the first bracket of a node id for that of parameters even in the name of a folder, and
    escape other characters.
    """
    found: dict[Address, None] = {}
    for names in (_names(nodeid), _names_of_old(nodeid)):
        classname = escaped(".".join([prefix, *names[:-1]] if prefix else names[:-1]))
        found.setdefault(Address(classname, escaped(names[-1])))
        found.setdefault(Address(classname, _ILLEGAL_ONCE.sub(_code, names[-1])))
    return tuple(found)


def without_group(address: Address) -> Address:
    """*address* without the ``@group`` that pytest-xdist adds to names before pytest 9.2."""
    start = address.name.rfind("]") + 1
    place = address.name.find("@", start)
    return address if place < 0 else Address(address.classname, address.name[:place])


def akin(address: Address, others: Iterable[Address], prefix: str) -> Address | None:
    """The only one of *others* with that name whose class name is the end of *address*'s, or the other way round.

    A file outside rootdir has its module for a key, and in the JUnit file its path or what the arguments leave of
    it, which may be nothing.
    """
    wanted = _bare(address.classname, prefix)
    found = {
        other
        for other in others
        if other.name == address.name and _ends_alike(wanted, _bare(other.classname, prefix))
    }
    return found.pop() if len(found) == 1 else None


def _bare(classname: str, prefix: str) -> str:
    return classname.removeprefix(prefix).lstrip(".")


def _ends_alike(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return not shorter or f".{longer}".endswith(f".{shorter}")


def _names(nodeid: str) -> list[str]:
    path, separator, tail = nodeid.partition("::")
    names, bracket, parameters = tail.partition("[")
    if not separator:
        return [_dotted(path)]
    found = [_dotted(path), *names.split("::")]
    if bracket:
        found[-1] += f"[{parameters.removesuffix(']')}]"
    return found


def _names_of_old(nodeid: str) -> list[str]:
    before, bracket, parameters = nodeid.partition("[")
    path, *names = before.split("::")
    found = [_dotted(path), *names]
    found[-1] += f"{bracket}{parameters}"
    return found


def _dotted(path: str) -> str:
    return _PYTHON.sub("", path.replace("/", "."))


def _code(found: re.Match[str]) -> str:
    number = ord(found.group())
    return f"#x{number:02X}" if number <= 0xFF else f"#x{number:04X}"
