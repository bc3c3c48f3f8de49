"""Putting the tests of a shard into the order that ``shard_order`` asks for."""

from __future__ import annotations

import contextlib
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence

import pytest

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.shared import CLASS, MODULE, PACKAGE, SESSION
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.samples import Sample, decode_column
from pytest_smartshard.session.fixture_needs import scopes_of, used_by
from pytest_smartshard.session.items import IdentifiedItem
from pytest_smartshard.session.order import COLLECTED, FAILED_FIRST, Order
from pytest_smartshard.session.ordering import OrderFacts, Parameter, order_of

_FAILURES = ("c", "f", "t")
"""Classes of samples (see :mod:`pytest_smartshard.proving.samples`) after which a test is likely to fail."""


def failed_tests(history: History) -> frozenset[ItemKey]:
    """Stored names of the tests that failed, crashed or timed out in the newest run that saw them.

    *history* must have been read with its samples. What cannot be read of them says nothing.
    """
    return frozenset(
        ItemKey(file, tail)
        for file, known in history.files.items()
        # Most files hold no failure, and taking columns apart costs.
        if any(letter in column for column in known.columns for letter in _FAILURES)
        for tail, sample in zip(known.tails, _newest(known), strict=True)
        if isinstance(sample, str) and sample.startswith(_FAILURES)
    )


def in_order(
    found: Sequence[IdentifiedItem], order: Order, cost_of: Callable[[str, str], int]
) -> list[IdentifiedItem]:
    """*found* in that order.

    *cost_of* gives the predicted microseconds of a test by its file and stored tail. Tests of one unittest class,
    one document or one group keep their order.
    """
    if order.name == COLLECTED:
        return list(found)
    kept = _kept_classes(found)
    packages = _shared_packages(found)
    facts = []
    for each in found:
        if order.name == FAILED_FIRST:
            rank = 0 if each.stored_key in order.failed else 1
        else:
            rank = -cost_of(each.file, each.test.stored_tail)
        facts.append(_facts_of(each, rank, packages, kept))
    return [found[place] for place in order_of(facts)]


def _newest(known: FileHistory) -> Sequence[Sample]:
    """The newest sample of each test of a file; None where there is none."""
    newest: list[Sample] = [None] * len(known.tails)
    for column in known.columns:
        with contextlib.suppress(ValueError):
            samples = decode_column(column, len(newest))
            newest = [old if new is None else new for old, new in zip(newest, samples, strict=True)]
    return newest


def _facts_of(
    found: IdentifiedItem,
    rank: int,
    packages: Collection[object],
    kept_classes: Collection[object],
) -> OrderFacts:
    item = found.item
    nodes = [
        node
        for node in item.listchain()[:-1]
        if isinstance(node, (pytest.File, pytest.Class)) or node in packages
    ]
    outermost = next((node for node in nodes if isinstance(node, pytest.Class)), None)
    kept = [found.test.together] if found.test.together else []
    if outermost is not None and outermost in kept_classes:
        kept.append(f"class {outermost.nodeid}")
    return OrderFacts(
        nodes=tuple(map(id, nodes)), parameters=tuple(_parameters_of(item, nodes)), kept=tuple(kept), rank=rank
    )


def _parameters_of(item: pytest.Item, nodes: Sequence[object]) -> Iterator[Parameter]:
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return
    scopes = scopes_of(callspec)
    values = getattr(callspec, "params", {})
    for argument, definition in used_by(item):
        if argument in values:
            scope = scopes.get(argument, definition.scope)
            depth = _depth_of(scope, definition.baseid, nodes)
            if depth is not None:
                yield Parameter(argument, depth, values[argument])


def _depth_of(scope: str, base: str, nodes: Sequence[object]) -> int | None:
    """How many of *nodes* a scope spans that is wider than a test's."""
    if scope == SESSION:
        return 0
    if scope == PACKAGE:
        held = (isinstance(node, pytest.Package) and node.nodeid == base for node in nodes)
    elif scope == MODULE:
        held = (isinstance(node, pytest.File) for node in nodes)
    elif scope == CLASS:
        held = (isinstance(node, pytest.Class) for node in nodes)
    else:
        return None
    depths = [depth for depth, is_held in enumerate(held, start=1) if is_held]
    return depths[-1] if depths else (None if scope == CLASS else 0)


def _shared_packages(found: Sequence[IdentifiedItem]) -> set[object]:
    """Packages that have a fixture of their scope which a test needs; others need not stay together."""
    bases: dict[pytest.Collector | None, set[str]] = defaultdict(set)
    for each in found:
        for _, definition in used_by(each.item):
            if definition.scope == PACKAGE:
                bases[each.item.parent].add(definition.baseid)
    return {
        node
        for parent, nodeids in bases.items()
        for node in (parent.listchain() if parent else [])
        if isinstance(node, pytest.Package) and node.nodeid in nodeids
    }


def _kept_classes(found: Sequence[IdentifiedItem]) -> set[object]:
    """Outermost classes whose tests keep their order.

    Those of unittest, whose authors may rely on it; and those with a class within, which shares a fixture with
    the outer one or not, depending on which of them is first.
    """
    test_case = getattr(sys.modules.get("unittest"), "TestCase", None)
    kept: set[object] = set()
    parents = {each.item.parent for each in found}
    for parent in parents:
        classes = [node for node in parent.listchain() if isinstance(node, pytest.Class)] if parent else []
        if len(classes) > 1 or (classes and test_case is not None and issubclass(classes[-1].obj, test_case)):
            kept.add(classes[0])
    return kept
