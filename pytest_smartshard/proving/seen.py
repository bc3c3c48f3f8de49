"""What a suite consists of, by what the shards of its last generation saw of it.

A shard that was pruned saw the names of all test files, and collected its own. So the tests of the suite are,
of each file, those that any shard collected; a file that no shard collected is known by its name alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.inventory import Inventory, names_digest
from pytest_smartshard.model.proof import UncollectedFile
from pytest_smartshard.model.record import CollectionError, Journal
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.shards import Generations, ShardRecord, most

Inventories = Mapping[str, Inventory]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How many tests of each name there are, and whether that is known for certain.

    ``files``, sorted, are those that nobody collected.
    """

    tests: Counter[ItemKey]
    is_listed: bool
    files: tuple[str, ...] = ()


def seen_in(records: Generations, inventories: Inventories) -> Seen:
    """The suite as the last of *records* saw it."""
    last = records[max(records)]
    if any(journal.header.pruned for journal in last_journals(last)):
        found = _seen_in_parts(last, inventories)
    else:
        found = _seen_whole(records, inventories)
    if found.is_listed:
        return found
    # What is known of it. Tests that share a name stay together, so that no shard was given more than there are.
    given = most(record.assigned for shards in records.values() for record in shards)
    return Seen(tests=most([found.tests, given]), is_listed=False, files=found.files)


def last_journals(shards: Iterable[ShardRecord]) -> list[Journal]:
    """Those of each shard's last attempt."""
    return [journal for record in shards for journal in record.last]


def file_of(error: CollectionError) -> str:
    """The key of the file that could not be collected, as far as node ids hold keys."""
    return error.node.partition("::")[0]


def _seen_whole(records: Generations, inventories: Inventories) -> Seen:
    """By shards that collected everything.

    Where their inventory is lost, what all of them were to run is the same, if it has the same digest.
    """
    collections = {journal.header.collection for journal in last_journals(records[max(records)])}
    expected = most(Counter(inventories[digest]) for digest in sorted(collections.intersection(inventories)))
    if collections <= inventories.keys():
        return Seen(tests=expected, is_listed=True)
    assigned = most(_sum(record.assigned for record in shards) for shards in records.values())
    if collections == {names_digest(map(str, assigned.elements()))}:
        return Seen(tests=assigned, is_listed=True)
    return Seen(tests=expected, is_listed=False)


def _sum(counters: Iterable[Counter[ItemKey]]) -> Counter[ItemKey]:
    total: Counter[ItemKey] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def _seen_in_parts(shards: Sequence[ShardRecord], inventories: Inventories) -> Seen:
    """By shards of which some collected no more than their own files."""
    journals = last_journals(shards)
    lists, is_listed = _lists_of(journals, inventories)
    if not is_listed:
        rebuilt = _rebuilt(shards, inventories)
        lists, is_listed = _lists_of(journals, {**inventories, **rebuilt})
    tests = _tests_of(found.files for found in lists)
    if not all(journal.header.pruned for journal in journals):
        return Seen(tests=tests, is_listed=is_listed)
    collected = {file for found in lists for file in found.files}
    collected.update(file for record in shards for file in collected_by(record))
    unread = {file for found in lists for file in found.uncollected} - collected
    if unread:
        # Of a file that nobody owns any more an earlier attempt may still tell what was in it.
        earlier, _ = _lists_of([journal for record in shards for journal in record.journals], inventories)
        named = [{file: found.files[file] for file in unread & found.files.keys()} for found in earlier]
        tests = most([tests, _tests_of(named)])
        unread -= {file for files in named for file in files}
    return Seen(tests=tests, is_listed=is_listed, files=tuple(sorted(unread)))


def _lists_of(journals: Iterable[Journal], inventories: Inventories) -> tuple[list[Inventory], bool]:
    """The inventories that *journals* name, each once, and whether all are there."""
    digests = {journal.header.listed_in for journal in journals}
    return [inventories[digest] for digest in sorted(digests & inventories.keys())], digests <= inventories.keys()


