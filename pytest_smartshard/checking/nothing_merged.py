"""Shards whose measurements never come together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_smartshard.checking.calls import ShardedCall, all_words, does_more_than_we_see, sharded_calls
from pytest_smartshard.checking.numbering import is_understood
from pytest_smartshard.checking.store_paths import HOME, may_hold_journals
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import WARNING, Finding
from pytest_smartshard.model.pipeline import Pipeline, Way

_MERGE = re.compile(r"smartshard['\"]?\s+['\"]?merge")
_FOLLOWS_ANOTHER = "workflow_run"


class NothingMerged:
    code = "nothing-merged"
    severity = WARNING

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        if checkout.has_store:
            return
        merged = any(map(_merges, checkout.pipelines))
        seen = set()
        for call in sharded_calls(checkout):
            if not is_understood(call) or _runs_several(call) or call.pipeline.opaque:
                continue
            place = (call.pipeline.path, call.job.name if merged else "")
            if place in seen or not (_keeps_nothing(call) if merged else _nobody_else(call.pipeline, checkout)):
                continue
            seen.add(place)
            yield self._upload_missing(call) if merged else self._merge_missing(call)

    def _merge_missing(self, call: ShardedCall) -> Finding:
        return Finding(
            code=self.code,
            severity=self.severity,
            spot=call.spot,
            what="no job runs smartshard merge, so no history forms and lost tests are not found out",
            mend="keep .smartshard/runs of every shard, and run smartshard merge on all of them in a later job",
        )

    def _upload_missing(self, call: ShardedCall) -> Finding:
        return Finding(
            code=self.code,
            severity=self.severity,
            spot=call.spot,
            what=f"job {call.job.name} keeps no .smartshard/runs, so smartshard merge gets nothing of its shards",
            mend="hand .smartshard/runs on from every shard, also when tests fail, under a name of its own",
        )


def _merges(pipeline: Pipeline) -> bool:
    """Whether the file, or an action that it uses, has the command; in a comment it counts too."""
    return bool(_MERGE.search(pipeline.text)) or any(
        _MERGE.search(" ".join(command.words)) for job in pipeline.jobs for command in job.commands
    )


def _runs_several(call: ShardedCall) -> bool:
    """Whether the job itself runs more than one shard: what is complete on one machine is taken in there."""
    return sum(1 for word in all_words(call.job) if word == "--shard" or word.startswith("--shard=")) > 1


def _nobody_else(pipeline: Pipeline, checkout: Checkout) -> bool:
    """Whether it can be seen that nothing in this pipeline, or one that follows it, merges."""
    others = (other for other in checkout.pipelines if other is pipeline or _FOLLOWS_ANOTHER in other.text)
    return not any(other.opaque or any(map(does_more_than_we_see, other.jobs)) for other in others)


def _keeps_nothing(call: ShardedCall) -> bool:
    outgoing = (*call.job.carries(Way.UPLOAD), *call.job.carries(Way.SAVE))
    if any(not carried.paths or may_hold_journals(carried.paths) for carried in outgoing):
        return False
    return not does_more_than_we_see(call.job) and not any(HOME in word for word in all_words(call.job))
