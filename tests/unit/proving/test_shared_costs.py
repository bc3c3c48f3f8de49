"""Joining what tests share, example by example; the laws are in tests/property/test_joining.py."""

from __future__ import annotations

from dataclasses import replace

from making import FILE, finished, header_of, journal_of

from pytest_smartshard.model.history import History
from pytest_smartshard.model.record import FinishedTest, Journal, JournalFooter, OwnedFile
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.proving.joining import KEPT_RUNS, join
from pytest_smartshard.proving.samples import Sample, decode_column

DB = "module db"
OTHER = "tests/test_other.py"


def file_of(
    collecting: int | None = None, *, cold: bool = False, first: bool = False, key: str = FILE, needs: str = ""
) -> OwnedFile:
    """A file with the test ``t``, which needs the names in *needs*."""
    return OwnedFile(
        file=key,
        collected=1,
        collected_digest="d",
        remaining=1,
        remaining_digest="d",
        selected=("t",),
        collecting=collecting,
        cold=cold,
        is_first=first,
        needs=(tuple(needs.split()),) if needs else (),
        needing=(0,) if needs else (),
    )


def run(
    name: int,
    *files: OwnedFile,
    shard: str = "1/1",
    start_up: int = 0,
    each_test: int = 0,
    module: int = 0,
    tests: tuple[FinishedTest, ...] = (finished("t"),),
    done: bool = True,
    attempt: int = 1,
) -> Journal:
    """One journal of a run that started at the time that is its name; *module* is the time of a fixture."""
    if module:
        paid = (SharedTime(FILE, DB, module, 0),)
        tests = tuple(test._replace(setup=module, shared=paid) for test in tests)
    header = header_of(shard, run=f"r{name:03}", started=float(name), selected=len(tests), attempt=attempt)
    journal = journal_of(replace(header, start_up=start_up), tests)
    footer = JournalFooter(exit_code=0, ran=len(tests), seconds=1.0, each_test=each_test)
    return replace(journal, files=files, footer=footer if done else None)


def costs_of(history: History, place: str = FILE) -> dict[str, int]:
    known = history.shared.get(place)
    return {} if known is None else dict(zip(known.tails, known.costs, strict=True))


def samples_of(history: History, name: str, place: str = FILE) -> list[Sample]:
    """From the oldest run to the newest."""
    known = history.shared[place]
    where = list(known.tails).index(name)
    return [decode_column(column, len(known.tails))[where] for column in known.columns]


def needs_of(history: History, tail: str = "t") -> tuple[str, ...]:
    known = history.files[FILE]
    return known.needs[known.needing[list(known.tails).index(tail)]] if known.needing else ()


def test_of_several_processes_of_one_attempt_the_lowest_counts() -> None:
    shards = [
        run(1, file_of(5_000), shard="1/2", start_up=200_000, each_test=200, module=700),
        run(1, file_of(4_000), shard="2/2", start_up=300_000, each_test=100, module=900),
    ]
    history = join(History(), shards)
    assert costs_of(history) == {"collect": 4_000, DB: 700}
    assert costs_of(history, "") == {"each test": 100, "start-up": 200_000}
    assert join(join(History(), shards[1:]), shards) == history


def test_one_that_was_measured_counts_before_a_guess() -> None:
    guess = run(1, file_of(1_000, first=True), shard="1/2")
    history = join(History(), [guess, run(1, file_of(4_000), shard="2/2")])
    assert samples_of(history, "collect") == [4_000]
    assert samples_of(join(History(), [guess]), "collect") == ["s1000"]
    assert costs_of(join(History(), [guess])) == {"collect": 1_000}


def test_costs_of_fixtures_and_processes_are_weighed_as_those_of_tests() -> None:
    runs = [run(1, start_up=100_000, module=1_000), run(2, start_up=140_000, module=1_400)]
    history = join(History(), runs)
    assert (costs_of(history)[DB], costs_of(history, "")["start-up"]) == (1_200, 120_000)


def test_a_cost_of_nothing_is_still_there() -> None:
    assert costs_of(join(History(), [run(1, file_of(0))])) == {"collect": 1}


def test_they_are_as_of_a_run_as_fast_as_the_newest() -> None:
    slow, quick = (tuple(finished(f"t{place}", call) for place in range(20)) for call in (3_000, 1_500))
    runs = [run(1, file_of(8_000), module=6_000, tests=slow), run(2, file_of(9_000), tests=quick, done=False)]
    history = join(History(), runs)
    assert [found.speed for found in history.runs] == [2_000, 1_000]
    assert costs_of(history) == {"collect": 4_000, DB: 3_000}


