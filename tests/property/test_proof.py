"""A merge says what is true: random suites, stores that differ, shards missing, killed, repeated, run again."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated_runs import RUN, Simulation, more_than_given, never_ended, scattered, truth_of

from pytest_smartshard.model.segment import Segment
from pytest_smartshard.operations.artifacts import find_artifacts
from pytest_smartshard.operations.judging import gather_evidence, judge

SEGMENTS = (Segment("root", "linux-3.12"), Segment("root", "linux-3.13"))

EXAMPLES = int(os.environ.get("SMARTSHARD_PROOF_EXAMPLES", "300"))
"""10,000 were tried once; a CI run has less time."""


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
            collections = {c for generation in proof.generations[-1:] for c in generation.collections}
            has_all_names = collections <= set(evidence.inventories)
            doubled = {test.key for test in proof.doubled}
            if has_all_names:
                assert doubled == truth.doubled
                assert {test.key for test in proof.lost} == set(truth.lost)
                assert int(proof.verdict) == truth.verdict
            else:
                # Without the list of all tests nothing is named that is not so, and nothing passes that must not.
                # Of shards that saw different suites it is not known then how many tests have a name.
                assert truth.doubled <= doubled <= more_than_given(history, Counter())
                assert {test.key for test in proof.lost} <= set(truth.lost) | never_ended(history)
                assert int(proof.verdict) in (truth.verdict, 3)
                assert truth.verdict < 3 or int(proof.verdict) == 3
