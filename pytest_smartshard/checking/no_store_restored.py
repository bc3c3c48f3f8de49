"""Shards that start without a store, every time."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_smartshard.checking.calls import (
    ShardedCall,
    all_words,
    does_more_than_we_see,
    has_own_configuration,
    sharded_calls,
)
from pytest_smartshard.checking.numbering import is_understood
from pytest_smartshard.checking.programs import value_of
from pytest_smartshard.checking.store_paths import may_bring_store, may_hold_store, mentions_store
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import WARNING, Finding
from pytest_smartshard.model.pipeline import Job, Pipeline, Way


class NoStoreRestored:
    code = "no-store-restored"
    severity = WARNING

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        if checkout.has_store:
            return
        seen = set()
        for call in sharded_calls(checkout):
            job = (call.pipeline.path, call.job.name)
            if job in seen or not _certainly_without(call, checkout):
                continue
            seen.add(job)
            yield Finding(
                code=self.code,
                severity=self.severity,
                spot=call.spot,
                what=f"job {call.job.name} runs shards and nothing brings {checkout.store}, so each run is split "
                "without history",
                mend="restore the store before the tests, the same for all shards, as the recipe of this CI does",
            )


def _certainly_without(call: ShardedCall, checkout: Checkout) -> bool:
    if not is_understood(call) or has_own_configuration(call) or call.pipeline.opaque:
        return False
    if any(value_of(option, call.arguments) for option in ("--shard-store", "--shard-plan")):
        return False
    if "SMARTSHARD_STORE" in call.command.env or does_more_than_we_see(call.job):
        return False
    return not (_may_get(call.pipeline, call.job, checkout) or mentions_store(all_words(call.job), checkout))


def _may_get(pipeline: Pipeline, job: Job, checkout: Checkout) -> bool:
    incoming = (*job.carries(Way.RESTORE), *job.carries(Way.DOWNLOAD))
    if any(may_bring_store(carried, checkout) for carried in incoming):
        return True
    return pipeline.passes_on and any(
        may_hold_store(carried.paths, checkout)
        for other in pipeline.jobs
        for carried in other.carries(Way.UPLOAD)
    )
