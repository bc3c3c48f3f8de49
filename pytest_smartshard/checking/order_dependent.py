"""Tests that fail now and then, which is what a test does that depends on what ran before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pytest_smartshard.model.checkout import Checkout, MixedOutcomes
from pytest_smartshard.model.finding import WARNING, Finding
from pytest_smartshard.model.pipeline import Spot
from pytest_smartshard.wording import plural

LEAST_TIMES = 2
"""Once is a broken commit, or a bad day of a machine."""

BROKEN_RUN = 10
"""A run in which at least so many tests failed says something about the run and nothing about its tests."""


class OrderDependent:
    code = "order-dependent"
    severity = WARNING

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        broken = broken_runs(checkout.mixed)
        for test in checkout.mixed:
            times = wavers(test, broken)
            if times >= LEAST_TIMES:
                yield Finding(
                    code=self.code,
                    severity=self.severity,
                    spot=Spot(test.file),
                    what=f"{test.tail} failed {plural(times, 'time')} within {plural(len(test.letters), 'run')}, "
                    "with passes before and after, so it may depend on which tests run before it",
                    mend="run it alone and in another order, and free it of what other tests leave behind",
                )


def broken_runs(tests: tuple[MixedOutcomes, ...]) -> frozenset[str]:
    """Runs in which many tests failed."""
    failed: Counter[str] = Counter()
    for test in tests:
        failed.update({run for run, letter in zip(test.runs, test.letters, strict=True) if letter == "f"})
    return frozenset(run for run, times in failed.items() if times >= BROKEN_RUN)


def wavers(test: MixedOutcomes, broken: frozenset[str]) -> int:
    """How often it failed and then passed although nothing shows that it was mended in between.

    That is: it passed when it was run again in the same run; or it failed in one run only, and passed in the runs
    on both sides.
    """
    seen = [
        (run, letter)
        for run, letter in zip(test.runs, test.letters, strict=True)
        if letter != "-" and run not in broken
    ]
    by_run: dict[str, str] = {}
    for run, letter in seen:
        by_run[run] = by_run.get(run, "") + letter
    summed = [_in_one_run(letters) for letters in by_run.values()]
    again = summed.count("r")
    alone = sum(
        1
        for before, letter, after in zip(summed, summed[1:], summed[2:], strict=False)
        if letter == "f" and before != "f" and after != "f"
    )
    return again + alone


def _in_one_run(letters: str) -> str:
    """Attempts at one run taken together: failed and passed is as good as passed when run again."""
    if "r" in letters or ("f" in letters and "p" in letters):
        return "r"
    return letters[0]
