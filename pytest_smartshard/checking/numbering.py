"""Which K and N the copies of a job give to ``--shard=K/N``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pytest_smartshard.checking.calls import AUTO, ShardedCall

FIRST_NUMBER: Mapping[str, int] = MappingProxyType(
    {
        "BITBUCKET_PARALLEL_STEP": 0,
        "BUILDKITE_PARALLEL_JOB": 0,
        "CIRCLE_NODE_INDEX": 0,
        "CI_NODE_INDEX": 1,
        "SYSTEM_JOBPOSITIONINPHASE": 1,
    }
)
"""Variables by which CI systems number equal copies of a job, and the number of the first copy.

``CI_NODE_INDEX`` is GitLab's here, whose files are read; others use the name too.
"""

TOTALS = frozenset(
    {
        "BITBUCKET_PARALLEL_STEP_COUNT",
        "BUILDKITE_PARALLEL_JOB_COUNT",
        "CIRCLE_NODE_TOTAL",
        "CI_NODE_TOTAL",
        "SYSTEM_TOTALJOBSINPHASE",
    }
)
"""Variables that hold how many copies there are."""

_MATRIX = re.compile(r"\$\{\{matrix\.([\w-]+)\}\}")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_SUM = re.compile(r"\$?\(?\(?\$?([0-9]{1,6})([+-])([0-9]{1,6})\)?\)?")
_BARE_NAME = re.compile(r"\$\(\((\w+)([+-][0-9]+)\)\)")


class Numbered(NamedTuple):
    """One copy of a job: the values of its axes besides the shard, and the shard that it runs."""

    environment: tuple[tuple[str, str], ...]
    number: int
    of: int


def index_variable(call: ShardedCall) -> str:
    """The system's variable that stands alone where K belongs; ``""`` where there is none."""
    match = _VARIABLE.fullmatch(call.number)
    return match[1] if match and match[1] in FIRST_NUMBER else ""


def matrix_names(text: str) -> set[str]:
    """Variables of the matrix that *text* is made of."""
    return set(_MATRIX.findall(text))


def is_understood(call: ShardedCall) -> bool:
    """Whether it can be seen where its K comes from, and that each copy of its job runs one shard."""
    if call.value == AUTO or call.number.isdecimal():
        return True
    if matrix_names(call.number or call.value) or "strategy.job-index" in call.number:
        return True
    return any(name in FIRST_NUMBER for name in re.findall(r"\w+", call.number))


def numbered_copies(call: ShardedCall) -> tuple[Numbered, ...] | None:
    """Every copy of the job with its shard; None where some of it is not known before it runs."""
    matrix = call.job.matrix
    if matrix is not None and not matrix.known:
        return None
    cells: Iterator[Mapping[str, str]] = iter(matrix.cells if matrix is not None else ({},))
    names = matrix_names(call.value)
    axes = matrix.axes if matrix is not None else ()
    copies = []
    for cell in cells:
        if not names <= cell.keys():
            return None
        environment = tuple((name, cell.get(name, "")) for name in axes if name not in names)
        for extra in _positions(call):
            before, _, after = _put(cell, call.value).rpartition("/")
            number, count = _value(before, extra), _value(after, extra)
            if number is None or count is None:
                return None
            copies.append(Numbered(environment, number, count))
    return tuple(copies)


def _put(cell: Mapping[str, str], text: str) -> str:
    """*text* with the values of one cell."""
    return _MATRIX.sub(lambda match: cell[match[1]], text)


def _positions(call: ShardedCall) -> list[Mapping[str, int]]:
    """What the system's own variables are in each of the copies that it numbers."""
    parallel = call.job.parallel
    if not parallel:
        return [{}]
    totals = dict.fromkeys(TOTALS, parallel)
    return [
        {**totals, **{name: first + place for name, first in FIRST_NUMBER.items()}} for place in range(parallel)
    ]


def _value(text: str, numbers: Mapping[str, int]) -> int | None:
    """*text* as a number, with one addition at most; None where it is more than that."""
    put = text
    bare = _BARE_NAME.fullmatch(put)
    if bare and bare[1] in numbers:
        put = f"{numbers[bare[1]]}{bare[2]}"
    put = _VARIABLE.sub(lambda match: str(numbers.get(match[1], match[0])), put)
    if re.fullmatch("[0-9]{1,6}", put):
        return int(put)
    added = _SUM.fullmatch(put)
    if not added:
        return None
    return int(added[1]) + int(added[3]) if added[2] == "+" else int(added[1]) - int(added[3])
