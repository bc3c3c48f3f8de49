"""Why shards did not add up: what their journals say that differs between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.proof import SegmentProof
from pytest_smartshard.model.record import JournalHeader
from pytest_smartshard.proving.seen import last_journals, test_files_of
from pytest_smartshard.proving.shards import ShardRecord
from pytest_smartshard.wording import listed, ranges

OWN_OPTIONS = frozenset({"shard", "shard_plan_out", "shard_report", "shard_report_format", "shard_rerun"})
"""Options that may differ from shard to shard without any difference to the plan."""


def causes_of(shards: Sequence[ShardRecord], inventories: Mapping[str, Inventory]) -> tuple[str, ...]:
    """Sentences on what the shards of one generation disagree in; none where they agree."""
    headers = [journal.header for journal in last_journals(shards)]
    causes = [_twins(record) for record in shards if len(record.last) > 1]
    counts = _groups(headers, lambda header: str(header.shard.count))
    if len(counts) > 1:
        causes.append(f"the shards count to different numbers: {_told(counts)}")
    why = _why_plans_differ(headers) if len({header.digest for header in headers}) > 1 else []
    causes.extend(why)
    if len({header.pruned for header in headers}) > 1:
        causes.append(_some_pruned(headers))
    elif len({header.collection for header in headers}) > 1:
        if headers[0].pruned:
            causes.append(_other_files(shards, inventories))
        elif not why:
            causes.append(
                "the shards collected different tests: another checkout, or ids that change from process to "
                "process"
            )
    return tuple(causes)


def _some_pruned(headers: Sequence[JournalHeader]) -> str:
    only, everything = (
        ranges([header.shard.number for header in headers if header.pruned is pruned]) for pruned in (True, False)
    )
    return (
        f"some shards collected only their own files ({only}) and others all files ({everything}); give all of "
        "them the same shard_prune and the same store"
    )


def _other_files(shards: Sequence[ShardRecord], inventories: Mapping[str, Inventory]) -> str:
    """That pruned shards saw different test files, and which, where that is known of each."""
    seen = {}
    for journal in last_journals(shards):
        if journal.header.collection not in seen:
            seen[journal.header.collection] = test_files_of(journal, inventories)
    lists = [files for files in seen.values() if files is not None]
    some = sorted(frozenset().union(*lists).difference(frozenset.intersection(*lists))) if lists else []
    which = f" ({listed(some)} not in all)" if len(lists) == len(seen) and some else ""
    return f"the shards saw different test files{which}: another checkout, or files that are generated"


def matrix_cause(proofs: Sequence[SegmentProof]) -> str:
    """Said where the shards of each segment lack exactly what other segments have; ``""`` otherwise."""
    firsts = [proof.generations[0] for proof in proofs]
    counts = {generation.count for generation in firsts}
    numbers = [end.shard.number for generation in firsts for end in generation.ends]
    if len(proofs) < 2 or len(counts) != 1 or sorted(numbers) != list(range(1, counts.pop() + 1)):
        return ""
    return (
        "all segments together have each shard once, so the index counts every cell of the matrix; number the "
        "shards of each environment by themselves"
    )


def _twins(record: ShardRecord) -> str:
    attempt = record.last[0].header.identity.attempt
    return f"two jobs ran as shard {record.shard} in attempt {attempt}; give each job a number of its own"


def _why_plans_differ(headers: Sequence[JournalHeader]) -> list[str]:
    causes = []
    stores = _groups(headers, lambda header: header.store)
    if len(stores) > 1:
        causes.append(f"the shards planned by different stores: {_told(stores)}")
    names = sorted({name for header in headers for name in header.options} - OWN_OPTIONS)
    for name in names:
        values = _groups(headers, partial(_option, name))
        if len(values) > 1:
            causes.append(f"the option {name} differs: {_told(values)}")
    for name in sorted({name for header in headers for name in header.versions}):
        versions = _groups(headers, partial(_version, name))
        if len(versions) > 1:
            causes.append(f"the version of {name} differs: {_told(versions)}")
    lanes = _groups(headers, lambda header: str(header.lanes))
    if len(lanes) > 1:
        causes.append(f"the number of xdist workers differs: {_told(lanes)}")
    return causes


def _option(name: str, header: JournalHeader) -> str:
    return header.options.get(name, "not given")


def _version(name: str, header: JournalHeader) -> str:
    return header.versions.get(name, "unknown")


def _groups(
    headers: Sequence[JournalHeader], value_of: Callable[[JournalHeader], str]
) -> Mapping[str, list[int]]:
    """Numbers of shards by what they have for a value."""
    groups: dict[str, set[int]] = defaultdict(set)
    for header in headers:
        groups[value_of(header)].add(header.shard.number)
    return {value: sorted(groups[value]) for value in sorted(groups)}


def _told(groups: Mapping[str, Sequence[int]]) -> str:
    told = [f"{value} in {ranges(numbers)}" for value, numbers in groups.items()]
    return listed(told, most=4)
