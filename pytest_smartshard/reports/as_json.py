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

Of a shard, ``predicted_seconds`` and ``actual_seconds`` are its start-up, collecting its files and the tests of
its slowest lane; of a mispredicted test, its own time without fixtures that it shares. ``actual_seconds`` is null
where the shard left no journal, ``wall_seconds`` where its session did not end by itself. A reader must accept
keys that it does not know; ``version`` counts up when one of these goes or changes its meaning.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.summary import RunSummary, ShardSummary, TimedItem
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

FORMAT = "smartshard-report"
VERSION = 1


@dataclass(frozen=True, slots=True)
class JsonReport:
    """ASCII JSON, indented by two."""

    def render(self, summaries: Sequence[RunSummary]) -> str:
        """The document described at the top of this module; ends with a newline."""
        segments = [segment_object(summary) for summary in summaries]
        return json_text({"format": FORMAT, "version": VERSION, "segments": segments})


def json_text(document: Mapping[str, object]) -> str:
    """*document* as ASCII, indented by two, so that neither a terminal nor a CI's log acts on what is in it."""
    text = json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False)
    # The one control character that JSON lets through, and what begins a command in logs of some CI systems.
    return text.replace("\x7f", "\\u007f").replace("##", "#\\u0023") + "\n"


def segment_object(summary: RunSummary) -> dict[str, object]:
    """One of ``segments``, as described at the top of this module."""
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
        "makespan_seconds": seconds_of(summary.makespan),
        "lower_bound_seconds": seconds_of(summary.bound),
        "imbalance": round(summary.makespan / summary.bound, 6) if summary.bound > 0 else None,
        "total_seconds": seconds_of(summary.total),
        "binding": None if summary.binding is None else test_object(summary.binding),
        "mispredicted": [test_object(test) for test in summary.mispredicted],
        "alternatives": [
            {"shards": other.shards, "makespan_seconds": seconds_of(other.makespan)}
            for other in summary.alternatives
        ],
        "known_seconds": seconds_of(summary.known),
        "predicted_total_seconds": seconds_of(summary.predicted_total),
    }


def _shard(shard: ShardSummary) -> dict[str, object]:
    return {
        "shard": shard.shard.number,
        "of": shard.shard.count,
        "tests": shard.tests,
        "failed": shard.failed,
        "predicted_seconds": None if shard.predicted is None else seconds_of(shard.predicted),
        "actual_seconds": None if shard.busy is None else seconds_of(shard.busy),
        "wall_seconds": _wall(shard.wall),
        "finished": shard.finished,
    }


def test_object(test: TimedItem) -> dict[str, object]:
    """A test with its predicted and its actual time."""
    return {
        "test": test.name,
        "shard": test.shard,
        "predicted_seconds": seconds_of(test.predicted),
        "actual_seconds": seconds_of(test.actual),
    }


def seconds_of(microseconds: int) -> float:
    """Exact to the microsecond."""
    return round(microseconds / MICROSECONDS_PER_SECOND, 6)


def _wall(wall: float | None) -> float | None:
    """JSON has no infinity; a journal from elsewhere may."""
    return round(wall, 6) if wall is not None and math.isfinite(wall) else None
