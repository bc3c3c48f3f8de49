"""What a shard is to run of a suite, put down for those who record it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.inventory import Inventory, names_digest
from pytest_smartshard.model.part import SelectedTest, ShardPart
from pytest_smartshard.model.record import OwnedFile
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.suite import ItemKey, Suite, SuiteFile, function_of
from pytest_smartshard.planning.placement import owners_of
from pytest_smartshard.planning.planner import Planned
from pytest_smartshard.planning.prediction import Prediction
from pytest_smartshard.session.collecting import PrunedFiles
from pytest_smartshard.session.collection_costs import CollectionCosts
from pytest_smartshard.session.fixture_needs import FixtureNeeds
from pytest_smartshard.session.items import IdentifiedItem, ItemReader, has_positional_id
from pytest_smartshard.store.keys import holds_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a shard collected, before and after other plugins deselected.

    ``left`` is what of it is to be run by all shards together, ``mine`` by this one. ``pruned`` says which files
    there are, where not all were collected. ``costs`` is what collecting took.
    """

    before: Sequence[ItemKey]
    after: Sequence[IdentifiedItem]
    left: Sequence[IdentifiedItem]
    mine: Sequence[IdentifiedItem]
    pruned: PrunedFiles | None
    costs: CollectionCosts
    needs: FixtureNeeds


def suite_of(found: Sequence[IdentifiedItem], reader: ItemReader) -> Suite:
    """The suite that *found*, read by *reader*, amounts to, where every shard collects all of it.

    The order of collection does not matter.
    """
    tests = defaultdict(list)
    for item, file, test in found:
        tests[file].append(test._replace(positional=True) if has_positional_id(item) else test)
    return Suite(
        files=tuple(
            SuiteFile(
                key=file,
                size=reader.sizes.get(file, 0),
                alias=reader.aliases.get(file),
                tests=tuple(sorted(tests[file])),
                everywhere=True,
            )
            for file in sorted(tests)
        )
    )


def part_of(planned: Planned, shard: ShardIndex, found: Collected) -> ShardPart:
    """*shard*'s part of what it *found* collected."""
    pruned = found.pruned
    prediction = planned.prediction
    selected, known_time = _selected(prediction, found.mine)
    uncollected = pruned.left_to_others(shard) if pruned is not None else ()
    remaining = _stored_tails(found.after)
    inventory = Inventory.of_files(remaining, uncollected)
    return ShardPart(
        plan=planned.plan,
        selected=selected,
        files=_owned_files(planned, shard, found, remaining),
        collected=len(found.after),
        left=len(found.left),
        in_history=_in_history(prediction, remaining if found.left is found.after else _stored_tails(found.left)),
        known=known_time,
        inventory=inventory,
        collection=pruned.digest if pruned is not None else inventory.digest,
        pruned=pruned is not None,
        suite_files=len(pruned.files) if pruned is not None else 0,
        start_up=found.costs.start_up(),
    )


def _selected(prediction: Prediction, mine: Sequence[IdentifiedItem]) -> tuple[tuple[SelectedTest, ...], int]:
    """The tests with their predicted time, and how much of that rests on history."""
    # Tests that share a stored duration (unstable ids, equal keys) share its prediction too.
    sharing = Counter((found.file, found.test.stored_tail) for found in mine)
    selected = []
    known_time = 0
    has_history = bool(prediction.known)
    for item, file, test in mine:
        stored = test.stored_tail
        # Without any history the equal costs that planning goes by are no prediction.
        cost = prediction.cost_of(file, stored) // sharing[file, stored] if has_history else 0
        selected.append(SelectedTest(item.nodeid, ItemKey(file, test.tail), stored, cost))
        if has_history and prediction.knows(file, stored):
            known_time += cost
    return tuple(selected), known_time


def _in_history(prediction: Prediction, tails: Mapping[str, Sequence[str]]) -> int:
    """How many of the tests with these stored tails, by file, history knows."""
    known = {file: prediction.of_file(file).by_tail for file in tails}
    return sum([sum([tail in known[file] for tail in tails[file]]) for file in tails])


def _owned_files(
    planned: Planned, shard: ShardIndex, found: Collected, remaining: Mapping[str, Sequence[str]]
) -> tuple[OwnedFile, ...]:
    """What the shard's own files held, for the proof that owners of one file saw the same."""
    plan = planned.plan
    collected: defaultdict[str, list[str]] = defaultdict(list)
    for file, tail in found.before:
        collected[file].append(_settled(tail))
    mine: defaultdict[str, list[IdentifiedItem]] = defaultdict(list)
    for test in found.mine:
        mine[test.file].append(test)
    files = plan.owners if found.pruned is None else found.pruned.files
    owned = {file for file in files if shard.number in owners_of(plan, file)}
    return tuple(
        _owned_file(file, owners_of(plan, file), collected[file], remaining.get(file, ()), mine[file], found)
        for file in sorted(owned.union(mine))
    )


def _owned_file(
    file: str,
    owners: tuple[int, ...],
    collected: Sequence[str],
    remaining: Sequence[str],
    mine: Sequence[IdentifiedItem],
    found: Collected,
) -> OwnedFile:
    cost = found.costs.of(file)
    needed = sorted((test.test.stored_tail, found.needs.of(test.item, file, test.test.together)) for test in mine)
    needs = sorted({needs for _, needs in needed})
    number_of = {these: number for number, these in enumerate(needs)}
    collected_digest = names_digest(collected)
    return OwnedFile(
        file=file,
        collected=len(collected),
        collected_digest=collected_digest,
        remaining=len(remaining),
        remaining_digest=collected_digest if remaining == collected else names_digest(remaining),
        selected=tuple(tail for tail, _ in needed),
        owners=owners,
        collecting=cost.collecting if cost is not None else None,
        cold=cost is not None and cost.cold,
        is_first=cost is not None and cost.is_first,
        needs=tuple(needs) if any(needs) else (),
        needing=tuple(number_of[these] for _, these in needed) if any(needs) else (),
    )


def _settled(tail: str) -> str:
    """The tail without parameters that no two processes agree on, as far as a name alone can tell."""
    return function_of(tail) if holds_address(tail) else tail


def _stored_tails(found: Iterable[IdentifiedItem]) -> Mapping[str, list[str]]:
    """By file, in the order of collection."""
    tails: defaultdict[str, list[str]] = defaultdict(list)
    for _, file, test in found:
        tails[file].append(test.stored_tail)
    return tails
