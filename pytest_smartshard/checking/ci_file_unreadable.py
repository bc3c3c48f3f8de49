"""A CI file of which nothing could be looked at."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import WARNING, Finding


class CiFileUnreadable:
    code = "ci-file-unreadable"
    severity = WARNING

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        for spot, reason in checkout.unreadable:
            yield Finding(
                code=self.code,
                severity=self.severity,
                spot=spot,
                what=f"the file {reason}, so nothing in it was looked at",
                mend="mend it there, or look through its shards yourself",
            )
