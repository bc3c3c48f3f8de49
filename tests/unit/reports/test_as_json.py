"""The JSON report: names, order and units of its keys are a promise to whoever reads it."""

from __future__ import annotations

import json
import math

import pytest

from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.model.summary import Alternative, RunSummary, ShardSummary, TimedItem
from pytest_smartshard.reports.as_json import JsonReport


def shard(number: int, *, busy: int | None, wall: float | None) -> ShardSummary:
    return ShardSummary(
        shard=ShardIndex(number, 3),
        tests=10,
        failed=1,
        predicted=1_234_567,
        busy=busy,
        wall=wall,
        finished=busy is not None,
    )


def summary(*shards: ShardSummary, binding: TimedItem | None = None, bound: int = 1_500_000) -> RunSummary:
    return RunSummary(
        segment=Segment("app", "linux-3.12"),
        run="gh-1",
        generation=1,
        digests=("4f1d",),
        shards=shards,
        missing=(3, 2),
        makespan=2_000_001,
        bound=bound,
        total=2_000_001,
        binding=binding,
        mispredicted=(TimedItem(name="a::\x1b\ud800", shard=1, predicted=0, actual=1),),
        alternatives=(Alternative(shards=2, makespan=3_000_000),),
        known=500_000,
        predicted_total=2_469_134,
    )


def test_a_report_with_everything_in_it() -> None:
    binding = TimedItem(name="a::b", shard=1, predicted=1_000_000, actual=1_500_000)
    text = JsonReport().render(
        [summary(shard(2, busy=None, wall=None), shard(1, busy=2_000_001, wall=3.12345678), binding=binding)]
    )
    expected = {
        "format": "smartshard-report",
        "version": 1,
        "segments": [
            {
                "suite": "app",
                "environment": "linux-3.12",
                "selection": "all",
                "run": "gh-1",
                "generation": 1,
                "digests": ["4f1d"],
                "tests": 20,
                "failed": 2,
                "shards": [
                    {
                        "shard": 1,
                        "of": 3,
                        "tests": 10,
                        "failed": 1,
                        "predicted_seconds": 1.234567,
                        "actual_seconds": 2.000001,
                        "wall_seconds": 3.123457,
                        "finished": True,
                    },
                    {
                        "shard": 2,
                        "of": 3,
                        "tests": 10,
                        "failed": 1,
                        "predicted_seconds": 1.234567,
                        "actual_seconds": None,
                        "wall_seconds": None,
                        "finished": False,
                    },
                ],
                "missing": [2, 3],
                "makespan_seconds": 2.000001,
                "lower_bound_seconds": 1.5,
                "imbalance": 1.333334,
                "total_seconds": 2.000001,
                "binding": {
                    "test": "a::b",
                    "shard": 1,
                    "predicted_seconds": 1.0,
                    "actual_seconds": 1.5,
                },
                "mispredicted": [
                    {
                        "test": "a::\x1b\ud800",
                        "shard": 1,
                        "predicted_seconds": 0.0,
                        "actual_seconds": 0.000001,
                    }
                ],
                "alternatives": [{"shards": 2, "makespan_seconds": 3.0}],
                "known_seconds": 0.5,
                "predicted_total_seconds": 2.469134,
            }
        ],
    }
    assert json.loads(text) == expected
    # Equal dicts may differ in order; the order is promised too.
    assert json.dumps(json.loads(text)) == json.dumps(expected)


def test_no_run_at_all() -> None:
    assert json.loads(JsonReport().render([])) == {
        "format": "smartshard-report",
        "version": 1,
        "segments": [],
    }


def test_no_bound_and_no_binding_test_are_null() -> None:
    segment = json.loads(JsonReport().render([summary(bound=0)]))["segments"][0]
    assert segment["imbalance"] is None
    assert segment["binding"] is None


@pytest.mark.parametrize("wall", [math.inf, -math.inf, math.nan])
def test_what_json_cannot_say_is_null(wall: float) -> None:
    segment = json.loads(JsonReport().render([summary(shard(1, busy=1, wall=wall))]))["segments"][0]
    assert segment["shards"][0]["wall_seconds"] is None


def test_names_come_back_whole() -> None:
    name = "a::\x7f\\u007f" + "x" * 20_000
    run = summary(binding=TimedItem(name=name, shard=1, predicted=0, actual=0))
    assert json.loads(JsonReport().render([run]))["segments"][0]["binding"]["test"] == name


def test_a_report_that_is_printed_into_a_log_is_no_command() -> None:
    name = "a::##vso[task.complete]###"
    text = JsonReport().render([summary(binding=TimedItem(name=name, shard=1, predicted=0, actual=0))])
    assert "##" not in text
    assert json.loads(text)["segments"][0]["binding"]["test"] == name
