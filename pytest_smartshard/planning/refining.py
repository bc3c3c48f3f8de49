"""A plan in two steps: by files before anything is collected, and once more when some files have been."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TypeVar

from pytest_smartshard.model.shared import COLLECT
from pytest_smartshard.model.suite import Suite
from pytest_smartshard.planning.digest import plan_digest
from pytest_smartshard.planning.planner import Planned

CHEAP = 20
"""Files that all shards are to collect may cost each of them 1/20 of the time that a shard has at least."""

Value = TypeVar("Value")


def worth_collecting(suite: Suite, planned: Planned) -> frozenset[str]:
    """Keys of the files that history does not know, where it costs little to have every shard collect them.

    What is in such a file can then be divided like everything else. Planned by its name alone it is one unit,
    which is guessed to be like other files: where much is new, that made plans of real suites a tenth slower.
    """
    prediction = planned.prediction
    if prediction.is_empty:
        return frozenset()
    known = [prediction.of_file(file.key).shared for file in suite.files]
    collecting = [shared[COLLECT] for shared in known if COLLECT in shared]
    mean = sum(collecting) // len(collecting) if collecting else 0
    unknown = [
        file.key
        for file in suite.files
        if file.key not in prediction.known and file.key not in prediction.testless
    ]
    if mean * len(unknown) * CHEAP > planned.plan.forecast.bound:
        return frozenset()
    return frozenset(unknown)


def refined(first: Planned, second: Planned, everywhere: Collection[str]) -> Planned:
    """The plan *second*, which knows what the files that are *everywhere* hold, held to *first* in all others.

    Which shard collects these was settled by *first*. The digest covers both.
    """
    before, after = first.plan, second.plan
    owners = _chosen(before.owners, after.owners, everywhere)
    cuts = _chosen(before.cuts, after.cuts, everywhere)
    together = {**before.together, **after.together}
    together = {label: together[label] for label in sorted(together)}
    digest = plan_digest(owners, cuts, together, before.digest, ("refined", after.digest))
    plan = replace(after, owners=owners, cuts=cuts, together=together, digest=digest)
    return Planned(plan, second.prediction)


def _chosen(
    before: Mapping[str, Value], after: Mapping[str, Value], everywhere: Collection[str]
) -> dict[str, Value]:
    kept = {file: value for file, value in before.items() if file not in everywhere}
    kept.update((file, value) for file, value in after.items() if file in everywhere)
    return {file: kept[file] for file in sorted(kept)}
