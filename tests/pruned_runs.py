"""Journals of shards that collect their own files alone, for tests of what is made of them.

Three files, of which the first is shard 1's, the second shard 2's, and the third both shards'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from making import finished, header_of

from pytest_smartshard.model.inventory import Inventory, names_digest
from pytest_smartshard.model.proof import SegmentProof
from pytest_smartshard.model.record import (
    CRASHED,
    FAILED,
    PASSED,
    CollectionError,
    FinishedTest,
    Journal,
    JournalFooter,
    OwnedFile,
)
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.proof import prove

A, B, C = "test_a.py", "test_b.py", "test_c.py"
FILES = (A, B, C)
OWNERS = {A: (1,), B: (2,), C: (1, 2)}
TESTS = {A: ("a1", "a2"), B: ("b1",), C: ("c1", "c2")}


class Left:
    """Journals with the inventories beside them."""

    def __init__(self) -> None:
        self.journals: list[Journal] = []
        self.inventories: dict[str, Inventory] = {}

    @property
    def proof(self) -> SegmentProof:
        return prove(self.journals, self.inventories)

    def add(
        self,
        shard: str,
        own: Mapping[str, Sequence[str]],
        *,
        files: Sequence[str] = FILES,
        sees: Mapping[str, Sequence[str]] = TESTS,
        everywhere: Sequence[str] = (),
        pruned: bool = True,
        failed: Sequence[str] = (),
        crashed: Sequence[str] = (),
        errors: Sequence[str] = (),
        fault: str = "",
        ran: bool = True,
        reason: str | None = "",
        keeps_list: bool = True,
        **header: object,
    ) -> Left:
        """The shard has lines for the files of *own*, and collected those that are *everywhere* too."""
        collected = {*own, *everywhere} if pruned else {*files}
        inventory = Inventory.of(
            (ItemKey(file, tail) for file in collected for tail in sees.get(file, ())),
            {*files} - collected,
        )
        if keeps_list:
            self.inventories[inventory.digest] = inventory
        ends = {**dict.fromkeys(failed, FAILED), **dict.fromkeys(crashed, CRASHED)}
        tests = [_ended(file, tail, ends.get(tail, PASSED)) for file in own for tail in own[file] if ran]
        started = header_of(shard, **header, selected=sum(map(len, own.values())))  # type: ignore[arg-type]  # a helper of tests
        code = 2 if reason else int(bool(ends or errors))
        self.journals.append(
            Journal(
                path=f"journal-{len(self.journals)}",
                header=replace(
                    started,
                    pruned=pruned,
                    collection=names_digest(files) if pruned else inventory.digest,
                    inventory=inventory.digest,
                ),
                files=tuple(_line(file, sees.get(file, ()), own[file]) for file in own),
                errors=tuple(CollectionError(node=node, details=fault) for node in errors),
                tests=tuple(tests),
                footer=None
                if reason is None
                else JournalFooter(exit_code=code, ran=len(tests), seconds=1.0, reason=reason),
            )
        )
        return self


def _ended(file: str, tail: str, outcome: str) -> FinishedTest:
    return finished(tail, outcome=outcome)._replace(key=ItemKey(file, tail))


def _line(file: str, tails: Sequence[str], selected: Sequence[str]) -> OwnedFile:
    return OwnedFile(
        file=file,
        collected=len(tails),
        collected_digest=names_digest(tails),
        remaining=len(tails),
        remaining_digest=names_digest(tails),
        selected=tuple(selected),
        owners=OWNERS.get(file, ()),
    )


ONE = {A: ("a1", "a2"), C: ("c1",)}
TWO = {B: ("b1",), C: ("c2",)}
ALL = {A: ("a1", "a2"), B: ("b1",), C: ("c1", "c2")}
