"""Limits of tests from a history that holds its samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_smartshard.dispatching.limits import LimitRules, Limits, Times
from pytest_smartshard.model.history import FileHistory, History, MeasuredRun
from pytest_smartshard.proving.estimate import at_unit_speed
from pytest_smartshard.proving.samples import Sample, decode_column


def limits_from(history: History, rules: LimitRules) -> Limits:
    """Limits by *history*, whose samples must have been read. Files are looked into when one of their tests is
    asked for."""
    slowest = max((max(file.costs, default=0) for file in history.files.values()), default=0)
    return Limits(
        lambda file: _passed(history.files.get(file), history.runs),
        lambda place: _passed(history.shared.get(place), history.runs),
        slowest,
        rules,
    )


def _passed(known: FileHistory | None, runs: Sequence[MeasuredRun]) -> Mapping[str, Times]:
    """What passed of each name, where anything did. What did not is no measure of what a test takes."""
    if known is None:
        return {}
    found: dict[str, list[int]] = {}
    for run, column in zip(runs, known.columns, strict=True):
        for name, sample in zip(known.tails, _samples(column, len(known.tails)), strict=True):
            if isinstance(sample, int):
                found.setdefault(name, []).append(max(sample, at_unit_speed(sample, run.speed)))
    return found


def _samples(column: str, tests: int) -> Sequence[Sample]:
    """Of one run; none where somebody has edited them."""
    try:
        return decode_column(column, tests)
    except ValueError:
        return [None] * tests
