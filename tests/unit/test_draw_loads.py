"""``benchmarks/draw_loads.py``: the parts of a shard's time are those of the reports, and are drawn to scale."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from draw_loads import KINDS, Bar, bar_of, drawing_of, last_attempts, step_of
from making import FILE, SEGMENT, finished

from pytest_smartshard.model.record import Journal, JournalFooter, JournalHeader, OwnedFile
from pytest_smartshard.model.segment import RunIdentity, ShardIndex
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.operations.summarising import load_of

SVG = "{http://www.w3.org/2000/svg}"


def journal(shard: int = 1, attempt: int = 1, generation: int = 0) -> Journal:
    """A shard with two lanes, of which the second is the slower one."""
    paid = SharedTime(FILE, "module db", 300_000, 50_000)
    tests = (
        finished("test_a", 400_000, lane="gw0"),
        finished("test_b", 200_000, setup=310_000, teardown=60_000, lane="gw1", shared=(paid,)),
    )
    header = JournalHeader(
        segment=SEGMENT,
        identity=RunIdentity(run="7", generation=generation, attempt=attempt),
        shard=ShardIndex(shard, 2),
        digest="0a1b2c3d4e5f",
        started=0.0,
        selected=2,
        predicted=2_000_000,
        start_up=700_000,
    )
    file = OwnedFile(
        file=FILE,
        collected=2,
        collected_digest="",
        remaining=2,
        remaining_digest="",
        selected=("test_a", "test_b"),
        collecting=100_000,
    )
    footer = JournalFooter(exit_code=0, ran=2, seconds=1.5, each_test=1_000)
    return Journal(path="j", header=header, files=(file,), tests=tests, footer=footer)


def test_the_parts_are_those_of_the_slowest_lane_and_add_up_to_the_load() -> None:
    one = journal()
    bar = bar_of(one)
    assert dict(zip(KINDS, bar.parts, strict=True)) == {
        "start-up": 700_000,
        "collecting": 100_000,
        "fixtures": 350_000,
        "tests": 221_000,
    }
    assert bar.taken == load_of(one)


def test_the_last_attempt_of_the_run_itself_counts() -> None:
    journals = [journal(2), journal(1, 2), journal(1, 1), journal(1, 3, generation=1)]
    kept = [(one.header.shard.number, one.header.identity.attempt) for one in last_attempts(journals)]
    assert kept == [(1, 2), (2, 1)]


def test_bars_are_drawn_to_scale() -> None:
    bars = [Bar(1, 2, 1, (500_000, 0, 250_000, 250_000), 1_000_000), Bar(2, 1, 1, (500_000, 0, 0, 0), 0)]
    root = ET.fromstring(drawing_of(bars, "a < b"))
    assert root.findtext(f"{SVG}title") == "a < b"
    widths = [float(rect.get("width", "")) for rect in root.iter(f"{SVG}rect") if rect.get("height") == "28"]
    assert widths == [269.0, 134.0, 134.0, 269.0]
    marks = [line for line in root.iter(f"{SVG}line") if line.get("class") == "predicted"]
    assert [mark.get("x1") for mark in marks[1:]] == ["690.0"]


@pytest.mark.parametrize(("longest", "step"), [(0.05, 0.01), (0.9, 0.1), (1.1, 0.2), (22, 5), (60, 10), (99, 10)])
def test_an_axis_has_few_marks(longest: float, step: float) -> None:
    assert step_of(longest) == pytest.approx(step)
