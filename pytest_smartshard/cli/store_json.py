"""What ``smartshard store`` says to machines: stable, versioned JSON; see ``docs/reference/command-line.md``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_smartshard.cli.store_text import moment
from pytest_smartshard.operations.comparing import ChangedCost, Comparison
from pytest_smartshard.operations.inspecting import (
    Ghosts,
    KnownTest,
    RunSeen,
    SegmentView,
    SharedView,
    StoreView,
)
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

SHOWN, DIFFERENCE = "smartshard-store", "smartshard-store-difference"

VERSION = 1
"""Counts up when a key goes or changes its meaning."""


def shown(view: StoreView, store: Path) -> str:
    """All segments of the store at *store*."""
    return _document(
        {
            "format": SHOWN,
            "version": VERSION,
            "store": str(store),
            "segments": [_segment(found) for found in view.segments],
            "unusable": [{"file": str(found.path), "reason": found.reason} for found in view.unusable],
        }
    )


def difference(comparisons: Sequence[Comparison], top: int) -> str:
    """All segments of two stores; of each kind of difference the first *top* tests."""
    return _document(
        {
            "format": DIFFERENCE,
            "version": VERSION,
            "equal": all(found.is_equal for found in comparisons),
            "segments": [_comparison(found, top) for found in comparisons],
        }
    )


def _segment(found: SegmentView) -> dict[str, object]:
    return {
        "segment": found.stored.segment.slug,
        "file": str(found.stored.path),
        "tests": found.tests,
        "files": found.files,
        "total_seconds": _seconds(found.total),
        "runs": found.runs,
        "other_runs": found.other_runs,
        "newest_run": _run(found.newest),
        "newest_complete_run": _run(found.complete),
        "ghosts": _ghosts(found.ghosts),
        "top_tests": found.top_tests,
        "top_seconds": _seconds(found.top_cost),
        "biggest": _tests(found.biggest),
        "shared": _shared(found.shared),
    }


def _shared(found: SharedView | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "start_up_seconds": _seconds(found.start_up) or None,
        "each_test_seconds": _seconds(found.each_test) or None,
        "collected_files": found.collected,
        "collecting_seconds": _seconds(found.collecting),
        "dearest_files": [
            {"file": known.key.file, "seconds": _seconds(known.cost)} for known in found.dearest_files
        ],
        "fixtures": found.fixtures,
        "fixtures_seconds": _seconds(found.fixtures_cost),
        "dearest_fixtures": [
            {"place": known.place, "name": known.name, "seconds": _seconds(known.cost), "tests": known.tests}
            for known in found.dearest_fixtures
        ],
    }


def _run(found: RunSeen | None) -> dict[str, object] | None:
    if found is None:
        return None
    when = moment(found.started)
    return {
        "run": found.run,
        "started": None if when is None else f"{when:%Y-%m-%dT%H:%M:%SZ}",
        "complete": found.is_complete,
        "unseen_tests": found.unseen,
    }


def _ghosts(found: Ghosts | None) -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "gone_files": list(found.files),
        "gone_tests": found.tests,
        "gone_seconds": _seconds(found.cost),
        "unjudged_tests": found.unjudged,
    }


def _tests(tests: Iterable[KnownTest]) -> list[dict[str, object]]:
    return [{"test": str(test.key), "seconds": _seconds(test.cost)} for test in tests]


def _comparison(found: Comparison, top: int) -> dict[str, object]:
    return {
        "a": None if found.a is None else found.a.slug,
        "b": None if found.b is None else found.b.slug,
        "equal": found.is_equal,
        "same_runs": found.same_runs,
        "a_tests": found.tests_a,
        "b_tests": found.tests_b,
        "a_seconds": _seconds(found.total_a),
        "b_seconds": _seconds(found.total_b),
        "only_a": len(found.only_a),
        "only_b": len(found.only_b),
        "changed": len(found.changed),
        "only_a_shared": len(found.shared.only_a),
        "only_b_shared": len(found.shared.only_b),
        "changed_shared": len(found.shared.changed),
        "other_needs": len(found.other_needs),
        "only_a_tests": _tests(found.only_a[:top]),
        "only_b_tests": _tests(found.only_b[:top]),
        "changed_tests": [_changed(test) for test in found.changed[:top]],
    }


def _changed(test: ChangedCost) -> dict[str, object]:
    return {
        "test": str(test.key),
        "before_seconds": _seconds(test.before),
        "after_seconds": _seconds(test.after),
        "factor": round(test.after / test.before, 3),
    }


def _seconds(microseconds: int) -> float:
    return round(microseconds / MICROSECONDS_PER_SECOND, 6)


def _document(value: dict[str, object]) -> str:
    # The one control character that JSON lets through; this may be shown on a terminal.
    return json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False).replace("\x7f", "\\u007f")
