"""The sentences of a report, made once, so that text and markdown say the same.

A sentence that shows a name takes ``show``, which makes the name safe for the format; all others hold our
own words and figures only. A test's name never stands inside a sentence: it may be of any length.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_smartshard.model.summary import Alternative, RunSummary, TimedItem
from pytest_smartshard.reports.rows import failed_tests, shard_count
from pytest_smartshard.wording import listed, percent, plural, ranges, ratio, seconds

NOTHING = "Nothing to report: no run was found."
MISPREDICTIONS = "Worst mispredictions"
MISPREDICTION_HEADINGS = ("Shard", "Predicted", "Actual", "Test")
ALTERNATIVES = "With another number of shards, packed by this run's own durations"
BAR_HEADING = "Time"


def headline(summary: RunSummary, show: Callable[[str], str]) -> str:
    """Which run, segment and, where it ran what was left, generation."""
    generation = f", generation {summary.generation}" if summary.generation > 0 else ""
    return f"Run {show(summary.run)}, segment {show(summary.segment.slug)}{generation}"


def size(summary: RunSummary) -> str:
    """How much was run: tests, shards, failures, total time."""
    tests = plural(sum(shard.tests for shard in summary.shards), "test")
    failed = failed_tests(summary)
    failures = f", {failed:,} failed" if failed else ""
    shards = plural(shard_count(summary), "shard")
    return f"{tests} in {shards}{failures}; {seconds(summary.total)} of tests in all."


def disagreement(summary: RunSummary, show: Callable[[str], str]) -> str:
    """That the shards did not plan alike; empty where they did."""
    if len(summary.digests) < 2:
        return ""
    digests = listed([show(digest) for digest in summary.digests])
    return (
        f"The shards planned differently (digests {digests}), so tests may have run twice or never: "
        "give all shards the same store, options and environment."
    )


def absence(summary: RunSummary) -> str:
    """Which shards (1-based) left no finished journal; empty where all did."""
    if not summary.missing:
        return ""
    share = f"{len(summary.missing):,} of {plural(shard_count(summary), 'shard')}"
    return (
        f"Missing: {ranges(summary.missing)} ({share} without a finished journal). "
        "The figures count only what was recorded."
    )


def legend(mark: str) -> str:
    """What the bars mean; *mark* is empty where the lower bound is not drawn."""
    bound = f" {mark} marks the lower bound." if mark else ""
    return f"Bars: actual time.{bound}"


def balance(summary: RunSummary) -> str:
    """Makespan as it was and as predicted, its lower bound, and their ratio."""
    loads = [shard.predicted for shard in summary.shards if shard.predicted is not None]
    predicted = f" (predicted {seconds(max(loads))})" if loads else ""
    return (
        f"Makespan {seconds(summary.makespan)}{predicted}, "
        f"lower bound {seconds(summary.bound)}, "
        f"imbalance {ratio(summary.makespan, summary.bound)} (1.00 is perfect)."
    )


def history(summary: RunSummary) -> str:
    """What share of the predicted time was known rather than guessed."""
    if summary.predicted_total <= 0:
        return "No time was predicted, so nothing rested on history."
    share = percent(summary.known, summary.predicted_total)
    times = f"{seconds(summary.known)} of {seconds(summary.predicted_total)}"
    return f"{share} of the predicted time rested on history ({times})."


def binding(test: TimedItem) -> str:
    """That one test alone sets the bound, and what helps; its name is to follow."""
    predicted = f" (predicted {seconds(test.predicted)})" if test.predicted else ""
    return (
        f"One test alone sets the lower bound: {seconds(test.actual)} in shard {test.shard}"
        f"{predicted}. More shards do not help; only splitting it or speeding it up does:"
    )


def misprediction(test: TimedItem) -> tuple[str, str, str]:
    """Cells under all :data:`MISPREDICTION_HEADINGS` but the last, the name."""
    return str(test.shard), seconds(test.predicted), seconds(test.actual)


def alternative(other: Alternative, makespan: int) -> str:
    """What *other* would give, against this run's *makespan* (microseconds)."""
    words = f"{plural(other.shards, 'shard')}: {seconds(other.makespan)}"
    if makespan <= 0:
        return words
    if other.makespan == makespan:
        return f"{words} (unchanged)"
    word = "longer" if other.makespan > makespan else "shorter"
    return f"{words} ({percent(abs(other.makespan - makespan), makespan)} {word})"
