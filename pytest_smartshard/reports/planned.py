"""A plan, and why a test is where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pytest_smartshard.model.summary import Explanation, PlanSummary
from pytest_smartshard.reports.display import printable
from pytest_smartshard.reports.text import aligned
from pytest_smartshard.wording import percent, plural, ratio, seconds

HEADINGS = ("Shard", "Tests", "Files", "Predicted")


def plan_text(summary: PlanSummary) -> str:
    """The plan in a few lines and a row for each shard; ends with a newline."""
    return "\n".join(_plan_lines(summary)) + "\n"


def explanation_text(explanation: Explanation, digest: str) -> str:
    """Where the test runs, why, and what its predicted time rests on; ends with a newline."""
    lines = [
        f"runs in shard {explanation.shard} of plan {digest}: {printable(explanation.placed)}",
        f"predicted: {printable(explanation.predicted)}",
    ]
    if explanation.is_new:
        lines.insert(0, "is none of the tests that were planned for: a new one, or misspelt")
    if explanation.history:
        lines.append(f"history, newest last: {', '.join(explanation.history)}")
    return "\n  ".join([printable(explanation.test), *lines]) + "\n"


def explanation_json(explanation: Explanation, digest: str) -> str:
    """The same as JSON; ends with a newline."""
    document = {
        "test": explanation.test,
        "new": explanation.is_new,
        "digest": digest,
        "shard": explanation.shard.number,
        "shards": explanation.shard.count,
        "placed": explanation.placed,
        "predicted": explanation.predicted,
        "history": list(explanation.history),
    }
    return json.dumps(document, indent=1) + "\n"


def _plan_lines(summary: PlanSummary) -> Iterator[str]:
    plan = summary.plan
    forecast = plan.forecast
    tests, files = plural(summary.tests, "test"), plural(summary.files, "file")
    lanes = f" of {plural(plan.lanes, 'lane')}" if plan.lanes > 1 else ""
    shards = f"{plural(plan.shards, 'shard')}{lanes}"
    yield f"Segment {summary.segment.slug}: {tests} in {files}"
    yield f"Plan {printable(plan.digest)} for {shards}, packer {printable(plan.packer)}"
    if forecast.known:
        yield (
            f"Predicted makespan {seconds(forecast.makespan)}, lower bound {seconds(forecast.bound)}, "
            f"imbalance {ratio(forecast.makespan, forecast.bound)}; "
            f"{percent(forecast.known, forecast.total)} of the time from history"
        )
    else:
        yield "No history yet: nothing can be predicted."
    if summary.binding:
        yield f"One test alone sets the lower bound: {printable(summary.binding)}"
    yield ""
    rows = [
        (
            str(shard.shard),
            f"{shard.tests:,}",
            f"{shard.files:,}",
            seconds(shard.predicted) if forecast.known else "-",
        )
        for shard in summary.shards
    ]
    yield from aligned([HEADINGS, *rows])
