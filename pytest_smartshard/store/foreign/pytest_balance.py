"""Durations of pytest-balance: a JSON line for each test of each run, of its call phase."""

from __future__ import annotations

import hashlib
from collections import defaultdict

from pytest_smartshard.checked import Table, number, parse_table, text
from pytest_smartshard.model.record import FAILED, PASSED
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.store.foreign.instants import seconds_since_epoch
from pytest_smartshard.store.foreign.locating import Checkout
from pytest_smartshard.store.foreign.protocol import ForeignRun, Reading, Timing, microseconds, run_name
from pytest_smartshard.store.format import fingerprint, short_digest

_CALL = "call"


class PytestBalance:
    """As many runs as there are run ids; the files of one run's jobs, and a file that has grown, are joined."""

    def recognises(self, raw: bytes) -> bool:
        for line in raw.splitlines()[:10]:
            try:
                table = parse_table(line)
            except ValueError:
                continue
            return "test_id" in table and "duration" in table
        return False

    def read(self, raw: bytes, checkout: Checkout) -> Reading:
        flaws = []
        runs: dict[str, list[tuple[float, str, Timing]]] = defaultdict(list)
        for place, line in enumerate(raw.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                table = parse_table(line)
                if table.get("phase", _CALL) == _CALL:
                    record = _record(table)
                    runs[_run_id(table)].append(record)
            except ValueError:
                flaws.append(f"line {place} is no test of pytest-balance and was set aside")
        return Reading(
            runs=tuple(_run(run_id, runs[run_id], raw, checkout) for run_id in sorted(runs)), flaws=tuple(flaws)
        )


def _run_id(table: Table) -> str:
    return text(table, "run_id") if "run_id" in table else ""


def _record(table: Table) -> tuple[float, str, Timing]:
    """When it ended, 0 where that is not told; its node id; its duration."""
    instant = seconds_since_epoch(text(table, "timestamp")) if "timestamp" in table else None
    outcome = PASSED if table.get("outcome", PASSED) == PASSED else FAILED
    timing = Timing(duration=microseconds(number(table, "duration")), outcome=outcome)
    return instant or 0.0, text(table, "test_id"), timing


def _run(run_id: str, records: list[tuple[float, str, Timing]], raw: bytes, checkout: Checkout) -> ForeignRun:
    """Of several records of one test the newest counts, of equally old ones the last."""
    timings: dict[ItemKey, Timing] = {}
    for _, nodeid, timing in sorted(records, key=lambda record: record[0]):
        timings[checkout.key_of_nodeid(nodeid)] = timing
    started = min((instant for instant, _, _ in records if instant), default=None)
    id_digest = short_digest(hashlib.sha256(run_id.encode("utf-8", "surrogatepass")))
    return ForeignRun(
        name=run_name("pytest-balance", id_digest if run_id else fingerprint(raw)),
        started=started,
        timings=timings,
    )
