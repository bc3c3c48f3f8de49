"""What is left of a run that did not come to its end, or not to a good one."""

from __future__ import annotations

from pytest_smartshard.choices import RERUNS
from pytest_smartshard.model.proof import SegmentProof
from pytest_smartshard.model.rest import Rest

ALL, UNFINISHED, FAILED = RERUNS


def rest_of(proof: SegmentProof, mode: str) -> Rest:
    """What the next generation has to run.

    In the mode ``all`` what no shard finished, what failed, and what is new since; in ``unfinished`` the same but
    for what failed; in ``failed`` only that.
    """
    failed = {counted.test.stored_key for counted in proof.failed}
    if mode == FAILED:
        return Rest.of(failed, only=True)
    lost = {test.key for test in proof.lost}
    settled = {counted.test.stored_key for counted in proof.counted} - lost
    return Rest.of(settled - failed if mode == ALL else settled)
