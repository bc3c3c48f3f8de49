"""What is known of shared costs, made from their samples, in the form that planning reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from pytest_smartshard.model.history import FileHistory, MeasuredRun
from pytest_smartshard.model.shared import COLLECT, COLLECT_COLD, EACH_TEST, START_UP, WHOLE_SUITE
from pytest_smartshard.proving.estimate import lowest, shared_estimate
from pytest_smartshard.proving.samples import Sample, encode_column

Identity: TypeAlias = tuple[str, int, int]
Samples: TypeAlias = dict[Identity, Sample]
"""Of one test or shared cost, by the attempt that measured it."""

_STATES = frozenset({COLLECT, COLLECT_COLD})

_OF_FILES = _STATES | {EACH_TEST}


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
    cold = _is_cold(shared.values(), runs)
    found = {}
    for place, costs in sorted(shared.items()):
        rows: dict[str, list[Sample]] = {
            name: list(map(samples.get, identities)) for name, samples in costs.items()
        }
        known = {name: shared_estimate(row, speeds) for name, row in rows.items() if name not in _STATES}
        if not _STATES.isdisjoint(rows):
            rows.setdefault(COLLECT, [None] * len(runs))
            known |= _collecting(rows, speeds, cold=cold)
        names = sorted(rows)
        columns = zip(*(rows[name] for name in names), strict=True)
        found[place] = FileHistory(names, [known[name] for name in names], list(map(encode_column, columns)))
    return found


def _is_cold(shared: Iterable[Mapping[str, Samples]], runs: Sequence[MeasuredRun]) -> bool:
    """Whether the newest run that collected anything found most files without their rewritten form."""
    states: dict[str, Counter[str]] = {}
    for costs in shared:
        for name in _STATES & costs.keys():
            for run, _, _ in costs[name]:
                states.setdefault(run, Counter())[name] += 1
    newest = next((states[run.run] for run in reversed(runs) if run.run in states), Counter[str]())
    return newest[COLLECT_COLD] > newest[COLLECT]


def _collecting(rows: Mapping[str, Sequence[Sample]], speeds: Sequence[int], *, cold: bool) -> dict[str, int]:
    """What collecting a file costs, under its plain name at the state that the next run is likely to find.

    What was measured goes before what was guessed, even at the other state.
    """
    order = (COLLECT_COLD, COLLECT) if cold else (COLLECT, COLLECT_COLD)
    values = [
        (name, lowest(rows[name], speeds, guessed=guessed))
        for guessed in (False, True)
        for name in order
        if name in rows
    ]
    known = [(name, max(1, value)) for name, value in values if value >= 0]
    costs = {COLLECT: known[0][1]}
    if COLLECT_COLD in rows:
        costs[COLLECT_COLD] = next(value for name, value in known if name == COLLECT_COLD)
    return costs
