"""Histories made of histories: tests taken out or moved to other files, several histories made one.

Costs and speeds are made anew from the samples that remain, as joining makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from pytest_smartshard.model.history import History, MeasuredRun
from pytest_smartshard.model.shared import WHOLE_SUITE
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.joining import (
    Joined,
    add_history,
    add_needs,
    add_sample,
    add_shared,
    drop_expired,
    drop_old_samples,
    in_order,
)
from pytest_smartshard.proving.shared_costs import Identity


def reshaped(
    history: History,
    file_of: Callable[[ItemKey], str | None],
    place_of: Callable[[str], str | None] | None = None,
) -> History:
    """*history* with each test in the file that *file_of* gives for it; None takes the test out.

    *place_of* gives the file that shared costs of a file go to; without it they go where *file_of* puts a test of
    that file. Those of the whole suite are of any part of it, under their old names. The runs stay what they
    were: one that had all tests of a segment had all of any part of it. Tests that meet under one name become one
    with the samples of both. Raises ValueError where *history* holds what is no sample.
    """
    before, after = Joined(), Joined()
    add_history(before, history)
    after.runs.update(before.runs)
    for file, tests in before.samples.items():
        for tail, samples in tests.items():
            target = file_of(ItemKey(file, tail))
            if target is not None:
                for identity, sample in samples.items():
                    add_sample(after.samples[target][tail], identity, sample)
    _move_needs(before, after, file_of)
    _move_shared(before, after, place_of or (lambda file: file_of(ItemKey(file, ""))))
    drop_expired(after)
    drop_old_samples(after)
    return in_order(after, history)


def _move_needs(before: Joined, after: Joined, file_of: Callable[[ItemKey], str | None]) -> None:
    for identity, files in before.needs.items():
        for file, tests in files.items():
            for tail, needs in tests.items():
                target = file_of(ItemKey(file, tail))
                if target is not None:
                    add_needs(after.needs[identity][target], tail, needs)


def _move_shared(before: Joined, after: Joined, place_of: Callable[[str], str | None]) -> None:
    for place, costs in before.shared.items():
        target = place if place == WHOLE_SUITE else place_of(place)
        if target is not None:
            for name, samples in costs.items():
                for identity, sample in samples.items():
                    add_shared(after.shared[target][name], identity, sample)


def united(histories: Iterable[History]) -> History:
    """One history with the runs and samples of all: commutative, associative and idempotent.

    No test is dropped, now or when later journals are joined: a run counts as complete only where it was so in
    every one of *histories*, for of a test that another one knows it says nothing. An empty history changes
    nothing. Raises ValueError where one holds what is no sample.
    """
    histories = [history for history in histories if history.runs or history.other_runs]
    joined = Joined()
    for history in histories:
        add_history(joined, history)
    finished = _finished_in_all(histories)
    for identity, run in joined.runs.items():
        joined.runs[identity] = replace(run, finished=finished.get(identity, ()))
    drop_old_samples(joined)
    return in_order(joined, History(), forget=False)


def _finished_in_all(histories: Iterable[History]) -> dict[Identity, tuple[str, ...]]:
    """For each run the shards that are known to have finished in every history."""
    runs: list[dict[Identity, MeasuredRun]] = [
        {run.identity: run for run in (*history.runs, *history.other_runs)} for history in histories
    ]
    if not runs:
        return {}
    common = set(runs[0]).intersection(*runs)
    return {
        identity: tuple(
            sorted(set(runs[0][identity].finished).intersection(*(r[identity].finished for r in runs)))
        )
        for identity in common
    }
