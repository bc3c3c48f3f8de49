"""What every format of another tool must do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_smartshard.checked import MOST_MICROSECONDS
from pytest_smartshard.model.history import IMPORTED
from pytest_smartshard.model.record import OUTCOMES
from pytest_smartshard.model.segment import safe_name
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.store.foreign.locating import Checkout
from pytest_smartshard.store.foreign.protocol import ForeignFormat, Reading, Unreadable
from pytest_smartshard.store.foreign.table import FORMATS, format_of

EXPECTED = {
    ItemKey("tests/test_a.py", "TestA::test_one[x::y]"): 1_500_000,
    ItemKey("tests/test_a.py", "test_two"): 20_000,
}


@dataclass(frozen=True, slots=True)
class Example:
    """Files of one format: ``whole`` says what EXPECTED holds, ``empty`` is one of a run without tests."""

    whole: bytes
    empty: bytes


def balance_line(nodeid: str, seconds: float) -> str:
    return json.dumps(
        {
            "test_id": nodeid,
            "duration": seconds,
            "timestamp": "2024-05-01T12:00:00+00:00",
            "run_id": "9",
            "worker": "node0",
            "phase": "call",
            "outcome": "passed",
        },
        separators=(",", ":"),
    )


EXAMPLES: Mapping[str, Example] = {
    "JUnit": Example(
        b'<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" '
        b'timestamp="2024-05-01T12:00:00.250000+00:00" hostname="h">'
        b'<testcase classname="tests.test_a.TestA" name="test_one[x::y]" time="1.500" />'
        b'<testcase classname="tests.test_a" name="test_two" time="0.020" /></testsuite></testsuites>',
        b'<testsuites><testsuite name="pytest" /></testsuites>',
    ),
    "pytest-balance": Example(
        "\n".join(
            [
                balance_line("tests/test_a.py::TestA::test_one[x::y]", 1.5),
                balance_line("tests/test_a.py::test_two", 0.02),
            ]
        ).encode()
        + b"\n",
        b'{"test_id":"a.py::t","duration":1,"phase":"setup"}\n',
    ),
    "pytest-split": Example(
        json.dumps(
            {"tests/test_a.py::TestA::test_one[x::y]": 1.5, "tests/test_a.py::test_two": 0.02}, indent=4
        ).encode(),
        b"{}",
    ),
}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").touch()
    return Checkout(tmp_path)


@pytest.fixture(params=FORMATS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def foreign(name: str) -> ForeignFormat:
    return FORMATS[name]


@pytest.fixture
def example(name: str) -> Example:
    return EXAMPLES[name]


def durations(reading: Reading) -> dict[ItemKey, int]:
    return {key: timing.duration for run in reading.runs for key, timing in run.timings.items()}


def test_there_is_an_example_of_each() -> None:
    assert EXAMPLES.keys() == FORMATS.keys()


def test_its_content_tells_it_from_all_others(name: str, example: Example) -> None:
    for raw in (
        example.whole,
        example.empty,
        b" \n" + example.whole if name == "pytest-split" else example.whole,
    ):
        assert format_of(raw) == name
    assert format_of(b"") is None
    assert format_of(b"\x00\xff binary") is None


def test_tests_have_the_names_that_they_have_here(
    foreign: ForeignFormat, example: Example, checkout: Checkout
) -> None:
    reading = foreign.read(example.whole, checkout)
    assert durations(reading) == EXPECTED
    assert reading.flaws == ()
    (run,) = reading.runs
    assert (run.nameless, run.untimed) == ((), 0)
    assert {timing.outcome for timing in run.timings.values()} == {"passed"}


def test_a_run_without_tests_has_no_durations(
    foreign: ForeignFormat, example: Example, checkout: Checkout
) -> None:
    assert durations(foreign.read(example.empty, checkout)) == {}


def test_the_name_of_a_run_follows_from_its_content_and_is_none_of_ours(
    name: str, foreign: ForeignFormat, example: Example, checkout: Checkout, tmp_path: Path
) -> None:
    (first,) = foreign.read(example.whole, checkout).runs
    (again,) = foreign.read(example.whole, Checkout(tmp_path / "elsewhere")).runs
    assert first.name == again.name
    assert first.name.startswith(f"{IMPORTED}{name.lower()}-")
    assert safe_name(first.name) != first.name
    other = example.whole.replace(b'"9"', b'"10"').replace(b"0.02", b"0.03")
    assert foreign.read(other, checkout).runs[0].name != first.name


def test_what_is_torn_is_refused_or_counts_as_far_as_it_goes(
    foreign: ForeignFormat, example: Example, checkout: Checkout
) -> None:
    for length in range(len(example.whole)):
        try:
            found = durations(foreign.read(example.whole[:length], checkout))
        except Unreadable:
            continue
        assert found.items() <= EXPECTED.items()


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_in_a_file_it_is_refused_in_words_or_gives_durations(
    foreign: ForeignFormat, example: Example, checkout: Checkout, data: st.DataObject
) -> None:
    raw = bytearray(example.whole)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw)))
        length = data.draw(st.integers(0, 30))
        odd = st.sampled_from(
            [b"", b'"', b"<", b">", b"{", b"[", b"-1", b"1e999", b"NaN", b"9" * 30, b"&lol;", b"..", b"\\u0000"]
        )
        raw[place : place + length] = data.draw(odd | st.binary(max_size=8))
    try:
        reading = foreign.read(bytes(raw), checkout)
    except Unreadable:
        return
    for run in reading.runs:
        assert run.started is None or run.started >= 0
        for timing in run.timings.values():
            assert 0 <= timing.duration <= MOST_MICROSECONDS
            assert timing.outcome in OUTCOMES


@pytest.mark.parametrize("seconds", ["1e9", "1e300", "9" * 300])
def test_absurd_durations_are_cut(
    foreign: ForeignFormat, example: Example, checkout: Checkout, seconds: str
) -> None:
    raw = example.whole.replace(b"0.02", seconds.encode()).replace(seconds.encode() + b"0", seconds.encode())
    assert durations(foreign.read(raw, checkout))[ItemKey("tests/test_a.py", "test_two")] == MOST_MICROSECONDS


def test_names_lead_nowhere(foreign: ForeignFormat, example: Example, checkout: Checkout, tmp_path: Path) -> None:
    """They are keys, never opened; whatever they say, nothing is written."""
    for evil in (b"/etc/passwd", b"../../../x.py", b"C:/x.py", b"tests/" + b"a" * 5_000):
        raw = example.whole.replace(b"tests/test_a.py", evil).replace(b"tests.test_a", evil.replace(b"/", b"."))
        reading = foreign.read(raw, checkout)
        for key in durations(reading):
            assert not checkout.has(key.file) or key.file.endswith("passwd")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["test_a.py", "tests"]
