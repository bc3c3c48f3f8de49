"""How long a test may take before it is taken for hung."""

from __future__ import annotations

from typing import NamedTuple

ALL_TESTS = "all tests"
"""The scope of relatives where not even the file of a test is known."""


class Limit(NamedTuple):
    """What a test may take, in ``microseconds``.

    ``shared``: how much of it is for fixtures that it may have to wait for. ``samples`` of the test passed, of
    which the slowest took ``slowest`` microseconds; of a test without any these are its relatives' in ``scope``,
    else ``""``. ``slowness``: so many times slower than history the machine is taken to be.
    """

    microseconds: int
    samples: int
    slowest: int
    scope: str = ""
    shared: int = 0
    slowness: float = 1.0
