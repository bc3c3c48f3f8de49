"""What planning needs to know of pytest's items: a stable key, and what must stay together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.suite import CollectedTest, ItemKey
from pytest_smartshard.session.nodes import is_document
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


class _Marks(NamedTuple):
    """What marks say: a label of what must stay together, names of xdist's groups, a set in ``parametrize``."""

    together: str = ""
    groups: frozenset[str] = frozenset()
    over_set: bool = False


_NO_MARKS = _Marks()


@dataclass(slots=True)
class _Place:
    """Where items are: the file's key, and what of the tail stands before their own names.

    ``parent`` is the collector they are below, kept alive so that its id stays its own. ``in_document``: a plugin
    reads the file in its own way. What it makes of it may be examples or cells that build on those before them,
    so all stay together; pytest itself says that of none of its items. ``marks`` are those of the collectors,
    None until somebody asks.
    """

    parent: pytest.Collector | None
    file: str
    prefix: str
    in_document: bool
    marks: _Marks | None = None


class ItemReader:
    """Reads items of one session. Remembers what items below one collector have in common."""

    def __init__(self, rootdir: Path) -> None:
        self._rootdir = rootdir
        self._places: dict[int, _Place] = {}
        self.sizes: dict[str, int] = {}
        self.aliases: dict[str, str] = {}

    def key_of(self, item: pytest.Item) -> ItemKey:
        """Its name, to be asked for before other plugins may change it."""
        place = self._place_of(item)
        return ItemKey(place.file, f"{place.prefix}{item.name}")

    def read(self, item: pytest.Item, key: ItemKey) -> IdentifiedItem:
        """The item that was collected as *key*, with what its marks say now.

        Whether its ids are positional matters to planning alone, and :func:`has_positional_id` says it.
        """
        file, tail = key
        place = self._place_of(item)
        if place.marks is None:
            place.marks = _said_by(place.parent.iter_markers() if place.parent is not None else (), _NO_MARKS)
        together, groups, over_set = _said_by(item.own_markers, place.marks)
        if together:
            label = f"{TOGETHER_MARK}:{together}"
        elif groups:
            label = f"{XDIST_MARK}:{'_'.join(sorted(groups))}"
        else:
            label = f"{DOCUMENT}:{file}" if place.in_document else ""
        return IdentifiedItem(item, file, CollectedTest(tail, label, over_set or holds_address(tail)))

    def _place_of(self, item: pytest.Item) -> _Place:
        """From the collectors and not from the node id: that one changes with arguments and plugins."""
        found = self._places.get(id(item.parent))
        if found is None:
            chain = item.listchain()[:-1]
            depth = max((i for i, node in enumerate(chain) if isinstance(node, pytest.File)), default=-1)
            path = chain[depth].path if depth >= 0 else item.path
            names = [node.name for node in chain[depth + 1 :]] if depth >= 0 else []
            key = file_key(path, self._rootdir)
            self.sizes.setdefault(key, file_size(path))
            if depth >= 0 and chain[depth].nodeid != key:
                self.aliases.setdefault(key, chain[depth].nodeid)
            in_document = depth >= 0 and is_document(chain[depth])
            found = _Place(item.parent, key, "".join(f"{name}::" for name in names), in_document)
            self._places[id(item.parent)] = found
        return found


def _said_by(marks: Iterable[pytest.Mark], inherited: _Marks) -> _Marks:
    """What *marks* say, the nearest first, over what is *inherited* from farther away."""
    together, groups, over_set = "", inherited.groups, inherited.over_set
    for mark in marks:
        if mark.name == "parametrize":
            over_set = over_set or isinstance(_parametrize_values(mark), (set, frozenset))
        elif mark.name == TOGETHER_MARK:
            together = together or _mark_name(mark)
        elif mark.name == XDIST_MARK:
            groups |= {_mark_name(mark)}
    if not together and groups == inherited.groups and over_set == inherited.over_set:
        return inherited
    return _Marks(together or inherited.together, groups, over_set)


def _mark_name(mark: pytest.Mark) -> str:
    return str(mark.args[0] if mark.args else mark.kwargs.get("name", "default"))


def _parametrize_values(mark: pytest.Mark) -> object:
    return mark.args[1] if len(mark.args) > 1 else mark.kwargs.get("argvalues")


def has_positional_id(item: pytest.Item) -> bool:
    """Whether a parameter's id is nothing but its name and position, as pytest makes it for objects."""
    callspec = getattr(item, "callspec", None)
    name, indices = getattr(callspec, "id", None), getattr(callspec, "indices", None)
    if not isinstance(name, str) or not isinstance(indices, dict):
        return False
    positions = [f"{argument}{index}" for argument, index in indices.items()]
    return any(position in name for position in positions) and not set(name.split("-")).isdisjoint(positions)
