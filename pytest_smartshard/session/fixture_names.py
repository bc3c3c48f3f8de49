"""What fixtures that tests share are called: the same when one is set up as when a test is found to need it.

Names must be the same in every process, checkout and version of pytest, and different for different fixtures: two
``conftest.py`` may each have a session's ``db``, and one fixture may override another and ask for it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_smartshard.model.shared import CLASS, HIGHER_SCOPES, PACKAGE, SESSION, fixture_need
from pytest_smartshard.session.nodes import class_tail_of, file_of
from pytest_smartshard.store.keys import file_key, holds_address

_XUNIT = re.compile(r"_(?:xunit|unittest)_(setup_module|setup_class|setUpClass)_fixture_(.*)", re.DOTALL)
"""How pytest names the fixtures that it makes of xunit functions: behind them stands a module or class."""


class SharedFixtures:
    """Names fixtures of the suite at *rootdir*."""

    def __init__(self, rootdir: Path) -> None:
        self._rootdir = rootdir

    def name_of(
        self,
        definition: pytest.FixtureDef[object],
        scope: str,
        item: pytest.Item,
        file: str,
        parameter: int | None,
    ) -> str:
        """What *item*, a test in *file*, needs if it needs this fixture; ``""`` where no other test can share it.

        *scope* is the one that holds for the item; *parameter* the index that it has there, None without one.
        """
        if scope not in HIGHER_SCOPES or _is_free(definition, item) or holds_address(definition.argname):
            return ""
        within = ""
        if scope == CLASS:
            within = class_tail_of(item)
            if not within:  # Then pytest sets it up for each test.
                return ""
        elif scope == PACKAGE:
            within = self._package_of(definition, item)
        elif scope == SESSION:
            within = _home_of(definition, item, file)
        return fixture_need(scope, within, _plain_name(definition, scope, within, item), parameter)

    def _package_of(self, definition: pytest.FixtureDef[object], item: pytest.Item) -> str:
        """Key of the folder whose tests share it; ``""`` where all do, because no package has it."""
        for node in reversed(item.listchain()):
            if isinstance(node, pytest.Package) and node.nodeid == definition.baseid:
                return file_key(node.path, self._rootdir)
        return ""


def definitions_of(item: pytest.Item, fixture: str) -> Sequence[pytest.FixtureDef[object]]:
    """All fixtures of that name that *item* can see, what overrides behind what it overrides.

    pytest has no public way to ask. Empty where this one does not work, and for what the item did not announce.
    """
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", None)
    found: Sequence[pytest.FixtureDef[object]] = known.get(fixture, ()) if isinstance(known, dict) else ()
    return found


def _plain_name(definition: pytest.FixtureDef[object], scope: str, within: str, item: pytest.Item) -> str:
    """Its name, with the rank behind it where it overrides a namesake that is not told apart by its place."""
    xunit = _XUNIT.fullmatch(definition.argname)
    if xunit:
        kind, owner = xunit[1], xunit[2].replace(".", "::")
        # A class within another runs both setups, each for itself.
        return kind if scope != CLASS or owner == within else f"{kind}:{owner}"
    namesakes = definitions_of(item, definition.argname)
    if scope == SESSION:
        namesakes = [each for each in namesakes if _base(each) == _base(definition)]
    rank = next((place for place, each in enumerate(namesakes) if each is definition), 0)
    return f"{definition.argname}+{rank}" if rank else definition.argname


def _home_of(definition: pytest.FixtureDef[object], item: pytest.Item, file: str) -> str:
    """Where below rootdir it is defined: ``""`` for plugins and rootdir's own conftest, else a folder or file."""
    base = _base(definition)
    module = file_of(item)
    if module is not None and (base == module.nodeid or base.startswith(f"{module.nodeid}::")):
        return file + base.removeprefix(module.nodeid)  # Node ids of files outside rootdir change.
    return base


def _base(definition: pytest.FixtureDef[object]) -> str:
    return "" if definition.baseid == "." else definition.baseid


def _is_free(definition: pytest.FixtureDef[object], item: pytest.Item) -> bool:
    """Whether it costs nothing by its nature, and would be among the needs of very many tests.

    These are pytest's own (``tmp_path_factory``, ``pytestconfig``, parameters that are handed in as fixtures),
    and ``setUpClass`` of a class that has neither that nor ``tearDownClass`` of its own.
    """
    if not str(getattr(definition.func, "__module__", "")).startswith("_pytest."):
        return False
    xunit = _XUNIT.fullmatch(definition.argname)
    return xunit is None or (xunit[1] == "setUpClass" and _inherits_idle_setup(getattr(item, "cls", None)))


def _inherits_idle_setup(cls: object) -> bool:
    base = getattr(sys.modules.get("unittest"), "TestCase", None)
    return base is not None and all(
        getattr(getattr(cls, name, None), "__func__", None) is getattr(base, name).__func__
        for name in ("setUpClass", "tearDownClass")
    )
