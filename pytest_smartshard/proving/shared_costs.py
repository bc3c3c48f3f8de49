"""What is known of shared costs, made from their samples, in the form that planning reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from pytest_smartshard.model.history import FileHistory, MeasuredRun
from pytest_smartshard.model.shared import COLLECT, COLLECT_COLD, EACH_TEST, START_UP, WHOLE_SUITE
from pytest_smartshard.proving.collecting_costs import STATES, costs_of_collecting
from pytest_smartshard.proving.estimate import shared_estimate
from pytest_smartshard.proving.samples import Sample, encode_column

Identity: TypeAlias = tuple[str, int, int]
Samples: TypeAlias = dict[Identity, Sample]
"""Of one test or shared cost, by the attempt that measured it."""

_OF_FILES = frozenset({*STATES, EACH_TEST})


def is_of_every_run(place: str, name: str) -> bool:
    """Whether a run that lacks it has only not measured it: a process starts in any of them."""
    return place == WHOLE_SUITE and name in (START_UP, EACH_TEST)


def seen_together(costs: Mapping[str, Samples]) -> Iterable[list[Samples]]:
    """Samples of one place, in groups of names that are about the same thing.

    A file is collected with its rewritten form in the cache or without it, and not every run measures what passes
    beside its tests: a run that found the one has not outlived the others.
    """
    of_file = [costs[name] for name in sorted(_OF_FILES) if name in costs]
    if of_file:
        yield of_file
    for name in costs:
        if name not in _OF_FILES:
            yield [costs[name]]


def shared_histories(
    shared: Mapping[str, Mapping[str, Samples]], runs: Sequence[MeasuredRun]
) -> dict[str, FileHistory]:
    """By place; *runs* go from oldest to newest, with their speeds."""
    identities = [run.identity for run in runs]
    speeds = [run.speed for run in runs]
    rows: dict[str, dict[str, list[Sample]]] = {
        place: {name: list(map(samples.get, identities)) for name, samples in costs.items()}
        for place, costs in sorted(shared.items())
    }
    collecting = costs_of_collecting(
        {place: states for place, named in rows.items() if (states := _states(named))},
        speeds,
        cold=_is_cold(shared.values(), runs),
    )
    found = {}
    for place, named in rows.items():
        known = {name: shared_estimate(row, speeds) for name, row in named.items() if name not in STATES}
        if place in collecting:
            named.setdefault(COLLECT, [None] * len(runs))
            known |= collecting[place]
        names = sorted(named)
        columns = zip(*(named[name] for name in names), strict=True)
        found[place] = FileHistory(names, [known[name] for name in names], list(map(encode_column, columns)))
    return found


def _states(named: Mapping[str, Sequence[Sample]]) -> dict[str, Sequence[Sample]]:
    return {name: named[name] for name in STATES if name in named}


def _is_cold(shared: Iterable[Mapping[str, Samples]], runs: Sequence[MeasuredRun]) -> bool:
    """Whether the newest run that collected anything found most files without their rewritten form."""
    states: dict[str, Counter[str]] = {}
    for costs in shared:
        for name in set(STATES) & costs.keys():
            for run, _, _ in costs[name]:
                states.setdefault(run, Counter())[name] += 1
    newest = next((states[run.run] for run in reversed(runs) if run.run in states), Counter[str]())
    return newest[COLLECT_COLD] > newest[COLLECT]
