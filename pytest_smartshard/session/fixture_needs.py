"""Which shared fixtures a test needs, as far as that is known when it is collected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pytest_smartshard.model.shared import together_need
from pytest_smartshard.session.fixture_names import SharedFixtures, definitions_of


class _Recipe(NamedTuple):
    """What all items of one function need: always the same (``fixed``), or by the index of a parameter.

    ``holder`` is kept alive so that its id stays its own. ``results`` are the needs by indices.
    """

    holder: object
    fixed: tuple[str, ...]
    indexed: tuple[tuple[str, pytest.FixtureDef[object], str], ...]
    arguments: tuple[str, ...]
    results: dict[tuple[int, ...], tuple[str, ...]]


class FixtureNeeds:
    """Reads the needs of items of one session. Remembers what items of one function or class have in common.

    A fixture that a test asks for while it runs (``request.getfixturevalue``) is not among its needs.
    """

    def __init__(self, rootdir: Path) -> None:
        self._names = SharedFixtures(rootdir)
        self._by_closure: dict[tuple[int, tuple[str, ...]], tuple[object, tuple[str, ...]]] = {}
        self._by_function: dict[int, _Recipe] = {}
        self._with_label: dict[tuple[tuple[str, ...], str], tuple[str, ...]] = {}

    def of(self, item: pytest.Item, file: str, together: str = "") -> tuple[str, ...]:
        """Names of all that *item*, a test in *file*, needs, sorted; with *together*, the label of what it must
        stay together with, if it has one. Equal needs are mostly one object.
        """
        callspec = getattr(item, "callspec", None)
        if callspec is None:
            needs = self._without_parameters(item, file)
        else:
            needs = self._with_parameters(item, file, callspec)
        if not together:
            return needs
        key = (needs, together)
        if key not in self._with_label:
            self._with_label[key] = tuple(sorted({*needs, together_need(together)}))
        return self._with_label[key]

    def _without_parameters(self, item: pytest.Item, file: str) -> tuple[str, ...]:
        """Items below one parent that name the same fixtures mean the same ones."""
        key = (id(item.parent), tuple(_closure_of(item)))
        found = self._by_closure.get(key)
        if found is None:
            named = {
                self._names.name_of(definition, definition.scope, item, file, None)
                for _, definition in used_by(item)
            }
            found = self._by_closure[key] = (item.parent, tuple(sorted(named - {""})))
        return found[1]

    def _with_parameters(self, item: pytest.Item, file: str, callspec: Any) -> tuple[str, ...]:
        info = getattr(item, "_fixtureinfo", None)
        if info is None:
            return ()
        recipe = self._by_function.get(id(info))
        if recipe is None:
            recipe = self._by_function[id(info)] = self._recipe(item, file, info, callspec)
        if not recipe.indexed:
            return recipe.fixed
        indices = callspec.indices
        key = tuple([indices[argument] for argument in recipe.arguments])
        found = recipe.results.get(key)
        if found is None:
            named = {
                self._names.name_of(definition, scope, item, file, indices[argument])
                for argument, definition, scope in recipe.indexed
            }
            found = recipe.results[key] = tuple(sorted({*recipe.fixed, *named}))
        return found

    def _recipe(self, item: pytest.Item, file: str, info: object, callspec: Any) -> _Recipe:
        indices = getattr(callspec, "indices", {})
        scopes = scopes_of(callspec)
        fixed: set[str] = set()
        indexed = []
        for argument, definition in used_by(item):
            has_index = argument in indices
            scope = scopes.get(argument, definition.scope)
            name = self._names.name_of(definition, scope, item, file, indices[argument] if has_index else None)
            if name and has_index:
                indexed.append((argument, definition, scope))
            elif name:
                fixed.add(name)
        arguments = tuple(dict.fromkeys(argument for argument, _, _ in indexed))
        return _Recipe(info, tuple(sorted(fixed)), tuple(indexed), arguments, {})


def used_by(item: pytest.Item) -> Iterator[tuple[str, pytest.FixtureDef[object]]]:
    """Each fixture that *item* announces, by name: the nearest, and what that overrides and asks for itself.

    pytest has no public way to ask. Nothing where this one does not work.
    """
    for argument in _closure_of(item):
        for definition in reversed(definitions_of(item, argument)):
            yield argument, definition
            if argument not in definition.argnames:
                break


def _closure_of(item: pytest.Item) -> Sequence[str]:
    closure = getattr(getattr(item, "_fixtureinfo", None), "names_closure", ())
    return closure if isinstance(closure, list) else ()


def scopes_of(callspec: object) -> Mapping[str, str]:
    """Scopes that ``parametrize`` gave its arguments: they hold in place of the fixtures' own."""
    given = getattr(callspec, "_arg2scope", {})
    return {argument: str(getattr(scope, "value", scope)) for argument, scope in dict(given).items()}
