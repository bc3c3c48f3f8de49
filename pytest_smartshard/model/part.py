"""A shard's own part of a planned suite, as selecting hands it to recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.record import OwnedFile
from pytest_smartshard.model.suite import ItemKey


class SelectedTest(NamedTuple):
    """A test that this shard runs. ``predicted`` is in microseconds."""

    nodeid: str
    key: ItemKey
    stored_tail: str
    predicted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardPart:
    """What one shard is to run, and how that came to be.

    ``collected`` counts the tests of the whole suite after other plugins deselected, ``left`` those of them that
    are to be run at all, ``in_history`` those of these that history knows. ``known`` microseconds of the selected
    tests' predicted time rest on history.
    ``files`` covers those that the shard owns, ``inventory`` all tests that were collected.
    """

    plan: Plan
    selected: tuple[SelectedTest, ...]
    files: tuple[OwnedFile, ...]
    collected: int
    left: int
    in_history: int
    known: int
    inventory: Inventory

    @property
    def predicted(self) -> int:
        """Microseconds of all selected tests together."""
        return sum(test.predicted for test in self.selected)
