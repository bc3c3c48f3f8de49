"""Journals that the upload passes over, because their folder begins with a dot."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_smartshard.checking.store_paths import HOME
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import ERROR, Finding
from pytest_smartshard.model.pipeline import Spot, Way

_WILD = frozenset("*?[")


class HiddenFilesNotUploaded:
    code = "hidden-files-not-uploaded"
    severity = ERROR

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        for pipeline in checkout.pipelines:
            for job in pipeline.jobs:
                for carried in job.carries(Way.UPLOAD):
                    passed_over = [
                        path for path in carried.paths if carried.skips_hidden and is_passed_over(path)
                    ]
                    if passed_over:
                        yield Finding(
                            code=self.code,
                            severity=self.severity,
                            spot=Spot(pipeline.path, carried.line),
                            what=f"the upload of {passed_over[0]} passes over hidden files, and {HOME} is one",
                            mend="set include-hidden-files: true on the step",
                        )


def is_passed_over(path: str) -> bool:
    """Whether a search for *path* that leaves out what begins with a dot finds nothing of ours.

    The search starts at the last folder before the first wildcard. Only what it meets from there on counts, that
    folder itself included: ``.smartshard`` is passed over, ``.smartshard/runs`` is not.
    """
    if HOME not in path or "$" in path or path.startswith("!"):
        return False
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    fixed = next((place for place, part in enumerate(parts) if _WILD & set(part)), len(parts))
    return HOME in parts[max(0, fixed - 1) :]
