"""Test ids that are others in every process."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import WARNING, Finding
from pytest_smartshard.model.pipeline import Spot

_MEND = "give parametrize a sorted list, and ids that say the same in every process"


class UnstableIds:
    code = "unstable-ids"
    severity = WARNING

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        written = set()
        for spot, function in checkout.set_parameters:
            written.add((spot.path, function))
            yield self._finding(
                spot,
                f"{function} is parametrised over a set of texts, whose order changes from process to process",
            )
        for file, function in checkout.unstable:
            if (file, function.rpartition("::")[2]) not in written:
                yield self._finding(
                    Spot(file), f"ids of {function} hold an address (at 0x…), another one in every process"
                )

    def _finding(self, spot: Spot, what: str) -> Finding:
        what = f"{what}, so its parameters stay in one shard and share one duration"
        return Finding(code=self.code, severity=self.severity, spot=spot, what=what, mend=_MEND)
