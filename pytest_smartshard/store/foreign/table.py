"""All formats of other tools, in the order in which a file is held against them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pytest_smartshard.store.foreign.junit import Junit
from pytest_smartshard.store.foreign.protocol import ForeignFormat
from pytest_smartshard.store.foreign.pytest_balance import PytestBalance
from pytest_smartshard.store.foreign.pytest_split import PytestSplit

FORMATS: Mapping[str, ForeignFormat] = MappingProxyType(
    {"JUnit": Junit(), "pytest-balance": PytestBalance(), "pytest-split": PytestSplit()}
)
"""A line of pytest-balance is an object in braces too, so it goes before pytest-split."""


def format_of(raw: bytes) -> str | None:
    """The name of the format that *raw* begins like, None where it is none of them."""
    return next((name for name, foreign in FORMATS.items() if foreign.recognises(raw)), None)
