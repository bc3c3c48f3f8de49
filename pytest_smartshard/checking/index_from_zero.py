"""A number that begins with 0, passed as K of K/N."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_smartshard.checking.calls import sharded_calls
from pytest_smartshard.checking.numbering import FIRST_NUMBER, index_variable
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import ERROR, Finding

_JOB_INDEX = "${{strategy.job-index}}"


class IndexFromZero:
    code = "index-from-zero"
    severity = ERROR

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        for call in sharded_calls(checkout):
            name = "strategy.job-index" if call.number == _JOB_INDEX else index_variable(call)
            if FIRST_NUMBER.get(name, 0) == 0 and name:
                yield Finding(
                    code=self.code,
                    severity=self.severity,
                    spot=call.spot,
                    what=f"{name} counts from 0 and shards from 1, so shard 0 is refused and the last never runs",
                    mend="write --shard=auto where this CI has it, else add 1 to the number",
                )