def test_collecting_costs_what_it_costs_at_the_state_that_the_newest_run_found() -> None:
    warm, cold = run(1, file_of(1_000), file_of(2_000, key=OTHER)), run(2, file_of(6_000, cold=True))
    history = join(History(), [warm, replace(cold, footer=None)])
    assert costs_of(history) == {"collect": 6_000, "collect cold": 6_000}
    assert costs_of(history, OTHER) == {"collect": 2_000}, (
        "what is known at the other state is better than nothing"
    )
    later = join(history, [run(3, file_of(1_200), file_of(9_000, key=OTHER, cold=True), done=False)])
    assert costs_of(later) == {"collect": 1_000, "collect cold": 6_000}
    assert costs_of(later, OTHER) == {"collect": 2_000, "collect cold": 9_000}


def test_a_file_that_was_only_ever_collected_cold_has_that_cost() -> None:
    history = join(History(), [run(1, file_of(6_000, cold=True))])
    assert costs_of(history) == {"collect": 6_000, "collect cold": 6_000}
    assert samples_of(history, "collect") == [None]
    assert join(history, []) == history


def test_what_was_measured_at_the_other_state_counts_before_a_guess() -> None:
    history = join(History(), [run(1, file_of(6_000, cold=True)), run(2, file_of(900, first=True))])
    assert costs_of(history) == {"collect": 6_000, "collect cold": 6_000}


def test_a_complete_run_drops_what_it_no_longer_had() -> None:
    old = run(1, file_of(1_000), file_of(1_000, key=OTHER), start_up=100_000, each_test=50, module=700)
    history = join(History(), [old, run(2, file_of(1_000))])
    assert (costs_of(history), costs_of(history, OTHER)) == ({"collect": 1_000}, {})
    assert set(costs_of(history, "")) == {"start-up", "each test"}, "every process starts"
    kept = join(History(), [old, run(2, file_of(1_000), done=False)])
    assert (set(costs_of(kept)), set(costs_of(kept, OTHER))) == ({"collect", DB}, {"collect"})


def test_a_complete_run_that_found_the_other_state_drops_nothing() -> None:
    history = join(History(), [run(1, file_of(1_000)), run(2, file_of(6_000, cold=True))])
    assert samples_of(history, "collect") == [1_000, None]


def test_a_fixture_that_was_broken_in_a_complete_run_is_not_forgotten() -> None:
    broken = run(2, tests=(finished("t", outcome="error"),), module=10)
    history = join(History(), [run(1, module=700), broken])
    assert (samples_of(history, DB), costs_of(history)[DB]) == ([700, "f10"], 700)


def test_a_file_without_tests_stays_known() -> None:
    history = join(History(), [run(1, file_of(1_000), file_of(2_000, key=OTHER))])
    assert set(history.files) == {FILE}
    assert costs_of(history, OTHER) == {"collect": 2_000}


def test_both_states_of_a_file_are_one_thing_where_old_samples_are_dropped() -> None:
    """Else what was kept of one would be outlived by a run whose sample of the other was dropped."""
    runs = [run(0, file_of(1_000))] + [run(name, file_of(9_000, cold=True)) for name in range(1, KEPT_RUNS + 2)]
    history = join(History(), runs)
    assert [run.run for run in history.runs] == [f"r{name:03}" for name in range(2, KEPT_RUNS + 2)]
    assert join(history, runs[1:2]) == join(history, []) == history


def test_needs_are_those_of_the_newest_run_that_has_a_sample() -> None:
    older, newer = run(1, file_of(needs="a b")), run(2, file_of(needs="c"))
    assert needs_of(join(History(), [older, newer])) == ("c",)
    assert needs_of(join(join(History(), [newer]), [older])) == ("c",)
    unseen = run(3, file_of(needs="d"), tests=(), done=False)
    assert needs_of(join(History(), [older, newer, unseen])) == ("c",)
    silent = run(3, file_of(), done=False)
    assert needs_of(join(History(), [older, silent])) == ()


def test_needs_that_shards_of_one_attempt_know_are_added_up() -> None:
    one, other = run(1, file_of(needs="a b"), shard="1/2"), run(1, file_of(needs="b c"), shard="2/2")
    assert (
        needs_of(join(History(), [one, other])) == needs_of(join(join(History(), [other]), [one])) == tuple("abc")
    )


def test_each_set_of_needs_is_kept_once() -> None:
    tails = ("t", "u", "v")
    file = replace(file_of(), selected=tails, needs=(("b",), ("a",)), needing=(1, 0, 1))
    known = join(History(), [run(1, file, tests=tuple(map(finished, tails)))]).files[FILE]
    assert (known.needs, known.needing) == ((("a",), ("b",)), [0, 1, 0])
    free = replace(file, needs=((), ()), needing=(0, 1, 0))
    known = join(History(), [run(1, free, tests=tuple(map(finished, tails)))]).files[FILE]
    assert (known.needs, known.needing) == ((), [])
