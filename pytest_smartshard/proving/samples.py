"""Samples of one file in one run, coded as one line of text.

A store holds several samples of each test, and every shard reads it only for the costs that were made from them.
As text they are read a hundred times faster than as numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from pytest_smartshard.checked import MOST_MICROSECONDS

Sample: TypeAlias = "int | str | None"
"""One measurement of a test: whole microseconds where it passed; a class letter and microseconds
(``"f1200"``) where it did not; None where the run did not see it."""

CLASSES: Mapping[str, str] = MappingProxyType(
    {"c": "crashed", "f": "failed", "r": "rerun", "s": "skipped", "t": "timed out"}
)
"""What the class letters mean."""

_ABSENT = "-"
_MOST_DIGITS = len(str(MOST_MICROSECONDS))


def encode_column(samples: Sequence[Sample]) -> str:
    """``"1200 s40 -"`` for a pass, a skip and an absence; ``""`` where the run saw nothing of the file."""
    if all(sample is None for sample in samples):
        return ""
    return " ".join([_ABSENT if sample is None else str(sample) for sample in samples])


def decode_column(column: str, tests: int) -> list[Sample]:
    """The samples of *tests* tests. Raises ValueError for text that :func:`encode_column` does not make."""
    if not column:
        return [None] * tests
    words = column.split(" ")
    if column.isascii() and max(map(len, words)) < _MOST_DIGITS:
        # Nearly all are plain numbers, and none of them can be too large.
        samples = [int(word) if word.isdecimal() else _decode(word) for word in words]
    else:
        samples = list(map(_decode, words))
    if len(samples) != tests:
        raise ValueError(f"{len(samples)} samples of {tests} tests")
    return samples


def duration_of(sample: str) -> int:
    """Microseconds of a sample with a class letter."""
    return int(sample[1:])


def _decode(word: str) -> Sample:
    if word == _ABSENT:
        return None
    digits = word[1:] if word[:1] in CLASSES else word
    is_number = digits.isdecimal() and digits.isascii() and len(digits) <= _MOST_DIGITS
    if not is_number or int(digits) > MOST_MICROSECONDS:
        raise ValueError(f"{word!r} is no sample")
    return int(digits) if digits == word else word
