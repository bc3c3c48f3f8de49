"""Numbers that count every cell of a matrix, taken for the number of the shard."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_smartshard.checking.calls import AUTO, ShardedCall, sharded_calls
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import ERROR, Finding
from pytest_smartshard.model.pipeline import Matrix

_COUNTS_CELLS = {
    "GitHub Actions": re.compile(r"strategy\.job-(?:index|total)"),
    "GitLab CI": re.compile(r"\bCI_NODE_(?:INDEX|TOTAL)\b"),
}
_AUTO_REFUSED = ("GitLab CI", "Azure Pipelines")
"""Systems that number the cells of a matrix, where ``auto`` therefore takes no number."""

_MEND = "name the shard in the matrix, as in shard: [1, 2, 3], and pass that value as K of --shard=K/N"


class IndexCountsMatrix:
    code = "index-counts-matrix"
    severity = ERROR

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        for call in sharded_calls(checkout):
            matrix = call.job.matrix
            if matrix is None:
                continue
            what = self._what(call, matrix)
            if what:
                yield Finding(code=self.code, severity=self.severity, spot=call.spot, what=what, mend=_MEND)

    def _what(self, call: ShardedCall, matrix: Matrix) -> str:
        system = call.pipeline.system
        if call.value == AUTO:
            if system not in _AUTO_REFUSED or call.job.parallel is not None:
                return ""
            return (
                f"--shard=auto in job {call.job.name} is refused, as {system} numbers the cells of a matrix there"
            )
        pattern = _COUNTS_CELLS.get(system)
        names = sorted(set(pattern.findall(call.value))) if pattern else []
        several = varying_axes(matrix)
        if not names or len(several) < 2:
            return ""
        return (
            f"{' and '.join(names)} in job {call.job.name} count every cell of the matrix "
            f"({', '.join(several)}), so no environment runs all tests"
        )


def varying_axes(matrix: Matrix) -> list[str]:
    """Axes with more than one value; none unless every cell has a value on each axis."""
    if not matrix.known or any(name not in cell for cell in matrix.cells for name in matrix.axes):
        return []
    return [name for name in matrix.axes if len({cell[name] for cell in matrix.cells}) > 1]
