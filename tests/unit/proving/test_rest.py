"""What of a run is left."""

from __future__ import annotations

import pytest
from making import FILE, finished, header_of, shard_journal

from pytest_smartshard.choices import RERUNS
from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.rest import Rest
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.proof import prove
from pytest_smartshard.proving.rest import rest_of

SUITE = ["done", "failed", "left"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("all", ["failed", "left", "new"]), ("unfinished", ["left", "new"]), ("failed", ["failed"])],
)
def test_each_way_takes_what_it_says(mode: str, expected: list[str]) -> None:
    assert mode in RERUNS
    inventory = Inventory.of(ItemKey(FILE, tail) for tail in SUITE)
    tests = [finished("done"), finished("failed", outcome="failed")]
    header = header_of("1/1", collection=inventory.digest)
    rest = rest_of(prove([shard_journal(header, SUITE, tests, reason=None)], {inventory.digest: inventory}), mode)
    assert [tail for tail in [*SUITE, "new"] if rest.takes(ItemKey(FILE, tail))] == expected


def test_a_name_of_two_tests_is_left_while_one_is() -> None:
    inventory = Inventory.of([ItemKey(FILE, "a"), ItemKey(FILE, "a")])
    header = header_of("1/1", collection=inventory.digest)
    proof = prove(
        [shard_journal(header, ["a", "a"], [finished("a")], reason=None)], {inventory.digest: inventory}
    )
    assert rest_of(proof, "all").takes(ItemKey(FILE, "a"))


def test_the_digest_tells_rests_apart() -> None:
    keys = [ItemKey(FILE, "a"), ItemKey(FILE, "b")]
    assert Rest.of(keys).digest == Rest.of(reversed(keys)).digest
    assert len({Rest.of(keys).digest, Rest.of(keys, only=True).digest, Rest.of(keys[:1]).digest}) == 3
