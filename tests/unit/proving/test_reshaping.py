"""Reshaping and uniting histories, example by example; the laws are in tests/property/test_reshaping.py."""

from __future__ import annotations

from stored import run_of, with_shared_costs

from pytest_smartshard.model.history import History
from pytest_smartshard.proving.joining import join, newest_complete
from pytest_smartshard.proving.reshaping import reshaped, united


def history_of(*runs: tuple[str, float, dict[str, dict[str, int]]]) -> History:
    return join(History(), [run_of(tests, name, started=started) for name, started, tests in runs])


def columns_of(history: History, file: str) -> list[str]:
    return list(history.files[file].columns)


def test_tests_taken_out_are_gone_and_the_others_keep_samples_and_costs() -> None:
    history = history_of(
        ("r1", 1.0, {"a.py": {"x": 1_000, "y": 2_000}, "b.py": {"z": 3_000}}),
        ("r2", 2.0, {"a.py": {"x": 1_200, "y": 2_000}, "b.py": {"z": 3_000}}),
    )
    after = reshaped(history, lambda key: None if key.tail == "y" or key.file == "b.py" else key.file)
    assert {key: (file.tails, file.costs) for key, file in after.files.items()} == {"a.py": (["x"], [1_100])}
    assert columns_of(after, "a.py") == ["1000", "1200"]
    assert after.runs == history.runs


def test_what_tests_share_and_need_goes_with_their_file() -> None:
    run = with_shared_costs(
        run_of({"a/t.py": {"x": 1_000, "y": 2_000}, "b/t.py": {"z": 3_000}}),
        start_up=50_000,
        collecting={"a/t.py": 100, "b/t.py": 200, "a/none.py": 300},
        needs={"a/t.py": ["module m", "session s"], "b/t.py": ["session s"]},
    )
    after = reshaped(join(History(), [run]), lambda key: key.file[2:] if key.file.startswith("a/") else None)
    assert {place: list(known.costs) for place, known in after.shared.items()} == {
        "": [50_000],
        "none.py": [300],
        "t.py": [100],
    }
    assert {file: (known.needs, known.needing) for file, known in after.files.items()} == {
        "t.py": ((("module m", "session s"),), [0, 0])
    }


def test_files_that_meet_need_what_either_did() -> None:
    run = with_shared_costs(
        run_of({"a/t.py": {"x": 1_000, "y": 2_000}, "b/t.py": {"x": 3_000}}),
        collecting={"a/t.py": 100, "b/t.py": 200},
        needs={"a/t.py": ["module m"], "b/t.py": ["session s"]},
    )
    after = reshaped(join(History(), [run]), lambda key: "t.py")
    assert list(after.shared["t.py"].costs) == [100]
    assert after.files["t.py"].needs == (("module m", "session s"), ("module m",))
    assert after.files["t.py"].needing == [0, 1]


def test_shared_costs_go_where_they_are_sent() -> None:
    run = with_shared_costs(run_of({"a.py": {"x": 1_000}}), collecting={"a.py": 100, "b.py": 200})
    after = reshaped(
        join(History(), [run]), lambda key: key.file, lambda place: None if place == "b.py" else place
    )
    assert (set(after.files), set(after.shared)) == ({"a.py"}, {"a.py"})


def test_a_run_without_samples_is_remembered_when_it_decides_what_is_dropped() -> None:
    history = history_of(("r1", 1.0, {"a.py": {"x": 1_000}}), ("r2", 2.0, {"a.py": {"x": 1_000}}))
    after = reshaped(history, lambda key: None)
    assert (after.files, after.runs) == ({}, ())
    assert [run.run for run in after.other_runs] == ["r1", "r2"]
    assert newest_complete(after.other_runs) == ((True, 2.0), "r2")


def test_tests_that_meet_have_the_samples_of_both() -> None:
    history = history_of(("r1", 1.0, {"a/t.py": {"x": 1_000, "y": 10}, "b/t.py": {"x": 4_000}}))
    after = reshaped(history, lambda key: "t.py")
    assert columns_of(after, "t.py") == ["4000 10"]


def test_samples_of_all_runs_go_by_time_whatever_history_they_are_of() -> None:
    one = history_of(("r1", 1.0, {"a.py": {"x": 1_000}}), ("r3", 3.0, {"a.py": {"x": 1_400}}))
    two = history_of(("r2", 2.0, {"a.py": {"x": 1_200}}))
    whole = united([two, one])
    assert [run.run for run in whole.runs] == ["r1", "r2", "r3"]
    assert columns_of(whole, "a.py") == ["1000", "1200", "1400"]
    assert list(whole.files["a.py"].costs) == [1_250]  # (1000, 1200, 1400), each weighing as much as all before


def test_of_two_samples_of_one_run_the_longer_counts() -> None:
    one, two = (history_of(("r1", 1.0, {"a.py": {"x": cost}})) for cost in (1_000, 3_000))
    assert columns_of(united([one, two]), "a.py") == ["3000"]


def test_a_complete_run_of_one_suite_does_not_make_the_other_forget() -> None:
    one = history_of(("r1", 1.0, {"a.py": {"x": 1_000}}))
    two = history_of(("r2", 2.0, {"b.py": {"y": 1_000}}))
    whole = united([one, two])
    assert newest_complete(whole.runs) is None
    unfinished = run_of({"a.py": {"x": 1_000}}, "r3", started=3.0, done=False)
    assert set(join(whole, [unfinished]).files) == {"a.py", "b.py"}
    complete = run_of({"a.py": {"x": 1_000}}, "r4", started=4.0)
    assert set(join(whole, [complete]).files) == {"a.py"}


def test_a_run_that_all_histories_have_as_complete_stays_so() -> None:
    tests = {"a.py": {"x": 1_000}, "b.py": {"y": 1_000}}
    history = history_of(("r1", 1.0, tests))
    parts = [
        reshaped(history, lambda key: key.file if key.file == "a.py" else None),
        reshaped(history, lambda key: key.file if key.file == "b.py" else None),
    ]
    assert newest_complete(united(parts).runs) == ((True, 1.0), "r1")
