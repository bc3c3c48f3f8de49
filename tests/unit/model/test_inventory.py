"""The names of a suite and their fingerprint."""

from __future__ import annotations

from pytest_smartshard.model.inventory import Inventory, names_digest
from pytest_smartshard.model.suite import ItemKey

KEYS = [ItemKey("b.py", "t"), ItemKey("a.py", "u"), ItemKey("a.py", "t"), ItemKey("a.py", "t")]


def test_tests_and_files_are_in_order_whatever_came_first() -> None:
    found = Inventory.of(KEYS, ["z.py", "c.py", "z.py"])
    assert found == Inventory.of(KEYS[::-1], ["c.py", "z.py"])
    assert list(found.files.items()) == [("a.py", ("t", "t", "u")), ("b.py", ("t",))]
    assert found.uncollected == ("c.py", "z.py")
    assert (len(found), list(found)) == (4, sorted(KEYS))


def test_the_digest_of_a_whole_suite_is_that_of_its_tests() -> None:
    assert Inventory.of(KEYS).digest == names_digest(map(str, KEYS)) == Inventory.of(KEYS, []).digest


def test_what_was_left_to_others_is_part_of_the_digest() -> None:
    found = [
        Inventory.of(KEYS),
        Inventory.of(KEYS, ["c.py"]),
        Inventory.of(KEYS, ["d.py"]),
        Inventory.of([], ["c.py", "d.py"]),
        Inventory.of([ItemKey("c.py", "t")], ["d.py"]),
        Inventory.of([], ["c.py::t", "d.py"]),
    ]
    assert len({inventory.digest for inventory in found}) == len(found)
