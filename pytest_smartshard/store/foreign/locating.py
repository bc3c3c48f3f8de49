"""From the names that other tools write to those that durations are kept under here.

A node id holds the path of a file. A JUnit file has a dotted name instead, in which the ends of folders, file and
classes look alike: what exists in the checkout tells them apart.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.store.keys import NodeIds, file_key, split_nodeid

_UPWARDS = "..."
"""``../`` as it stands in a dotted name."""

_MOST_DOTS = 200
"""In an address; one that has more leads nowhere, and would take long to do so."""


class Checkout:
    """The suite at *rootdir*, by what lies there, and by its tests where *suite* names them."""

    def __init__(self, rootdir: Path, suite: Iterable[ItemKey] = ()) -> None:
        self._rootdir = rootdir
        self._node_ids = NodeIds(rootdir)
        self._paths: dict[str, Path] = {}
        self._listings: dict[Path, frozenset[str]] = {}
        self._modules: dict[str, tuple[str, tuple[str, ...]] | None] = {}
        self._suite: dict[tuple[str, str], set[ItemKey]] = defaultdict(set)
        for key in suite:
            self._suite[_address_of(key)].add(key)
        self._by_end: dict[tuple[str, str], set[ItemKey]] | None = None

    def key_of_nodeid(self, nodeid: str) -> ItemKey:
        """The key of the test that pytest names so."""
        written, _ = split_nodeid(nodeid)
        key = self._node_ids.key_of(nodeid)
        self._paths.setdefault(key.file, self._rootdir / written)
        return ItemKey(key.file, _without_group(key.tail)) if written.endswith(".py") else key

    def key_of_address(self, classname: str, name: str, file: str = "") -> ItemKey | None:
        """The key of the test *name* of the dotted *classname*; *file* is its path where the tool gives one.

        In this order: the test of the suite with that very address, if its file is here; the longest beginning of
        the address that is a file below rootdir, or of an importable package; the given path (after the address,
        because pytest gives that of a base class for the methods that it hands down); the test of the suite with
        that address, or the only one whose address is the end of this one, or the other way round. None where
        nothing of all that is there.
        """
        name = _without_group(name)
        exact = _only(self._suite.get((classname, name), ()))
        if exact is not None and self.has(exact.file):
            return exact
        module = self._module(classname) or self._module_at(file, classname)
        if module is not None:
            key, classes = module
            return ItemKey(key, "::".join([*classes, name]))
        return exact or _only(self._akin(classname, name))

    def has(self, key: str) -> bool:
        """Whether the file with that key, which one of the names led to, lies here."""
        return os.path.isfile(self._paths.get(key, self._rootdir / key))

    def _akin(self, classname: str, name: str) -> set[ItemKey]:
        """Tests of the suite whose address is the end of this one, or the other way round."""
        if self._by_end is None:  # Made when first needed: most addresses lead to a file.
            self._by_end = defaultdict(set)
            for (address, test), keys in self._suite.items():
                for end in _ends(address):
                    self._by_end[(end, test)] |= keys
        longer = self._by_end.get((classname, name), set())
        return longer.union(*(self._suite.get((end, name), ()) for end in _ends(classname)))

    def _module(self, address: str) -> tuple[str, tuple[str, ...]] | None:
        """Key of the file that *address* begins with, and the classes that follow."""
        if address not in self._modules:
            found = max(self._places(address), key=lambda place: (place[0], str(place[1])), default=None)
            self._modules[address] = None if found is None else self._placed(found[1], found[2])
        return self._modules[address]

    def _placed(self, path: Path, rest: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        key = file_key(path, self._rootdir)
        self._paths[key] = path
        return key, tuple(rest)

    def _places(self, address: str) -> Iterator[tuple[tuple[int, bool], Path, Sequence[str]]]:
        """Files that *address* may begin with: rank (higher for a longer beginning and a module), path, rest."""
        if address.count(".") > _MOST_DOTS:
            return
        folder, rest = self._rootdir, address
        found = list(self._below(folder, rest.split(".")))
        while not found and rest.startswith(_UPWARDS) and folder != folder.parent:
            folder, rest = folder.parent, rest.removeprefix(_UPWARDS)
            found = list(self._below(folder, rest.split(".")))
        if not found:
            package, _, inner = address.partition(".")
            for location in _package_folders(package):
                found += self._below(location, inner.split("."))
        for path, left in found:
            yield (-len(left), path.suffix == ".py"), path, left

    def _below(self, folder: Path, parts: Sequence[str]) -> Iterator[tuple[Path, Sequence[str]]]:
        """Files below *folder* that the first of *parts* name. Names of folders and files may hold dots."""
        names = self._names_in(folder)
        for count in range(1, len(parts) + 1):
            name = ".".join(parts[:count])
            if f"{name}.py" in names:
                yield folder / f"{name}.py", parts[count:]
            if name in names:
                if count > 1 and (folder / name).is_file():  # Of other files the name is whole: `docs.x.rst`.
                    yield folder / name, parts[count:]
                yield from self._below(folder / name, parts[count:])

    def _names_in(self, folder: Path) -> frozenset[str]:
        if folder not in self._listings:
            try:
                self._listings[folder] = frozenset(os.listdir(folder))
            except OSError:  # It is no folder, or none of ours.
                self._listings[folder] = frozenset()
        return self._listings[folder]

    def _module_at(self, file: str, address: str) -> tuple[str, tuple[str, ...]] | None:
        """As :meth:`_module`, of the file that a tool named beside *address*."""
        for written in dict.fromkeys((file, file.replace("\\", "/"))):
            path = Path(os.path.normpath(self._rootdir / written))
            if written and os.path.isfile(path):
                parts = address.split(".") if address else []
                stem = path.stem
                if stem in parts:
                    parts = parts[len(parts) - parts[::-1].index(stem) :]
                elif len(parts) > 1:  # Some prefix or other; the class is its end.
                    parts = parts[-1:]
                return self._placed(path, parts)
        return None


def _package_folders(name: str) -> list[Path]:
    """Folders of the importable package *name*, which is not imported for that."""
    if not name.isidentifier():
        return []
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return []
    return [Path(place) for place in (spec.submodule_search_locations if spec else None) or ()]


def _address_of(key: ItemKey) -> tuple[str, str]:
    """How a JUnit file of pytest names a test: a dotted name of file and classes, and the test's own."""
    before, bracket, parameters = key.tail.partition("[")
    classes, _, function = before.rpartition("::")
    address = re.sub(r"\.py$", "", key.file.replace("/", "."))
    if classes:
        address = f"{address}.{classes.replace('::', '.')}"
    return address, f"{function}{bracket}{parameters}"


def _only(keys: Collection[ItemKey]) -> ItemKey | None:
    return next(iter(keys)) if len(keys) == 1 else None


def _ends(address: str) -> Iterator[str]:
    """The dotted name, and what is left of it when parts at its beginning are taken away."""
    while address and address.count(".") <= _MOST_DOTS:
        yield address
        address = address.partition(".")[2]


def _without_group(tail: str) -> str:
    """*tail* without the ``@group`` that pytest-xdist used to add to node ids."""
    after_parameters = tail.rfind("]") + 1
    place = tail.find("@", after_parameters)
    return tail if place < 0 else tail[:place]
