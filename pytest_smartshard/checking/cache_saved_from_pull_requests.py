"""A store that is saved by runs of code that nobody has merged."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_smartshard.checking.store_paths import holds_store
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import WARNING, Finding
from pytest_smartshard.model.pipeline import Spot, Way


class CacheSavedFromPullRequests:
    code = "cache-saved-from-pull-requests"
    severity = WARNING

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        for pipeline in checkout.pipelines:
            for job in pipeline.jobs:
                for carried in job.carries(Way.SAVE) if job.on_pull_requests else ():
                    if not carried.conditional and holds_store(carried.paths, checkout):
                        yield Finding(
                            code=self.code,
                            severity=self.severity,
                            spot=Spot(pipeline.path, carried.line),
                            what=f"job {job.name} saves the store on pull requests and branches too, so shards "
                            "may start from different stores",
                            mend="only restore the store in this job, and save it in the job that merges, on the "
                            "default branch",
                        )
