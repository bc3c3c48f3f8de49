"""A merge says what is true: random suites, stores that differ, shards that collect their own files alone, that
are missing, killed, repeated, run again.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated_runs import RUN, Simulation, scattered
from simulated_truth import History, Truth, more_than_given, never_ended, truth_of

from pytest_smartshard.model.proof import SegmentProof
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.operations.artifacts import find_artifacts
from pytest_smartshard.operations.judging import gather_evidence, judge

SEGMENTS = (Segment("root", "linux-3.12"), Segment("root", "linux-3.13"))

EXAMPLES = int(os.environ.get("SMARTSHARD_PROOF_EXAMPLES", "300"))
"""3,000 were tried once with pruned shards, 10,000 before; a CI run has less time."""


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_the_verdict_is_the_truth(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        simulation = Simulation(Path(folder), data)
        histories = [simulation.segment(segment) for segment in SEGMENTS[: data.draw(st.integers(1, 2))]]
        there = [history for history in histories if history.jobs]
        if not there:
            return
        artifacts = find_artifacts(scattered(Path(folder), data.draw(st.integers(0, 9))))
        evidence = gather_evidence(artifacts, wanted=RUN, likely=None)
        proofs = {proof.segment: proof for proof in judge(evidence)}
        assert set(proofs) == {history.segment for history in there}
        for history in there:
            proof, truth = proofs[history.segment], truth_of(history)
            assert {error.node for error in proof.errors} == truth.errors
            assert len(proof.errors) == len(truth.errors)
            if lists_of(history) <= set(evidence.inventories):
                assert {test.key for test in proof.lost} == set(truth.lost)
                assert {test.key.file for test in proof.lost if test.is_file} == {
                    key.file for key in truth.lost if not key.tail
                }
                assert {test.key for test in proof.doubled} == truth.doubled
                assert set(proof.only_pruned) == truth.only_pruned
                assert int(proof.verdict) == truth.verdict
            else:
                holds_what_is_known(proof, truth, history, set(evidence.inventories))


def lists_of(history: History) -> set[str]:
    """Digests of the lists of tests that the proof goes by."""
    last = history.last_jobs()
    jobs = [job for job in history.jobs if job.generation == history.newest]
    return {job.inventory for job in (jobs if any(job.pruned for job in last) else last)}


def holds_what_is_known(proof: SegmentProof, truth: Truth, history: History, inventories: set[str]) -> None:
    """Without the list of all tests nothing is named that is not so, and nothing passes that must not.

    Of shards that saw different suites it is not known then how many tests have a name, and of a file that was
    collected by a shard whose list is lost not what was in it.
    """
    doubled = {test.key for test in proof.doubled}
    assert truth.doubled <= doubled <= more_than_given(history, Counter())
    lost = {test.key for test in proof.lost if not test.is_file}
    assert lost <= set(truth.lost) | never_ended(history)
    unlisted = {file for job in history.jobs if job.inventory not in inventories for file in job.collected}
    assert {test.key.file for test in proof.lost if test.is_file} <= {key.file for key in truth.lost} | unlisted
    assert int(proof.verdict) in (truth.verdict, 3)
    assert truth.verdict < 3 or int(proof.verdict) == 3