def _rebuilt(shards: Sequence[ShardRecord], inventories: Inventories) -> Inventories:
    """Inventories that are lost, put together from what all journals tell, as far as their digests are right."""
    journals = last_journals(shards)
    told = {journal.path: {file.file for file in journal.files} for journal in journals}
    there = {j.path: inventories[j.header.listed_in] for j in journals if j.header.listed_in in inventories}
    names = set().union(*told.values(), *(found.files for found in there.values()))
    names.update(file for found in there.values() for file in found.uncollected)
    # Who has neither a line for a file nor its name among those that it left collected it, as all shards did.
    everywhere = set().union(*(names - told[path] - {*found.uncollected} for path, found in there.items()))
    tails: dict[str, list[str]] = defaultdict(list)
    for file, tail in _sum(record.assigned for record in shards).elements():
        tails[file].append(tail)
    tests = {**tails, **{file: list(found.files[file]) for found in there.values() for file in found.files}}
    rebuilt = {}
    for journal in journals:
        collected = told[journal.path] | everywhere
        candidate = Inventory.of(
            (ItemKey(file, tail) for file in collected for tail in tests.get(file, ())), names - collected
        )
        if journal.path not in there and candidate.digest == journal.header.listed_in:
            rebuilt[candidate.digest] = candidate
    return rebuilt


def _tests_of(lists: Iterable[Mapping[str, tuple[str, ...]]]) -> Counter[ItemKey]:
    """The greatest count of each name. Owners of one file list the same tests, which are counted once."""
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for files in lists:
        for file, tails in files.items():
            if tails not in found[file]:
                found[file].append(tails)
    return most(
        Counter(ItemKey(file, tail) for tail in tails) for file, different in found.items() for tails in different
    )


def collected_by(record: ShardRecord) -> set[str]:
    """Files that the journals of a shard's last attempt have a line for, or that it tried in vain to collect."""
    files = {file.file for journal in record.last for file in journal.files}
    return files.union(file_of(error) for journal in record.last for error in journal.errors)


def uncollected_files(shards: Sequence[ShardRecord]) -> tuple[UncollectedFile, ...]:
    """Files that a shard owns and did not collect, sorted. Who died may not have come to telling."""
    told = {
        record.shard.number: collected_by(record)
        for record in shards
        if all(journal.header.pruned and journal.footer for journal in record.last)
    }
    return tuple(
        sorted(
            {
                UncollectedFile(file.file, owner)
                for journal in last_journals(shards)
                if journal.header.pruned
                for file in journal.files
                for owner in file.owners
                if owner in told and file.file not in told[owner]
            }
        )
    )


def disagreeing_files(shards: Sequence[ShardRecord], inventories: Inventories) -> tuple[str, ...]:
    """Files of which two shards saw different tests, sorted."""
    journals = last_journals(shards)
    seen: dict[str, tuple[int, str]] = {}
    different = set()
    for journal in journals:
        for file in journal.files:
            what = (file.remaining, file.remaining_digest)
            if seen.setdefault(file.file, what) != what:
                different.add(file.file)
    if all(journal.header.pruned for journal in journals):
        different.update(_seen_differently(_lists_of(journals, inventories)[0]))
    return tuple(sorted(different))


def _seen_differently(lists: Sequence[Inventory]) -> set[str]:
    """Files that one list has other tests of than another, or none, where its shard collected them too.

    Some files are collected by all shards, and a shard has no line for what it neither owns nor runs.
    """
    tails: dict[str, tuple[str, ...]] = {}
    different = set()
    seen: Counter[str] = Counter()
    for found in lists:
        seen.update(found.files.keys())
        seen.update(found.uncollected)
        for file, tests in found.files.items():
            if tails.setdefault(file, tests) != tests:
                different.add(file)
    return different.union(file for file in tails if seen[file] < len(lists))


def test_files_of(journal: Journal, inventories: Inventories) -> frozenset[str] | None:
    """All test files that a pruned shard saw, None where that is not known for certain."""
    inventory = inventories.get(journal.header.listed_in)
    if inventory is None or not journal.header.pruned:
        return None
    files = frozenset([*inventory.files, *inventory.uncollected, *(file.file for file in journal.files)])
    return files if names_digest(files) == journal.header.collection else None
