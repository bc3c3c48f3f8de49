"""What collecting files costs, from samples of runs in which it was the first file and in which it was not."""

from __future__ import annotations

from pytest_smartshard.model.history import UNIT_SPEED
from pytest_smartshard.proving.collecting_costs import costs_of_collecting
from pytest_smartshard.proving.samples import Sample


def costs(**rows: list[Sample]) -> dict[str, int]:
    """Of files collected warm, each by its samples from the oldest run to the newest."""
    runs = max(map(len, rows.values()))
    found = costs_of_collecting(
        {file: {"collect": samples} for file, samples in rows.items()}, [UNIT_SPEED] * runs, cold=False
    )
    return {file: named["collect"] for file, named in found.items()}


def test_the_median_counts_and_of_two_the_lower() -> None:
    found = costs(three=[900, 100, 300], two=[900, None, 300])
    assert found == {"three": 300, "two": 300}


def test_what_the_first_files_of_a_run_have_in_common_is_not_their_own() -> None:
    """Both paid 50,000 for what every file imports, and one of them 70,000 for what only few need."""
    found = costs(dear=["s121000"], plain=["s51000"], a=[1_000], b=[1_000], c=[2_000])
    assert found == {"dear": 71_000, "plain": 1_000, "a": 1_000, "b": 1_000, "c": 2_000}


def test_one_process_takes_its_only_first_file_for_one_like_the_others() -> None:
    assert costs(only=["s90000"], a=[1_000], b=[3_000], c=[4_000])["only"] == 3_000


def test_with_too_few_others_all_of_it_is_its_own() -> None:
    assert costs(only=["s90000"], a=[1_000]) == {"only": 90_000, "a": 1_000}


def test_a_first_file_is_held_against_what_it_took_in_other_runs() -> None:
    found = costs(only=["s90000", 70_000, "s92000"], a=[1_000, 1_000, 1_000], b=[1_000, 1_000, 1_000])
    assert found["only"] == 70_000


def test_a_file_that_another_one_saved_an_import_once_is_not_cheap() -> None:
    """It was the first to import it twice and not the third time."""
    rows: dict[str, list[Sample]] = {"a": ["s51000", 70_000, 71_000], "b": ["s121000", 7_000, "s123000"]}
    others: dict[str, list[Sample]] = {name: [1_000, 1_000, 1_000] for name in "cdef"}
    plain: dict[str, list[Sample]] = {"plain": [1_000, "s51000", "s50500"]}
    assert costs(**rows, **others, **plain)["b"] > 70_000


def test_a_quicker_first_file_than_usual_has_nothing_in_common() -> None:
    assert costs(only=["s500"], a=[1_000], b=[1_000], c=[1_000])["only"] == 500


def test_what_was_measured_goes_before_a_guess_at_the_wanted_state() -> None:
    rows: dict[str, dict[str, list[Sample]]] = {"a": {"collect": ["s900"], "collect cold": [6_000]}}
    assert costs_of_collecting(rows, [UNIT_SPEED], cold=False) == {"a": {"collect": 6_000, "collect cold": 6_000}}
    rows = {"a": {"collect": ["s900"], "collect cold": ["s6000"]}}
    assert costs_of_collecting(rows, [UNIT_SPEED], cold=False)["a"]["collect"] == 900
    assert costs_of_collecting(rows, [UNIT_SPEED], cold=True)["a"]["collect"] == 6_000


def test_samples_count_as_of_a_run_at_unit_speed() -> None:
    rows: dict[str, dict[str, list[Sample]]] = {"a": {"collect": [8_000]}}
    assert costs_of_collecting(rows, [2 * UNIT_SPEED], cold=False)["a"]["collect"] == 4_000
