"""What planning needs to know of pytest's items: a stable key, and what must stay together."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_smartshard.model.suite import CollectedTest, ItemKey
from pytest_smartshard.store.keys import file_key, file_size, holds_address

TOGETHER_MARK = "shard_together"
XDIST_MARK = "xdist_group"
DOCUMENT = "document"


class IdentifiedItem(NamedTuple):
    """An item with its key and the facts that planning needs."""

    item: pytest.Item
    file: str
    test: CollectedTest

    @property
    def key(self) -> ItemKey:
        return ItemKey(self.file, self.test.tail)

    @property
    def stored_key(self) -> ItemKey:
        """The name that is the same in every process."""
        return ItemKey(self.file, self.test.stored_tail)


class _Place(NamedTuple):
    """Where an item is: the file's key, and what of the tail stands before its own name.

    ``in_document``: a plugin reads the file in its own way. What it makes of it may be examples or cells that
    build on those before them, so all stay together; pytest itself says that of none of its items.
    """

    file: str
    prefix: str
    in_document: bool


class ItemReader:
    """Reads items of one session. Remembers what items of one file or function have in common."""

    def __init__(self, rootdir: Path) -> None:
        self._rootdir = rootdir
        self._places: dict[pytest.Collector | None, _Place] = {}
        self.sizes: dict[str, int] = {}
        self.aliases: dict[str, str] = {}

    def key_of(self, item: pytest.Item) -> ItemKey:
        """Its name, to be asked for before other plugins may change it."""
        place = self._place_of(item)
        return ItemKey(place.file, f"{place.prefix}{item.name}")

    def read(self, item: pytest.Item, key: ItemKey) -> IdentifiedItem:
        """The item that was collected as *key*, with its facts as its marks say now."""
        together, has_set = self._marks_of(item)
        test = CollectedTest(
            key.tail,
            together=together or (f"{DOCUMENT}:{key.file}" if self._place_of(item).in_document else ""),
            unstable=has_set or holds_address(key.tail),
            positional=_has_positional_id(item),
        )
        return IdentifiedItem(item, key.file, test)

    def _place_of(self, item: pytest.Item) -> _Place:
        """From the collectors and not from the node id: that one changes with arguments and plugins."""
        parent = item.parent
        if parent not in self._places:
            chain = item.listchain()[:-1]
            depth = max((i for i, node in enumerate(chain) if isinstance(node, pytest.File)), default=-1)
            path = chain[depth].path if depth >= 0 else item.path
            names = [node.name for node in chain[depth + 1 :]] if depth >= 0 else []
            key = file_key(path, self._rootdir)
            self.sizes.setdefault(key, file_size(path))
            if depth >= 0 and chain[depth].nodeid != key:
                self.aliases.setdefault(key, chain[depth].nodeid)
            in_document = depth >= 0 and not isinstance(chain[depth], pytest.Module)
            self._places[parent] = _Place(key, "".join(f"{name}::" for name in names), in_document)
        return self._places[parent]

    def _marks_of(self, item: pytest.Item) -> tuple[str, bool]:
        """The label of what must stay with the item, and whether it is parametrised over a set."""
        together = ""
        groups: set[str] = set()
        over_set = False
        for mark in item.iter_markers():
            if mark.name == TOGETHER_MARK:
                together = together or _mark_name(mark)
            elif mark.name == XDIST_MARK:
                groups.add(_mark_name(mark))
            elif mark.name == "parametrize":
                over_set = over_set or isinstance(_parametrize_values(mark), (set, frozenset))
        if together:
            return f"{TOGETHER_MARK}:{together}", over_set
        return (f"{XDIST_MARK}:{'_'.join(sorted(groups))}" if groups else ""), over_set


def _mark_name(mark: pytest.Mark) -> str:
    return str(mark.args[0] if mark.args else mark.kwargs.get("name", "default"))


def _parametrize_values(mark: pytest.Mark) -> object:
    return mark.args[1] if len(mark.args) > 1 else mark.kwargs.get("argvalues")


def _has_positional_id(item: pytest.Item) -> bool:
    """Whether a parameter's id is nothing but its name and position, as pytest makes it for objects."""
    callspec = getattr(item, "callspec", None)
    name, indices = getattr(callspec, "id", None), getattr(callspec, "indices", None)
    if not isinstance(name, str) or not isinstance(indices, dict):
        return False
    parts = set(name.split("-"))
    return any(f"{argument}{index}" in parts for argument, index in indices.items())
