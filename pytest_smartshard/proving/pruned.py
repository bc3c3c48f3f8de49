"""Files that failed only where other files were left out: they need something that another file imports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import field

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.proof import CountedTest
from pytest_smartshard.model.record import CRASHED, PASSED, RED, TIMED_OUT, CollectionError, Journal
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.seen import file_of

OWN_FAULTS = ("SyntaxError: ", "IndentationError: ", "TabError: ")
"""What no other file's import could mend."""


@dataclass(slots=True)
class _Suspect:
    """A file that failed in a pruned shard: by which tests, or by itself, and in which try (generation, attempt)
    for the last time."""

    keys: set[ItemKey] = field(default_factory=set)
    has_error: bool = False
    tried: tuple[int, int] = (0, 0)

    def failed_in(self, journal: Journal) -> None:
        self.tried = max(self.tried, _try(journal))


def failed_only_pruned(
    journals: Sequence[Journal], counted: Iterable[CountedTest], errors: Iterable[CollectionError]
) -> tuple[str, ...]:
    """Files, sorted, of which everything that failed in pruned shards passed later in one that was not.

    A test that crashed or timed out says nothing of imports: somebody may have killed its worker.
    *counted* are all ends that count, *errors* what could not be collected to the last.
    """
    whole = {journal.path for journal in journals if not journal.header.pruned}
    suspects = _suspects([journal for journal in journals if journal.header.pruned])
    for error in errors:
        suspects.pop(file_of(error), None)
    if not whole or not suspects:
        return ()
    ends: dict[str, list[CountedTest]] = defaultdict(list)
    for one in counted:
        if one.test.key.file in suspects:
            ends[one.test.key.file].append(one)
    return tuple(sorted(file for file, suspect in suspects.items() if _passed_later(suspect, ends[file], whole)))


def _suspects(pruned: Iterable[Journal]) -> dict[str, _Suspect]:
    suspects: dict[str, _Suspect] = defaultdict(_Suspect)
    passed = set()
    for journal in pruned:
        for test in journal.tests:
            if test.outcome in RED and test.outcome not in (CRASHED, TIMED_OUT):
                suspect = suspects[test.key.file]
                suspect.keys.add(test.stored_key)
                suspect.failed_in(journal)
            elif test.outcome == PASSED:
                passed.add(test.stored_key)
        for error in journal.errors:
            if any(fault in error.details for fault in OWN_FAULTS):
                continue
            suspect = suspects[file_of(error)]
            suspect.has_error = True
            suspect.failed_in(journal)
    # What passed in a pruned shard too failed for another reason.
    return {file: suspect for file, suspect in suspects.items() if not suspect.keys & passed}


def _passed_later(suspect: _Suspect, ends: Sequence[CountedTest], whole: set[str]) -> bool:
    """Whether what failed passed in journals of *whole*: these tests, or all of a file that was not collected."""
    later = [
        one for one in ends if (suspect.has_error and one.journal in whole) or one.test.stored_key in suspect.keys
    ]
    passed = {one.test.stored_key for one in later}
    return (
        bool(passed)
        and suspect.keys <= passed
        and all(
            one.test.outcome == PASSED and one.journal in whole and (one.generation, one.attempt) > suspect.tried
            for one in later
        )
    )


def _try(journal: Journal) -> tuple[int, int]:
    identity = journal.header.identity
    return (identity.generation, identity.attempt)
