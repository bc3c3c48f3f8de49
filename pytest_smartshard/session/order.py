"""In which order a shard is to run its tests; :mod:`~pytest_smartshard.session.item_order` puts them into it."""

from __future__ import annotations

from pytest_smartshard.choices import ORDERS
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.suite import ItemKey

COLLECTED, FAILED_FIRST, SLOW_FIRST = ORDERS


@dataclass(frozen=True, slots=True)
class Order:
    """``name`` is one of ``choices.ORDERS``; ``failed`` holds the stored names of tests that failed last."""

    name: str = COLLECTED
    failed: frozenset[ItemKey] = frozenset()
