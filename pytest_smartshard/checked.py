"""Untrusted JSON: a field has the type it should have, or ValueError.

Stores, journals and plans travel as artifacts and caches that others can write.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

Table: TypeAlias = Mapping[str, Any]

_DECODER = json.JSONDecoder()

MOST_SHARDS = 99_999
"""Shards that a run may have."""

MOST_LANES = 9_999
"""Workers that a shard may have."""

MOST_MICROSECONDS = 10**15
"""30 years. Whatever takes longer is no duration."""


def parse_json(raw: bytes | str) -> object:
    """The JSON value in *raw*. Raises ValueError for what is none, however deep or long it is."""
    try:
        return json.loads(raw)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def parse_table(raw: bytes | str) -> Table:
    """The JSON object in *raw*. Raises ValueError for anything else."""
    value = parse_json(raw)
    if not isinstance(value, dict):
        raise ValueError("it is no table")
    return value


def parse_line(raw: bytes) -> Table:
    """As :func:`parse_table`, of one of very many lines: it is sooner done where that is laid out as ours are."""
    try:
        line = raw.decode("ascii")
        value, end = _DECODER.raw_decode(line)
    except (ValueError, RecursionError):
        return parse_table(raw)
    return value if line[end:] in ("", "\n") and isinstance(value, dict) else parse_table(raw)


def as_table(value: object, what: str) -> Table:
    if not isinstance(value, dict):
        raise ValueError(f"{what!a} is no table")
    return value


def as_list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{what!a} is no list")
    return value


def text(table: Table, name: str) -> str:
    return as_text(table.get(name), name)


def as_text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what!a} is no text")
    return value


def texts(table: Table, name: str) -> tuple[str, ...]:
    """A list of texts."""
    values = as_list(table.get(name), name)
    for value in values:
        as_text(value, name)
    return tuple(values)


def count(table: Table, name: str, least: int = 0, most: int | None = None) -> int:
    """A whole number, not below *least* and not above *most*."""
    return as_count(table.get(name), name, least, most)


def as_count(value: object, what: str, least: int = 0, most: int | None = None) -> int:
    if type(value) is not int or value < least or (most is not None and value > most):
        raise ValueError(f"{what!a} is no whole number from {least}{f' to {most}' if most is not None else ''}")
    return value


def counts(table: Table, name: str, least: int = 0, most: int | None = None) -> tuple[int, ...]:
    """A list of whole numbers, each as :func:`count` takes it."""
    values = as_list(table.get(name), name)
    for value in values:
        as_count(value, name, least, most)
    return tuple(values)


def flag(table: Table, name: str) -> bool:
    """True or false."""
    value = table.get(name)
    if not isinstance(value, bool):
        raise ValueError(f"{name!a} is neither true nor false")
    return value


def number(table: Table, name: str) -> float:
    """A finite number, not below 0."""
    value = table.get(name)
    if type(value) not in (int, float):
        raise ValueError(f"{name!a} is no number")
    try:
        found = float(value)  # type: ignore[arg-type]  # it was just seen to be int or float
    except OverflowError as error:
        raise ValueError(f"{name!a} is too large") from error
    if not math.isfinite(found) or found < 0:
        raise ValueError(f"{name!a} is no finite number from 0")
    return found


def version(table: Table, name: str = "format") -> int:
    """The version of a stored format, 1 or above."""
    return count(table, name, least=1)
