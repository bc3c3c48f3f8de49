"""What one journal tells of tests and of what they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from making import FILE, finished, header_of, journal_of

from pytest_smartshard.model.record import FinishedTest, JournalFooter, OwnedFile
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.proving.measured import needs_of, rounded, samples_of_tests, shared_samples
from pytest_smartshard.proving.samples import Sample

DB = "module db"


def owned(file: str, collecting: int | None = None, **rest: Any) -> OwnedFile:
    return OwnedFile(
        **{
            "file": file,
            "collected": 1,
            "collected_digest": "d",
            "remaining": 1,
            "remaining_digest": "d",
            "selected": (),
            "collecting": collecting,
            **rest,
        }
    )


def shared_of(
    *files: OwnedFile,
    tests: tuple[FinishedTest, ...] = (),
    start_up: int = 0,
    each_test: int = 0,
    of_files: Mapping[str, int] = MappingProxyType({}),
) -> dict[tuple[str, str], Sample]:
    journal = replace(
        journal_of(replace(header_of(), start_up=start_up), tests),
        files=files,
        footer=JournalFooter(
            exit_code=0, ran=len(tests), seconds=1.0, each_test=each_test, each_test_of=of_files
        ),
    )
    found = [((place, name), sample) for place, name, sample in shared_samples(journal)]
    assert len(dict(found)) == len(found)
    return dict(found)


def paying(tail: str, *paid: tuple[int, int], name: str = DB, **rest: Any) -> FinishedTest:
    """A test that took 1 ms of its own and paid for set-up and tear-down of one fixture, in that order."""
    shared = tuple(SharedTime(FILE, name, setup, teardown) for setup, teardown in paid)
    return finished(tail, 1_000, setup=sum(map(sum, paid)), shared=shared, **rest)


def test_a_tests_time_is_its_own() -> None:
    journal = journal_of(header_of(), [paying("a", (5_000, 300)), paying("b", (70, 0), outcome="failed")])
    assert samples_of_tests(journal) == {(FILE, "a"): 1_000, (FILE, "b"): "f1000"}


def test_it_is_never_below_zero() -> None:
    test = finished("a", 100, shared=(SharedTime(FILE, DB, 5_000, 0),))
    assert samples_of_tests(journal_of(header_of(), [test])) == {(FILE, "a"): 0}


def test_what_was_not_measured_has_no_sample() -> None:
    assert shared_of(owned("a.py"), tests=(finished("a"),)) == {}
    killed = replace(journal_of(header_of(), [finished("a")], done=False), files=(owned("a.py"),))
    assert list(shared_samples(killed)) == []


def test_a_process_has_its_start_up_and_what_each_test_takes() -> None:
    assert shared_of(start_up=300_123, each_test=184) == {("", "start-up"): 300_000, ("", "each test"): 180}


def test_what_passes_beside_tests_differs_from_file_to_file() -> None:
    found = shared_of(each_test=184, of_files={"a.py": 90, "b.py": 31_499})
    assert found == {("", "each test"): 180, ("a.py", "each test"): 90, ("b.py", "each test"): 31_500}


def test_files_are_collected_with_their_rewritten_form_or_without() -> None:
    found = shared_of(owned("a.py", 5_000), owned("b.py", 0, cold=True))
    assert found == {("a.py", "collect"): 5_000, ("b.py", "collect cold"): 0}


def test_what_the_first_file_took_beyond_the_usual_is_start_up() -> None:
    first = owned("a.py", 900_000, is_first=True)
    others = [owned("b.py", 1_000), owned("c.py", 3_000), owned("d.py", 90_000)]
    found = shared_of(first, *others, start_up=100_000)
    assert (found["a.py", "collect"], found["", "start-up"]) == ("s900000", 997_000)


def test_only_files_at_the_same_state_of_the_cache_tell_what_is_usual() -> None:
    first = owned("a.py", 900_000, is_first=True)
    others = [owned(f"{name}.py", 1_000, cold=True) for name in "bcd"]
    found = shared_of(first, *others, owned("e.py", 1_000), start_up=100_000)
    assert (found["a.py", "collect"], found["", "start-up"]) == ("s900000", 100_000)


def test_a_first_file_that_took_less_than_usual_is_as_it_is() -> None:
    found = shared_of(
        owned("a.py", 500, is_first=True), owned("b.py", 1_000), owned("c.py", 1_000), start_up=1_000
    )
    assert (found["a.py", "collect"], found["", "start-up"]) == ("s500", 1_000)


def test_of_several_processes_the_one_with_most_in_excess_counts() -> None:
    first = [owned("a.py", 50_000, is_first=True), owned("b.py", 80_000, is_first=True)]
    found = shared_of(*first, owned("c.py", 1_000), owned("d.py", 1_000), start_up=100_000)
    assert found["", "start-up"] == 179_000


def test_without_a_start_up_there_is_nothing_to_add_to() -> None:
    found = shared_of(owned("a.py", 50_000, is_first=True), owned("c.py", 1_000), owned("d.py", 1_000))
    assert ("", "start-up") not in found


def test_sums_stay_in_range() -> None:
    found = shared_of(owned("a.py", 10**15, is_first=True), owned("c.py", 0), owned("d.py", 0), start_up=10**15)
    assert found["", "start-up"] == 10**15


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ([paying("a", (500, 30))], 530),
        ([paying("a", (500, 0)), finished("b"), paying("c", (0, 30))], 530),
        # Set up anew: the tear-down before belongs to the set-up before, wherever it was paid.
        ([paying("a", (500, 0)), paying("b", (200, 70)), paying("c", (0, 30))], 230),
        ([paying("a", (500, 0)), paying("b", (0, 30), (200, 0)), paying("c", (0, 70))], 270),
        # Nothing is to be torn down: then the next set-up says that this one is over.
        ([paying("a", (500, 0)), paying("b", (200, 0))], 500),
        ([paying("a", (500, 0))], 500),
        # A set-up that nothing followed says less than one that is whole.
        ([paying("a", (500, 30)), paying("b", (200, 0))], 530),
        ([paying("a", (0, 0)), paying("b", (0, 80))], 80),
        ([paying("a", (0, 80))], 80),
    ],
)
def test_a_fixture_costs_what_its_cheapest_set_up_and_the_tear_down_after_it_took(
    tests: list[FinishedTest], expected: int
) -> None:
    assert shared_of(tests=tuple(tests)) == {(FILE, DB): expected}


def test_each_lane_has_its_own_set_ups() -> None:
    tests = (
        paying("a", (500, 0), lane="gw0"),
        paying("b", (900, 0), lane="gw1"),
        paying("c", (0, 50), lane="gw1"),
        paying("d", (0, 70), lane="gw0"),
    )
    assert shared_of(tests=tests) == {(FILE, DB): 570}


def test_what_an_error_may_have_broken_off_counts_last() -> None:
    broken = paying("a", (200, 0), outcome="error")
    assert shared_of(tests=(broken,)) == {(FILE, DB): "f200"}
    assert shared_of(tests=(broken, paying("b", (500, 0)))) == {(FILE, DB): 500}
    torn = paying("b", (0, 20), outcome="error")
    assert shared_of(tests=(paying("a", (500, 0)), torn)) == {(FILE, DB): "f520"}


def test_a_failed_test_says_nothing_of_its_fixture() -> None:
    assert shared_of(tests=(paying("a", (500, 30), outcome="failed"),)) == {(FILE, DB): 530}


def test_needs_are_those_of_tests_that_ran() -> None:
    files = [
        owned("a.py", selected=("t", "t", "u", "v"), needs=(("x", "y"), ("z",)), needing=(0, 1, 1, 0)),
        owned("b.py", selected=("t",)),
        owned("c.py", selected=None),
    ]
    assert list(needs_of(files, {("a.py", "t"), ("a.py", "u"), ("b.py", "t")})) == [
        ("a.py", "t", frozenset("xy")),
        ("a.py", "t", frozenset("z")),
        ("a.py", "u", frozenset("z")),
    ]


@pytest.mark.parametrize(
    ("microseconds", "expected"),
    [
        (0, 0),
        (4, 0),
        (5, 10),
        (14, 10),
        (15, 20),
        (994, 990),
        (995, 1_000),
        (1_234, 1_230),
        (1_235, 1_240),
        (99_949, 99_900),
        (99_950, 100_000),
        (999_500, 1_000_000),
        (123_456_789, 123_000_000),
        (10**15 + 1, 10**15),
    ],
)
def test_durations_are_rounded_to_three_digits(microseconds: int, expected: int) -> None:
    assert rounded(microseconds) == expected
    assert rounded(expected) == expected
