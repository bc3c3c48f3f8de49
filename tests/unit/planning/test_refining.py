"""Which new files all shards collect, and what a second plan may change; the law is in tests/property."""

from __future__ import annotations

from dataclasses import replace

import pytest
from making import history_of, suite_of

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.suite import Suite
from pytest_smartshard.planning.planner import Planned, PlanOptions, make_plan
from pytest_smartshard.planning.refining import CHEAP, refined, worth_collecting

SECOND = 1_000_000
KNOWN = {f"test_{name}.py": {"t": SECOND} for name in "abcd"}


def history(collecting: int) -> History:
    """Four files with a test of one second each, and what collecting each costs."""
    known = history_of(KNOWN)
    shared = {file: FileHistory(["collect"], [collecting], [str(collecting)]) for file in KNOWN}
    return History(runs=known.runs, files=known.files, shared=shared, digest=known.digest)


def planned(suite: Suite, known: History) -> Planned:
    return make_plan(suite, known, PlanOptions(shards=2))


def files_of(*keys: str) -> Suite:
    return suite_of(dict.fromkeys(keys, ()))


def worth(collecting: int, *new: str) -> frozenset[str]:
    suite = files_of(*KNOWN, *new)
    return worth_collecting(suite, planned(suite, history(collecting)))


def test_new_files_that_cost_little_are_collected_by_all() -> None:
    assert worth(1_000, "test_new.py", "test_newer.py") == {"test_new.py", "test_newer.py"}


def test_known_files_never_are() -> None:
    assert worth(1_000) == frozenset()


@pytest.mark.parametrize(("collecting", "is_worth"), [(35, True), (38, False)])
def test_they_are_cheap_up_to_a_share_of_a_shards_time(collecting: int, is_worth: bool) -> None:
    """Two shards have seven seconds each and a bit, a twentieth is 0.36 s: ten new files may cost 36 ms each."""
    assert CHEAP == 20
    new = [f"test_new_{number}.py" for number in range(10)]
    assert bool(worth(collecting * SECOND // 1_000, *new)) is is_worth


def test_without_a_history_nothing_is_said_to_be_new() -> None:
    suite = files_of("test_a.py", "test_b.py", "test_c.py")
    assert worth_collecting(suite, planned(suite, History())) == frozenset()


def test_the_second_plan_counts_for_what_all_collected_and_the_first_for_the_rest() -> None:
    suite = files_of(*KNOWN, "test_new.py")
    found = suite_of({**{key: ["t"] for key in KNOWN}, "test_new.py": ["u", "v", "w"]})
    first = planned(suite, history(1_000))
    second = planned(found, History())

    plan = refined(first, second, {"test_new.py"}).plan

    assert {file: plan.owners[file] for file in KNOWN} == {file: first.plan.owners[file] for file in KNOWN}
    assert plan.owners["test_new.py"] == second.plan.owners["test_new.py"]
    assert plan.digest not in (first.plan.digest, second.plan.digest)


def test_the_digest_covers_both_plans() -> None:
    suite = files_of(*KNOWN, "test_new.py")
    first, other = planned(suite, history(1_000)), planned(suite, history(400_000))
    second = planned(suite_of({"test_new.py": ["u", "v", "w"]}), History())
    digests = {refined(one, second, {"test_new.py"}).plan.digest for one in (first, other)}
    assert len(digests) == (1 if first.plan.digest == other.plan.digest else 2)


def test_a_new_file_that_was_found_to_hold_nothing_costs_nothing() -> None:
    """Else a store that another tool's durations were taken into would charge a shard for each such file."""
    known = history_of(KNOWN)
    unseen = files_of(*KNOWN, "test_empty.py")
    seen = Suite(files=tuple(replace(file, collected=file.key == "test_empty.py") for file in unseen.files))
    guessed, found = (planned(suite, known).plan.forecast for suite in (unseen, seen))
    assert (guessed.total, found.total, found.known) == (5 * SECOND, 4 * SECOND, 4 * SECOND)


def test_a_document_that_only_another_tools_durations_know_is_not_cut() -> None:
    """Its tests have a label that keeps them together, which nobody sees before it is collected."""
    known = history_of({"guide.rst": {f"line:{line}": SECOND for line in range(9)}, **KNOWN})
    files = Suite(
        files=tuple(
            replace(file, document=file.key == "guide.rst") for file in files_of("guide.rst", *KNOWN).files
        )
    )
    assert len(planned(files_of("guide.rst", *KNOWN), known).plan.owners["guide.rst"]) == 2
    plan = planned(files, known).plan
    assert (len(plan.owners["guide.rst"]), plan.cuts) == (1, {})
