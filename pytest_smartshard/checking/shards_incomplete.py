"""A matrix that does not hold all of the shards 1 to N, or others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_smartshard.checking.calls import ShardedCall, sharded_calls
from pytest_smartshard.checking.index_counts_matrix import varying_axes
from pytest_smartshard.checking.numbering import FIRST_NUMBER, index_variable, matrix_names, numbered_copies
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import ERROR, Finding
from pytest_smartshard.wording import listed

Environment = tuple[tuple[str, str], ...]


class ShardsIncomplete:
    code = "shards-incomplete"
    severity = ERROR

    def look(self, checkout: Checkout) -> Iterator[Finding]:
        written: dict[tuple[str, str], list[ShardedCall]] = defaultdict(list)
        for call in sharded_calls(checkout):
            if call.number.isdecimal() and call.count.isdecimal():
                written[(call.pipeline.path, call.count)].append(call)
                continue
            for environment, numbers, count in _wrong(call):
                yield self._finding(call, environment, numbers, count)
        for calls in written.values():
            numbers = sorted({int(call.number) for call in calls})
            # One shard alone may be meant: a quick look at a tenth of the suite.
            if len(numbers) > 1 and not _is_all(numbers, int(calls[0].count)):
                yield self._finding(calls[0], (), numbers, int(calls[0].count))

    def _finding(self, call: ShardedCall, environment: Environment, numbers: list[int], count: int) -> Finding:
        where = " with " + ", ".join(f"{name} {value}" for name, value in environment) if environment else ""
        wanted = set(range(1, count + 1))
        missing = listed([str(number) for number in sorted(wanted - set(numbers))])
        foreign = listed([str(number) for number in sorted(set(numbers) - wanted)])
        wrong = [f"lack {missing}"] if missing else []
        wrong += [f"hold {foreign}, which is none of them"] if foreign else []
        return Finding(
            code=self.code,
            severity=self.severity,
            spot=call.spot,
            what=f"of shards 1 to {count} the jobs{where} {' and '.join(wrong)}",
            mend="list every number from 1 to N once, with the N that --shard=K/N has",
        )


def _wrong(call: ShardedCall) -> Iterator[tuple[Environment, list[int], int]]:
    """Environments whose shards are not 1 to N."""
    zero_based = FIRST_NUMBER.get(index_variable(call), 1) == 0
    copies = numbered_copies(call)
    if zero_based or not copies or call.command.conditional:
        return
    groups: dict[tuple[Environment, int], set[int]] = defaultdict(set)
    for copy in copies:
        groups[(copy.environment if _combines(call) else (), copy.of)].add(copy.number)
    for (environment, count), numbers in groups.items():
        if not _is_all(sorted(numbers), count):
            yield environment, sorted(numbers), count


def _combines(call: ShardedCall) -> bool:
    """Whether the shard is one axis of the matrix and the others are environments."""
    matrix = call.job.matrix
    if matrix is None:
        return False
    axes = varying_axes(matrix)
    return matrix_names(call.number or call.value) <= set(matrix.axes) and len(axes) > 1


def _is_all(numbers: Sequence[int], count: int) -> bool:
    return list(numbers) == list(range(1, count + 1))
