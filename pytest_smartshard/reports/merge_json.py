"""What became of a merged run, for machines: a stable, versioned JSON document that names everything.

Times, names and numbers of shards are as in :mod:`pytest_smartshard.reports.as_json`. Keys come in the order
given here::

    format, version            "smartshard-merge", 1
    run
    verdict, exit_code         "green" 0, "red" 1, "stopped" 2, "unproved" 3
    cause                      what is probably wrong with all segments together; "" for nothing
    absent[]                   names of segments that were expected and left nothing
    other_runs[]               runs whose journals lay there too, and were left out
    refusals[]                 why something that was asked for could not be judged
    notes[]
    coverage                   percent, fail_under (0: no gate), met, files[]; or null
    written                    object: path of each file that the merge wrote, by what it is
    segments[]
      segment, suite, environment, selection
      verdict, exit_code
      expected                 tests of the suite
      listed                   whether the names of all of them are known
      generations[]
        generation, of         of: into how many shards it was divided
        counts[], digests[], collections[]   one each where all shards agree
        missing[]              numbers of shards that left no journal
        pruned[]               numbers of shards that collected no more than their own files
        uncollected[]          file, shard: the number of one that owns it and has not collected it
        disagreeing[]          files in which shards saw different tests
        outdated               whether a journal is too old to say which tests its shard was to run
        causes[]               what is probably wrong
        shards[]               shard, attempt, journals[], died, twins (two jobs ran as this shard), reason (of an
                               early stop, or ""), exit_code (null where it died), running[] (tests that had begun
                               and not ended), stopped_in (the test that it died of by going beyond its limit, or
                               null), unexplained (red, and no test says why)
      lost[]                   test, how ("never assigned", "assigned and not run", "started and not finished"),
                               generation, shard (or null), stopped (on purpose), whole_file (test names a file of
                               which nobody collected the tests)
      doubled[]                test, generation, shards[] (a number for each time)
      gone[]                   tests that were left and are no longer collected
      failures[]               test, outcome, shard, generation, attempt, reruns, actual_seconds, earlier[],
                               details
      flaky[]                  the same
      collection_errors[]      node, details
      failed_only_pruned[]     files that failed only where other files were left out
      slowest[]                test, shard, predicted_seconds, actual_seconds
      store                    path, journals, tests, written, added, dropped, changed[]; or null
        changed[]              test, before_seconds, after_seconds
      figures[]                for each generation, what ``segments`` of "smartshard-report" holds

``earlier`` holds generation, attempt and outcome of each time that no longer counts, oldest first. A reader must
accept keys that it does not know; ``version`` counts up when one of these goes or changes its meaning.
"""

from __future__ import annotations

from pytest_smartshard.model.merged import CoverageTotal, MergedRun, MergedSegment, StoreChange
from pytest_smartshard.model.proof import CountedTest, GenerationProof, ShardEnd
from pytest_smartshard.reports.as_json import json_text, seconds_of, segment_object, test_object

FORMAT = "smartshard-merge"
VERSION = 1


def merge_json(merged: MergedRun) -> str:
    """The document described at the top of this module; ends with a newline."""
    return json_text(
        {
            "format": FORMAT,
            "version": VERSION,
            "run": merged.run,
            "verdict": merged.verdict.word,
            "exit_code": int(merged.verdict),
            "cause": merged.cause,
            "absent": [segment.slug for segment in merged.absent],
            "other_runs": list(merged.others),
            "refusals": list(merged.refusals),
            "notes": list(merged.notes),
            "coverage": None if merged.coverage is None else _coverage(merged.coverage),
            "written": dict(merged.written),
            "segments": [_segment(segment) for segment in merged.segments],
        }
    )


def _coverage(total: CoverageTotal) -> dict[str, object]:
    return {
        "percent": round(total.percent, total.precision),
        "fail_under": total.fail_under,
        "met": total.is_met,
        "files": list(total.files),
    }


def _segment(segment: MergedSegment) -> dict[str, object]:
    proof = segment.proof
    return {
        "segment": proof.segment.slug,
        "suite": proof.segment.suite,
        "environment": proof.segment.environment,
        "selection": proof.segment.selection,
        "verdict": proof.verdict.word,
        "exit_code": int(proof.verdict),
        "expected": proof.expected,
        "listed": proof.is_listed,
        "generations": [_generation(generation) for generation in proof.generations],
        "lost": [
            {
                "test": lost.name,
                "how": lost.loss.value,
                "generation": lost.generation,
                "shard": lost.shard.number if lost.shard else None,
                "stopped": lost.stopped,
                "whole_file": lost.is_file,
            }
            for lost in proof.lost
        ],
        "doubled": [
            {
                "test": str(doubled.key),
                "generation": doubled.generation,
                "shards": [shard.number for shard in doubled.shards],
            }
            for doubled in proof.doubled
        ],
        "gone": list(map(str, proof.gone)),
        "failures": [_counted(counted) for counted in proof.failed],
        "flaky": [_counted(counted) for counted in proof.flaky],
        "collection_errors": [{"node": error.node, "details": error.details} for error in proof.errors],
        "failed_only_pruned": list(proof.only_pruned),
        "slowest": [test_object(test) for test in segment.slowest],
        "store": None if segment.store is None else _store(segment.store),
        "figures": [segment_object(summary) for summary in segment.summaries],
    }


def _generation(generation: GenerationProof) -> dict[str, object]:
    return {
        "generation": generation.generation,
        "of": generation.count,
        "counts": list(generation.counts),
        "digests": list(generation.digests),
        "collections": list(generation.collections),
        "missing": list(generation.missing),
        "pruned": list(generation.pruned),
        "uncollected": [{"file": file, "shard": shard} for file, shard in generation.uncollected],
        "disagreeing": list(generation.disagreeing),
        "outdated": generation.outdated,
        "causes": list(generation.causes),
        "shards": [_end(end) for end in generation.ends],
    }


def _end(end: ShardEnd) -> dict[str, object]:
    return {
        "shard": end.shard.number,
        "attempt": end.attempt,
        "journals": list(end.journals),
        "died": end.died,
        "stopped_in": None if end.stopped_in is None else str(end.stopped_in),
        "twins": len(end.journals) > 1,
        "reason": end.reason,
        "exit_code": end.exit_code,
        "running": list(map(str, end.running)),
        "unexplained": end.unexplained,
    }


def _counted(counted: CountedTest) -> dict[str, object]:
    test = counted.test
    return {
        "test": str(test.key),
        "outcome": test.outcome,
        "shard": counted.shard.number,
        "generation": counted.generation,
        "attempt": counted.attempt,
        "reruns": test.reruns,
        "actual_seconds": seconds_of(test.duration),
        "earlier": [
            {"generation": before.generation, "attempt": before.attempt, "outcome": before.outcome}
            for before in counted.earlier
        ],
        "details": test.details,
    }


def _store(change: StoreChange) -> dict[str, object]:
    return {
        "path": change.path,
        "journals": change.journals,
        "tests": change.tests,
        "written": change.written,
        "added": change.added,
        "dropped": change.dropped,
        "changed": [
            {"test": str(key), "before_seconds": seconds_of(before), "after_seconds": seconds_of(after)}
            for key, before, after in change.changed
        ],
    }
