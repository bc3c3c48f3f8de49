"""Selecting a shard's part of what was collected, after every other plugin has had its say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import pytest

from pytest_smartshard.model.part import ShardPart
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.suite import Suite
from pytest_smartshard.operations.planning import PlanRequest, plan_collected, plan_suite
from pytest_smartshard.planning.placement import shard_of
from pytest_smartshard.planning.planner import Planned
from pytest_smartshard.session.collecting import PrunedFiles, Pruning
from pytest_smartshard.session.collection_costs import CollectionCosts
from pytest_smartshard.session.fixture_needs import FixtureNeeds
from pytest_smartshard.session.garbage import deselect, free, rare_searches
from pytest_smartshard.session.items import IdentifiedItem, ItemReader
from pytest_smartshard.session.measuring import SELECTED
from pytest_smartshard.session.order import COLLECTED, Order
from pytest_smartshard.session.parts import Collected, part_of, suite_of


def register_selecting(
    config: pytest.Config,
    shard: ShardIndex,
    request: PlanRequest,
    order: Order,
    on_part: Callable[[ShardPart], None],
) -> None:
    """Have this process collect what *shard* needs, and run no more than its part, of which *on_part* is told."""
    manager = config.pluginmanager
    costs = CollectionCosts(config)
    manager.register(costs, "smartshard-collection-costs")
    pruning = Pruning(shard, request, costs) if request.prunes else None
    if pruning is not None:
        pruning.register(manager)
    selection = _Selection(shard, request, order, pruning, costs, on_part)
    manager.register(Selecting(selection), "smartshard-selecting")


class Selecting:
    """Registers the selection itself at the last moment, so that it encloses all other plugins' hooks."""

    def __init__(self, selection: _Selection) -> None:
        self._selection = selection

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, object, object]:
        # A wrapper, because the first plugin that answers this hook keeps all later ones from being asked.
        session.config.pluginmanager.register(self._selection, "smartshard-selection")
        with rare_searches():
            result = yield
        free(self._selection.deselected)
        return result


class _Selection:
    def __init__(
        self,
        shard: ShardIndex,
        request: PlanRequest,
        order: Order,
        pruning: Pruning | None,
        costs: CollectionCosts,
        on_part: Callable[[ShardPart], None],
    ) -> None:
        self._shard = shard
        self._request = request
        self._order = order
        self._pruning = pruning
        self._costs = costs
        self._on_part = on_part
        self.deselected = 0

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, object, object]:
        if self._pruning is not None:
            self._pruning.end()
        reader = ItemReader(config.rootpath)
        before = {id(item): reader.key_of(item) for item in items}
        collected = list(items)  # Keeps them alive, and so their ids apart.
        result = yield
        # Names from before, marks from now: other plugins may have dropped, moved, renamed or marked items.
        after = [reader.read(item, before.get(id(item)) or reader.key_of(item)) for item in items]
        self._costs.spread(Counter(key.file for key in before.values()))
        rest = self._request.rest
        left = after if rest is None else [found for found in after if rest.takes(found.stored_key)]
        pruned = self._pruning.pruned if self._pruning is not None else None
        if pruned is None:
            planned, left_out = self._planned_by_tests(left, reader), frozenset[str]()
        else:
            planned, left_out = self._planned_by_files(pruned, left, reader), pruned.left_out_anywhere()
        plan, number = planned.plan, self._shard.number
        mine = self._in_order(
            [
                test
                for test in left
                if shard_of(plan, test.file, test.test, everywhere=test.file not in left_out) == number
            ],
            planned,
        )
        chosen = {id(found.item) for found in mine}
        others = [item for item in items if id(item) not in chosen]
        found = Collected(
            before=[before[id(item)] for item in collected],
            after=after,
            left=left,
            mine=mine,
            pruned=pruned,
            costs=self._costs,
            needs=FixtureNeeds(config.rootpath),
        )
        part = part_of(planned, self._shard, found)
        items[:] = [found.item for found in mine]
        for item, selected in zip(items, part.selected, strict=True):
            item.stash[SELECTED] = selected
        if others:
            self.deselected = len(others)
            deselect(config, others)
        self._on_part(part)
        return result

    def _in_order(self, mine: list[IdentifiedItem], planned: Planned) -> list[IdentifiedItem]:
        if self._order.name == COLLECTED:
            return mine
        from pytest_smartshard.session.item_order import in_order  # Few runs ask for it.

        return in_order(mine, self._order, planned.prediction.cost_of)

    def _planned_by_tests(self, left: Sequence[IdentifiedItem], reader: ItemReader) -> Planned:
        planned = plan_suite(suite_of(left, reader), self._request)
        return replace(planned, plan=replace(planned.plan, pruned=False))

    def _planned_by_files(
        self, pruned: PrunedFiles, left: Sequence[IdentifiedItem], reader: ItemReader
    ) -> Planned:
        """The plan by which files were collected, and what of them all shards have collected is divided."""
        left_out = pruned.left_out_anywhere()
        found = suite_of([test for test in left if test.file not in left_out], reader)
        files = {file.key: replace(file, collected=file.everywhere) for file in pruned.suite.files}
        files.update((file.key, file) for file in found.files)
        suite = Suite(files=tuple(files[key] for key in sorted(files)))
        return plan_collected(pruned.planned, suite, self._request)
