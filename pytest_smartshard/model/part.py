"""A shard's own part of a planned suite, as selecting hands it to recording."""

from __future__ import annotations

from typing import NamedTuple

from pytest_smartshard.lazy_dataclasses import dataclass
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

    ``collected`` counts the tests that it collected after other plugins deselected, ``left`` those of them that
    are to be run at all, ``in_history`` those of these that history knows. ``known`` microseconds of the selected
    tests' predicted time rest on history.
    ``files`` covers those that the shard owns, ``inventory`` all tests that were collected. ``pruned``: these are
    not the whole suite's, which has ``suite_files``. ``collection``: digest of what the whole suite consists
    of. ``start_up``: microseconds until now without collecting single files, 0 where that was not measured.
    """

    plan: Plan
    selected: tuple[SelectedTest, ...]
    files: tuple[OwnedFile, ...]
    collected: int
    left: int
    in_history: int
    known: int
    inventory: Inventory
    collection: str = ""
    pruned: bool = False
    suite_files: int = 0
    start_up: int = 0

    @property
    def is_empty_part_of_more(self) -> bool:
        """Whether the suite has tests, but none for this shard."""
        return not self.selected and (self.collected > 0 or bool(self.inventory.uncollected))

    @property
    def collecting(self) -> int:
        """Microseconds that importing the shard's own files took."""
        return sum(file.collecting or 0 for file in self.files)

    @property
    def predicted(self) -> int:
        """Microseconds of all selected tests together."""
        return sum(test.predicted for test in self.selected)
