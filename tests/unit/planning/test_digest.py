"""Fingerprints."""

from __future__ import annotations

from typing import Any

from pytest_smartshard.model.inventory import names_digest
from pytest_smartshard.planning.digest import plan_digest


def test_names_are_told_apart_by_what_they_are_and_how_often() -> None:
    digests = [
        names_digest(names)
        for names in ([], [""], ["a"], ["a", "a"], ["a", "b"], ["a,b"], ['a","b'], ["\udc80"], ["\\udc80"])
    ]
    assert len(set(digests)) == len(digests)
    assert all(len(digest) == 12 for digest in digests)


def test_the_order_of_names_does_not_matter() -> None:
    assert names_digest(iter(["b", "a", "b"])) == names_digest(["a", "b", "b"])


def test_each_part_of_a_plan_counts() -> None:
    parts: list[tuple[Any, ...]] = [
        ({}, {}, {}, "h", ()),
        ({"a": (1,)}, {}, {}, "h", ()),
        ({"a": (2,)}, {}, {}, "h", ()),
        ({"a": (1, 2)}, {"a": {"t": 1}}, {}, "h", ()),
        ({"a": (1, 2)}, {"a": {"t": 2}}, {}, "h", ()),
        ({}, {}, {"x": 1}, "h", ()),
        ({}, {}, {}, "i", ()),
        ({}, {}, {}, "h", ("o",)),
        ({}, {}, {}, "h", ("o", "")),
    ]
    digests = [plan_digest(*part) for part in parts]
    assert len(set(digests)) == len(digests)


def test_digests_are_these_for_ever() -> None:
    assert names_digest(["test_a", "test_b[é]"]) == "4ba24d44f362"
    assert plan_digest({"a.py": (1, 2)}, {"a.py": {"t": 1}}, {"x": 2}, "h", ["2", "1", "lpt"]) == "576a948053f1"


def test_names_never_run_into_each_other() -> None:
    owners = {"a": (1, 2), "b": (1,)}
    parts: list[tuple[Any, ...]] = [
        (owners, {"a": {"t": 1}}, {}, "h", ()),
        ({"a": (1, 2)}, {"a": {'t["b",[1],[]]': 1}}, {}, "h", ()),
        (owners, {"a": {"x\0y": 1, "z": 1}}, {}, "h", ()),
        (owners, {"a": {"x": 1, "y\0z": 1}}, {}, "h", ()),
    ]
    assert len({plan_digest(*part) for part in parts}) == len(parts)
