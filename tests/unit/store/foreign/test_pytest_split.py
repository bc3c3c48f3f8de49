"""Durations that pytest-split left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from making import suite_of

from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.model.history import MeasuredRun
from pytest_smartshard.planning.planner import PlanOptions, make_plan
from pytest_smartshard.proving.joining import join
from pytest_smartshard.store.foreign.locating import Checkout
from pytest_smartshard.store.foreign.protocol import Unreadable
from pytest_smartshard.store.foreign.pytest_split import PytestSplit, parse_durations
from pytest_smartshard.store.format import fingerprint

ROOT = Path("nowhere")


def test_seconds_by_node_id_become_microseconds_by_file_and_tail() -> None:
    raw = json.dumps(
        {
            "tests/test_b.py::test_y": 0.25,
            "tests/test_a.py::TestA::test_x[a::b[c]]": 1.5000004,
            "tests/test_a.py::TestA::test_x[1]": 2,
            "tests/test_a.py::test_zero": 0,
            "tests/test_a.py": 3e-6,
        }
    ).encode()
    found = parse_durations(raw, "x", ROOT)
    assert list(found.files) == ["tests/test_a.py", "tests/test_b.py"]
    file = found.files["tests/test_a.py"]
    assert list(file.tails) == ["", "TestA::test_x[1]", "TestA::test_x[a::b[c]]", "test_zero"]
    assert list(file.costs) == [3, 2_000_000, 1_500_000, 1]
    assert list(file.columns) == ["3 2000000 1500000 0"]
    assert found.runs == (MeasuredRun(run="pytest-split"),)
    assert found.digest == fingerprint(raw)


def test_ids_with_an_address_are_passed_over() -> None:
    raw = b'{"a.py::t[<object at 0x7f00deadbeef>]": 1.0, "a.py::u[look at 0x41]": 2.0}'
    assert list(parse_durations(raw, "x", ROOT).files["a.py"].tails) == ["u[look at 0x41]"]


def test_zero_durations_alone_make_a_plan() -> None:
    """pytest-split itself fails with an IndexError on these."""
    raw = json.dumps({f"a.py::t{place}": 0.0 for place in range(9)}).encode()
    history = parse_durations(raw, "x", ROOT)
    plan = make_plan(suite_of({"a.py": [f"t{place}" for place in range(9)]}), history, PlanOptions(shards=3)).plan
    assert plan.forecast.loads == (3, 3, 3)


def test_what_was_imported_can_be_joined() -> None:
    history = parse_durations(b'{"a.py::t": 0.5}', "x", ROOT)
    assert join(history, []).files["a.py"].costs == [500_000]


@pytest.mark.parametrize("seconds", ["1e9", "1e300", "1e305", "1e308", "9" * 300])
def test_absurd_durations_are_cut_and_do_not_overflow(seconds: str) -> None:
    raw = f'{{"a.py::t": {seconds}, "a.py::u": 1}}'.encode()
    assert parse_durations(raw, "x", ROOT).files["a.py"].costs == [10**15, 10**6]


def test_an_empty_file_of_durations_knows_nothing() -> None:
    assert parse_durations(b"{}", "x", ROOT).is_empty


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-Infinity", "-0.5", "9" * 400, "null", '"1.5"', "true", "[1]", "{}"],
    ids=lambda v: v[:9],
)
def test_what_is_no_duration_makes_the_file_unusable(value: str) -> None:
    with pytest.raises(UnusableFile) as refused:
        parse_durations(f'{{"a.py::t": {value}}}'.encode(), "the path", ROOT)
    assert (refused.value.path, refused.value.reason) == ("the path", "holds durations that are no seconds")


def test_a_truncated_file_is_unusable_wherever_it_ends() -> None:
    raw = json.dumps({"a.py::t[é]": 0.5, "b.py::u": 1.25}).encode()
    for length in range(len(raw)):
        with pytest.raises(UnusableFile) as refused:
            parse_durations(raw[:length], "x", ROOT)
        assert refused.value.reason == "is no complete JSON"


@pytest.mark.parametrize(
    "raw", [b"null", b'"x"', b"5", b"[5]", b'["a.py::t"]', b'[["a.py::t", 1, 2]]', b"[[1, 2]]", b"[[[], 2]]"]
)
def test_other_json_is_unusable(raw: bytes) -> None:
    with pytest.raises(UnusableFile) as refused:
        parse_durations(raw, "x", ROOT)
    assert refused.value.reason == "is no table of node ids and seconds"


def test_json_that_is_nested_without_end_is_unusable() -> None:
    with pytest.raises(UnusableFile):
        parse_durations(b"[" * 200_000, "x", ROOT)


def test_the_list_that_its_first_versions_wrote_is_read_too() -> None:
    found = parse_durations(b'[["a.py::t", 0.5], ["a.py::u", 1], ["a.py::t", 0.25]]', "x", ROOT)
    assert (found.files["a.py"].tails, found.files["a.py"].costs) == (["t", "u"], [250_000, 1_000_000])


def test_a_table_of_numbers_without_node_ids_is_none_to_import() -> None:
    with pytest.raises(Unreadable) as refused:
        PytestSplit().read(b'{"version": 2}', Checkout(ROOT))
    assert str(refused.value) == "is no table of node ids and seconds"


def test_a_group_of_xdist_is_no_part_of_a_name() -> None:
    raw = b'{"a.py::t@db": 1, "a.py::u[x]@db": 1, "a.py::v[a@b]": 1, "mail.yaml::to a@b": 1}'
    (run,) = PytestSplit().read(raw, Checkout(ROOT)).runs
    assert [str(key) for key in run.timings] == ["a.py::t", "a.py::u[x]", "a.py::v[a@b]", "mail.yaml::to a@b"]
