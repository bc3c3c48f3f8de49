"""The report for machines: a stable, versioned JSON document.

All times are seconds as numbers, exact to the microsecond, and their keys end in ``_seconds``. Shard numbers
are 1-based. Names are whole and as they were, not shortened. Keys come in the order given here::

    format, version            "smartshard-report", 1
    segments[]                 one for each segment of the run
      suite, environment, selection, run, generation
      digests[]                more than one: the shards planned differently
      tests, failed            sums over all shards
      shards[]                 shard, of, tests, failed, predicted_seconds, actual_seconds, wall_seconds,
                               finished
      missing[]                numbers of the shards without a finished journal
      makespan_seconds, lower_bound_seconds
      imbalance                makespan over lower bound; null where the bound is 0
      total_seconds            of all tests
      binding                  the test that alone sets the bound (as below), or null
      mispredicted[]           test, shard, predicted_seconds, actual_seconds
      alternatives[]           shards, makespan_seconds
      known_seconds            how much of the next rested on history
      predicted_total_seconds

``actual_seconds`` is null where the shard left no journal, ``wall_seconds`` where its session did not end by
itself. A reader must accept keys that it does not know; ``version`` counts up when one of these goes or
changes its meaning.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_smartshard.model.summary import RunSummary, ShardSummary, TimedItem
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

FORMAT = "smartshard-report"
VERSION = 1


@dataclass(frozen=True, slots=True)
class JsonReport:
    """ASCII JSON, indented by two."""

    def render(self, summaries: Sequence[RunSummary]) -> str:
        """The document described at the top of this module; ends with a newline."""
        segments = [_segment(summary) for summary in summaries]
        document = {"format": FORMAT, "version": VERSION, "segments": segments}
        text = json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False)
        # The one control character that JSON lets through; it may be shown on a terminal.
        return text.replace("\x7f", "\\u007f") + "\n"


def _segment(summary: RunSummary) -> dict[str, object]:
    return {
        "suite": summary.segment.suite,
        "environment": summary.segment.environment,
        "selection": summary.segment.selection,
        "run": summary.run,
        "generation": summary.generation,
        "digests": list(summary.digests),
        "tests": sum(shard.tests for shard in summary.shards),
        "failed": sum(shard.failed for shard in summary.shards),
        "shards": [_shard(shard) for shard in sorted(summary.shards, key=lambda shard: shard.shard)],
        "missing": sorted(summary.missing),
        "makespan_seconds": _seconds(summary.makespan),
        "lower_bound_seconds": _seconds(summary.bound),
        "imbalance": round(summary.makespan / summary.bound, 6) if summary.bound > 0 else None,
        "total_seconds": _seconds(summary.total),
        "binding": None if summary.binding is None else _test(summary.binding),
        "mispredicted": [_test(test) for test in summary.mispredicted],
        "alternatives": [
            {"shards": other.shards, "makespan_seconds": _seconds(other.makespan)}
            for other in summary.alternatives
        ],
        "known_seconds": _seconds(summary.known),
        "predicted_total_seconds": _seconds(summary.predicted_total),
    }


def _shard(shard: ShardSummary) -> dict[str, object]:
    return {
        "shard": shard.shard.number,
        "of": shard.shard.count,
        "tests": shard.tests,
        "failed": shard.failed,
        "predicted_seconds": None if shard.predicted is None else _seconds(shard.predicted),
        "actual_seconds": None if shard.busy is None else _seconds(shard.busy),
        "wall_seconds": _wall(shard.wall),
        "finished": shard.finished,
    }


def _test(test: TimedItem) -> dict[str, object]:
    return {
        "test": test.name,
        "shard": test.shard,
        "predicted_seconds": _seconds(test.predicted),
        "actual_seconds": _seconds(test.actual),
    }


def _seconds(microseconds: int) -> float:
    return round(microseconds / MICROSECONDS_PER_SECOND, 6)


def _wall(wall: float | None) -> float | None:
    """JSON has no infinity; a journal from elsewhere may."""
    return round(wall, 6) if wall is not None and math.isfinite(wall) else None
