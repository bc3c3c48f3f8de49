"""The report of a merge for machines: names, order and units of its keys are a promise to whoever reads it."""

from __future__ import annotations

import json

from merged_runs import DETAILS, FILE, SEGMENT, bad_run, counted, green_segment

from pytest_smartshard.model.merged import MergedRun
from pytest_smartshard.reports.merge_json import merge_json

EARLIER = [{"generation": 0, "attempt": 1, "outcome": "failed"}]


def test_a_report_with_everything_in_it() -> None:
    document = json.loads(merge_json(bad_run()))
    (segment,) = document.pop("segments")
    (figures,) = segment.pop("figures")
    assert figures["makespan_seconds"] == 4.0  # as in the report of a run, which has tests of its own
    expected = {
        "format": "smartshard-merge",
        "version": 1,
        "run": "r1",
        "verdict": "unproved",
        "exit_code": 3,
        "cause": "the index counts every cell",
        "absent": ["root@linux-3.13@all"],
        "other_runs": ["r0"],
        "refusals": ["coverage of test_x was not judged"],
        "notes": ["test_x has no journal header: left out"],
        "coverage": {"percent": 71.2, "fail_under": 80, "met": False, "files": ["coverage.xml"]},
        "written": {"coverage": "coverage.xml"},
    }
    assert json.dumps(document) == json.dumps(expected)
    expected_segment = {
        "segment": "root@linux-3.12@all",
        "suite": "root",
        "environment": "linux-3.12",
        "selection": "all",
        "verdict": "unproved",
        "exit_code": 3,
        "expected": 7,
        "listed": True,
        "generations": [
            {
                "generation": 0,
                "of": 3,
                "counts": [3],
                "digests": ["d1", "d2"],
                "collections": ["c1"],
                "missing": [3],
                "pruned": [1, 2],
                "uncollected": [{"file": "test_x", "shard": 2}],
                "disagreeing": ["test_x"],
                "outdated": False,
                "causes": ["the option test_x differs: test_x in 1"],
                "shards": [
                    {
                        "shard": 1,
                        "attempt": 2,
                        "journals": ["test_x", "twin"],
                        "died": False,
                        "stopped_in": None,
                        "twins": True,
                        "reason": "",
                        "exit_code": 1,
                        "running": [],
                        "unexplained": True,
                    },
                    {
                        "shard": 2,
                        "attempt": 1,
                        "journals": ["j2"],
                        "died": True,
                        "stopped_in": None,
                        "twins": False,
                        "reason": "",
                        "exit_code": None,
                        "running": [f"{FILE}::test_x"],
                        "unexplained": False,
                    },
                ],
            }
        ],
        "lost": [
            {
                "test": f"{FILE}::test_x",
                "how": "started and not finished",
                "generation": 0,
                "shard": 2,
                "stopped": False,
                "whole_file": False,
            },
            {
                "test": "test_x::test_x",
                "how": "never assigned",
                "generation": 0,
                "shard": None,
                "stopped": False,
                "whole_file": False,
            },
            {
                "test": "test_x",
                "how": "never assigned",
                "generation": 0,
                "shard": None,
                "stopped": False,
                "whole_file": True,
            },
        ],
        "doubled": [{"test": f"{FILE}::test_x", "generation": 0, "shards": [1, 2]}],
        "gone": [f"{FILE}::test_x"],
        "failures": [
            {
                "test": f"{FILE}::test_x",
                "outcome": "failed",
                "shard": 1,
                "generation": 0,
                "attempt": 2,
                "reruns": 0,
                "actual_seconds": 1.0,
                "earlier": EARLIER,
                "details": DETAILS,
            },
            {
                "test": f"{FILE}::test_xb",
                "outcome": "crashed",
                "shard": 1,
                "generation": 0,
                "attempt": 1,
                "reruns": 0,
                "actual_seconds": 1.0,
                "earlier": [],
                "details": "worker 'gw0' crashed",
            },
        ],
        "flaky": [
            {
                "test": f"{FILE}::test_xc",
                "outcome": "passed",
                "shard": 1,
                "generation": 0,
                "attempt": 2,
                "reruns": 0,
                "actual_seconds": 1.0,
                "earlier": EARLIER,
                "details": "",
            },
            {
                "test": f"{FILE}::test_xd",
                "outcome": "passed",
                "shard": 1,
                "generation": 0,
                "attempt": 1,
                "reruns": 2,
                "actual_seconds": 1.0,
                "earlier": [],
                "details": "",
            },
        ],
        "collection_errors": [{"node": f"{FILE}::test_x", "details": DETAILS}],
        "failed_only_pruned": ["test_x"],
        "slowest": [{"test": "test_x", "shard": 1, "predicted_seconds": 0.5, "actual_seconds": 1.0}],
        "store": {
            "path": "test_x",
            "journals": 2,
            "tests": 4,
            "written": True,
            "added": 1,
            "dropped": 2,
            "changed": [{"test": f"{FILE}::test_x", "before_seconds": 1.0, "after_seconds": 4.0}],
        },
    }
    # Equal dicts may differ in order; the order is promised too.
    assert json.dumps(segment) == json.dumps(expected_segment)


def test_what_is_not_there_is_null_or_empty() -> None:
    document = json.loads(merge_json(MergedRun(run="r1", segments=(green_segment(counted("a")),))))
    assert (document["verdict"], document["exit_code"], document["coverage"]) == ("green", 0, None)
    (segment,) = document["segments"]
    assert segment["segment"] == SEGMENT.slug
    assert (segment["store"], segment["failures"], segment["lost"]) == (None, [], [])


def test_all_that_is_lost_is_named_whole_and_nothing_is_a_command_to_who_prints_it() -> None:
    name = "::error::x\x7f##vso[task.complete]\ud800" + "x" * 20_000
    text = merge_json(bad_run(name))
    assert text.isascii()
    assert "##" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    (segment,) = json.loads(text)["segments"]
    assert segment["lost"][0]["test"] == f"{FILE}::{name}"
