"""The order of a shard's tests: as collected, or what is likely to fail or slow first, within fixture scopes.

Tests are moved in blocks, so that no fixture is set up more often than it was. A block is what may not be taken
apart: tests that stood one after another in one package, file or class, or that used one parameter of a fixture
while it stood. Blocks within a block change places, never across its ends. Where two overlap (a file whose last
test begins with a parameter that the next file goes on with), their parts stay as they stand.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import is_
from typing import NamedTuple


class Parameter(NamedTuple):
    """A parameter that a test uses of a fixture that tests share.

    ``depth`` is how many of the test's nodes the fixture's scope spans: its place is the last of them, 0 for the
    session. ``value`` is compared as pytest does, by identity or by equality.
    """

    fixture: str
    depth: int
    value: object


class OrderFacts(NamedTuple):
    """What decides where a test goes.

    ``nodes`` are the keys of its folders, file and classes, from the outside in. Tests with one of their ``kept``
    labels in common stay in the order in which they stand. The lowest ``rank`` goes first.
    """

    nodes: tuple[object, ...]
    parameters: tuple[Parameter, ...] = ()
    kept: tuple[str, ...] = ()
    rank: int = 0


class _Block(NamedTuple):
    """Tests from ``start`` up to and without ``end``."""

    start: int
    end: int


class _Part(NamedTuple):
    """Tests in their new order, by old places: their lowest ``rank``, and all ``kept`` labels."""

    rank: int
    places: Sequence[int]
    kept: Collection[str]


def order_of(tests: Sequence[OrderFacts]) -> Sequence[int]:
    """Old places of *tests* in their new order. Those of equal rank stay in the order in which they stand."""
    found = {*_node_blocks(tests), *_parameter_blocks(tests, is_), *_parameter_blocks(tests, _are_equal)}
    blocks = sorted(found, key=lambda block: (block.start, -block.end))
    return _sorted_part(tests, _Block(0, len(tests)), blocks).places


def _node_blocks(tests: Sequence[OrderFacts]) -> Iterator[_Block]:
    for place, _, ended in _walk(tests):
        yield from (_Block(start, place) for start in ended if place - start > 1)


def _walk(tests: Sequence[OrderFacts]) -> Iterator[tuple[int, Sequence[int], Sequence[int]]]:
    """For each place: where the nodes that the test there is in began, and where those did that ended before it.

    After the last test comes a place with no nodes.
    """
    starts: list[int] = []
    before: tuple[object, ...] = ()
    for place in range(len(tests) + 1):
        nodes = tests[place].nodes if place < len(tests) else ()
        shared = next((depth for depth, (a, b) in enumerate(zip(before, nodes, strict=False)) if a != b), None)
        if shared is None:
            shared = min(len(before), len(nodes))
        ended = starts[shared:]
        starts[shared:] = [place] * (len(nodes) - shared)
        before = nodes
        yield place, starts, ended


def _parameter_blocks(
    tests: Sequence[OrderFacts], are_same: Callable[[object, object], bool]
) -> Iterator[_Block]:
    """From the first to the last test that used a parameter while its fixture stood."""
    standing: dict[tuple[str, int], tuple[int, int, int, object]] = {}
    for place, starts, _ in _walk(tests):
        for fixture, depth, value in tests[place].parameters if place < len(tests) else ():
            scope_began = starts[depth - 1] if depth else 0
            found = standing.get((fixture, depth))
            begun = place
            if found is not None:
                first, last, in_scope, earlier = found
                if in_scope == scope_began and are_same(earlier, value):
                    begun = first
                elif last > first:
                    yield _Block(first, last + 1)
            standing[(fixture, depth)] = (begun, place, scope_began, value)
    yield from (_Block(first, last + 1) for first, last, _, _ in standing.values() if last > first)


def _are_equal(one: object, other: object) -> bool:
    """As newer versions of pytest compare parameters. Some objects cannot be compared."""
    if one is other:
        return True
    try:
        return bool(one == other)
    except (ValueError, RuntimeError):
        return False


def _sorted_part(tests: Sequence[OrderFacts], whole: _Block, blocks: Sequence[_Block]) -> _Part:
    """*whole* with all within it in order; *blocks* are those within, by their starts, outer ones first."""
    parts: list[_Part] = []
    at = whole.start
    for outer, inner in _outermost(block for block in blocks if block != whole):
        parts.extend(_single(tests, place) for place in range(at, outer.start))
        parts.append(_sorted_part(tests, outer, inner) if outer in inner else _cut_part(tests, inner))
        at = outer.end
    parts.extend(_single(tests, place) for place in range(at, whole.end))
    return _joined(_in_order(parts))


def _cut_part(tests: Sequence[OrderFacts], blocks: Sequence[_Block]) -> _Part:
    """What *blocks* that overlap amount to: what is between their ends stays where it stands."""
    cuts = sorted({end for block in _largest(blocks) for end in block})
    while crossed := {end for block in blocks if _is_cut(block, cuts) for end in block}.difference(cuts):
        cuts = sorted(crossed.union(cuts))
    pieces = list(map(_Block, cuts, cuts[1:]))
    within: dict[_Block, list[_Block]] = defaultdict(list)
    for block in blocks:
        piece = pieces[bisect_right(cuts, block.start) - 1]
        if block.end <= piece.end:
            within[piece].append(block)
    return _joined([_sorted_part(tests, piece, within[piece]) for piece in pieces])


def _largest(blocks: Sequence[_Block]) -> Iterator[_Block]:
    """Those that are part of no other."""
    until = -1
    for block in blocks:
        if block.end > until:
            until = block.end
            yield block


def _is_cut(block: _Block, cuts: Sequence[int]) -> bool:
    place = bisect_right(cuts, block.start)
    return place < len(cuts) and cuts[place] < block.end


def _outermost(blocks: Iterable[_Block]) -> Iterator[tuple[_Block, list[_Block]]]:
    """What blocks that overlap amount to, with all of them. *blocks* are in order of their starts."""
    outer: _Block | None = None
    inner: list[_Block] = []
    for block in blocks:
        if outer is not None and block.start < outer.end:
            outer = _Block(outer.start, max(outer.end, block.end))
            inner.append(block)
            continue
        if outer is not None:
            yield outer, inner
        outer, inner = block, [block]
    if outer is not None:
        yield outer, inner


def _in_order(parts: Sequence[_Part]) -> list[_Part]:
    """By rank. Parts that have a kept label in common, if only by way of others, go by the lowest of theirs."""
    leaders = list(range(len(parts)))

    def leader_of(place: int) -> int:
        while leaders[place] != place:
            leaders[place] = place = leaders[leaders[place]]
        return place

    by_label: dict[str, int] = {}
    for place, part in enumerate(parts):
        for label in part.kept:
            leaders[leader_of(place)] = leader_of(by_label.setdefault(label, place))
    lowest = [part.rank for part in parts]
    for place, part in enumerate(parts):
        leader = leader_of(place)
        lowest[leader] = min(lowest[leader], part.rank)
    order = sorted(range(len(parts)), key=lambda place: lowest[leader_of(place)])
    return [parts[place] for place in order]


def _single(tests: Sequence[OrderFacts], place: int) -> _Part:
    return _Part(tests[place].rank, (place,), tests[place].kept)


def _joined(parts: Sequence[_Part]) -> _Part:
    return _Part(
        rank=min((part.rank for part in parts), default=0),
        places=[place for part in parts for place in part.places],
        kept=frozenset(label for part in parts for label in part.kept),
    )
