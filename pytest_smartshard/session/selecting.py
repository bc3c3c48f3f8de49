"""Selecting a shard's part of what was collected, after every other plugin has had its say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Sequence

import pytest

from pytest_smartshard.model.inventory import Inventory, names_digest
from pytest_smartshard.model.part import SelectedTest, ShardPart
from pytest_smartshard.model.plan import Plan
from pytest_smartshard.model.record import OwnedFile
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.suite import ItemKey, Suite, SuiteFile, function_of
from pytest_smartshard.operations.planning import PlanRequest, plan_suite
from pytest_smartshard.planning.placement import owners_of, shard_of
from pytest_smartshard.planning.planner import Planned
from pytest_smartshard.session.collecting import PrunedFiles, Pruning
from pytest_smartshard.session.items import IdentifiedItem, ItemReader
from pytest_smartshard.session.measuring import SELECTED
from pytest_smartshard.store.keys import holds_address


def register_selecting(
    manager: pytest.PytestPluginManager,
    shard: ShardIndex,
    request: PlanRequest,
    on_part: Callable[[ShardPart], None],
) -> None:
    """Have this process collect what *shard* needs, and run no more than its part, of which *on_part* is told."""
    pruning = Pruning(shard, request) if request.prunes else None
    if pruning is not None:
        pruning.register(manager)
    manager.register(Selecting(shard, request, pruning, on_part), "smartshard-selecting")


class Selecting:
    """Registers the selection itself at the last moment, so that it encloses all other plugins' hooks."""

    def __init__(
        self,
        shard: ShardIndex,
        request: PlanRequest,
        pruning: Pruning | None,
        on_part: Callable[[ShardPart], None],
    ) -> None:
        self._selection = _Selection(shard, request, pruning, on_part)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, object, object]:
        # A wrapper, because the first plugin that answers this hook keeps all later ones from being asked.
        session.config.pluginmanager.register(self._selection, "smartshard-selection")
        return (yield)


class _Selection:
    def __init__(
        self,
        shard: ShardIndex,
        request: PlanRequest,
        pruning: Pruning | None,
        on_part: Callable[[ShardPart], None],
    ) -> None:
        self._shard = shard
        self._request = request
        self._pruning = pruning
        self._on_part = on_part

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
        rest = self._request.rest
        left = after if rest is None else [found for found in after if rest.takes(found.stored_key)]
        pruned = self._pruning.pruned if self._pruning is not None else None
        planned = pruned.planned if pruned is not None else plan_suite(suite_of(left, reader), self._request)
        mine = [found for found in left if self._takes(planned.plan, pruned, found)]
        chosen = {id(found.item) for found in mine}
        others = [item for item in items if id(item) not in chosen]
        part = part_of(planned, self._shard, [before[id(item)] for item in collected], after, left, mine, pruned)
        items[:] = [found.item for found in mine]
        for item, selected in zip(items, part.selected, strict=True):
            item.stash[SELECTED] = selected
        if others:
            config.hook.pytest_deselected(items=others)
        self._on_part(part)
        return result

    def _takes(self, plan: Plan, pruned: PrunedFiles | None, found: IdentifiedItem) -> bool:
        everywhere = pruned is None or pruned.is_everywhere(found.file)
        return shard_of(plan, found.file, found.test, everywhere=everywhere) == self._shard.number


def suite_of(found: Sequence[IdentifiedItem], reader: ItemReader) -> Suite:
    """The suite that *found*, read by *reader*, amounts to. The order of collection does not matter."""
    tests = defaultdict(list)
    for _, file, test in found:
        tests[file].append(test)
    return Suite(
        files=tuple(
            SuiteFile(
                key=file,
                size=reader.sizes.get(file, 0),
                alias=reader.aliases.get(file),
                tests=tuple(sorted(tests[file])),
            )
            for file in sorted(tests)
        )
    )


def part_of(
    planned: Planned,
    shard: ShardIndex,
    before: Sequence[ItemKey],
    after: Sequence[IdentifiedItem],
    left: Sequence[IdentifiedItem],
    mine: Sequence[IdentifiedItem],
    pruned: PrunedFiles | None = None,
) -> ShardPart:
    """*shard*'s part, where *before* and *after* are what was there around other plugins' deselection.

    *left* is what of it is to be run, by all shards together. *pruned* says which files there are, where not all
    were collected.
    """
    prediction = planned.prediction
    # Tests that share a stored duration (unstable ids, equal keys) share its prediction too.
    sharing = Counter((found.file, found.test.stored_tail) for found in mine)
    selected = []
    known_time = 0
    has_history = bool(prediction.known)
    for found in mine:
        stored = found.test.stored_tail
        # Without any history the equal costs that planning goes by are no prediction.
        cost = prediction.cost_of(found.file, stored) // sharing[(found.file, stored)] if has_history else 0
        selected.append(SelectedTest(found.item.nodeid, found.key, stored, cost))
        if prediction.knows(found.file, stored):
            known_time += cost
    uncollected = pruned.left_to_others(shard) if pruned is not None else ()
    inventory = Inventory.of((found.stored_key for found in after), uncollected)
    return ShardPart(
        plan=planned.plan,
        selected=tuple(selected),
        files=_owned_files(planned.plan, shard, before, after, mine, pruned),
        collected=len(after),
        left=len(left),
        in_history=sum(1 for found in left if prediction.knows(found.file, found.test.stored_tail)),
        known=known_time,
        inventory=inventory,
        collection=pruned.digest if pruned is not None else inventory.digest,
        pruned=pruned is not None,
        suite_files=len(pruned.files) if pruned is not None else 0,
    )


def _owned_files(
    plan: Plan,
    shard: ShardIndex,
    before: Sequence[ItemKey],
    after: Sequence[IdentifiedItem],
    mine: Sequence[IdentifiedItem],
    pruned: PrunedFiles | None,
) -> tuple[OwnedFile, ...]:
    """What the shard's own files held, for the proof that owners of one file saw the same."""
    collected = _tails_by_file(map(_settled, before))
    remaining, selected = (_tails_by_file(found.stored_key for found in group) for group in (after, mine))
    files = plan.owners if pruned is None else pruned.files
    owned = {file for file in files if shard.number in owners_of(plan, file)}
    return tuple(
        OwnedFile(
            file=file,
            collected=len(collected[file]),
            collected_digest=names_digest(collected[file]),
            remaining=len(remaining[file]),
            remaining_digest=names_digest(remaining[file]),
            selected=tuple(sorted(selected[file])),
            owners=owners_of(plan, file),
        )
        for file in sorted(owned.union(selected))
    )


def _settled(key: ItemKey) -> ItemKey:
    """The name without parameters that no two processes agree on, as far as a name alone can tell."""
    return ItemKey(key.file, function_of(key.tail)) if holds_address(key.tail) else key


def _tails_by_file(keys: Iterable[ItemKey]) -> defaultdict[str, list[str]]:
    tails: defaultdict[str, list[str]] = defaultdict(list)
    for file, tail in keys:
        tails[file].append(tail)
    return tails
