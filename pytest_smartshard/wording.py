"""Plurals, seconds and percent, worded alike in every message and report."""

from __future__ import annotations

from collections.abc import Sequence

MICROSECONDS_PER_SECOND = 1_000_000


def plural(count: int, noun: str, many: str | None = None) -> str:
    """``1 test``, ``2 tests``, ``1,200 tests``; *many* is the irregular plural."""
    word = noun if count == 1 else (many or f"{noun}s")
    return f"{count:,} {word}"


def seconds(microseconds: int) -> str:
    """Microseconds as a person reads them: ``0.04 s``, ``12.3 s``, ``4 min 05 s``, ``1 h 02 min``."""
    value = microseconds / MICROSECONDS_PER_SECOND
    if value < 9.995:
        return f"{value:.2f} s"
    if value < 99.95:
        return f"{value:.1f} s"
    whole = int(value + 0.5)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def percent(part: int, whole: int) -> str:
    """A share as whole percent, never rounding up to ``100 %`` or down to ``0 %``."""
    if whole <= 0:
        return "0 %"
    value = round(100 * part / whole)
    if value == 100 and part < whole:
        value = 99
    if value == 0 and part > 0:
        return "<1 %"
    return f"{value} %"


def ratio(makespan: int, bound: int) -> str:
    """Imbalance with two decimals (``1.00`` is perfect), or ``-`` where there is no bound."""
    return "-" if bound <= 0 else f"{makespan / bound:.2f}"


def listed(names: list[str], most: int = 3) -> str:
    """The first *most* names, comma-separated, and how many more there are."""
    shown = ", ".join(names[:most])
    rest = len(names) - most
    return shown if rest <= 0 else f"{shown} and {rest:,} more"


def ranges(numbers: Sequence[int]) -> str:
    """``1, 3-5, 9``: every one of *numbers* named, neighbours drawn together."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
