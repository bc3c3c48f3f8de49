"""What a merge concludes, line by line: for the log of the job that merges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_smartshard.model.merged import MergedRun, MergedSegment, StoreChange
from pytest_smartshard.model.proof import (
    DoubledTest,
    GenerationProof,
    LostTest,
    SegmentProof,
    ShardEnd,
    Verdict,
)
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.reports.display import shortened
from pytest_smartshard.wording import listed, plural

MOST_NAMES = 10
"""Tests that a line names; the report in JSON names all."""

_NAME_CELLS = 200


def verdict_lines(merged: MergedRun, *, quiet: bool = False, is_last_shard: bool = False) -> list[str]:
    """Everything that is to be said; with *quiet* only what is wrong.

    *is_last_shard*: it is said at the end of a shard, which has told of the store and of its tests already.
    """
    if is_last_shard:
        quiet = True
    lines = list(merged.notes)
    if merged.others and not quiet:
        others = listed(list(merged.others))
        lines.append(f"judged is run {merged.run}; journals of {others} are left out: name a run with --run")
    for segment in merged.segments:
        slug = segment.proof.segment.slug
        if is_last_shard and segment.proof.is_complete:
            lines.append(headline(segment.proof))
        lines.extend(f"{slug}: {line}" for line in segment_lines(segment, merged, quiet=quiet))
    lines.extend(
        f"{segment.slug}: run {merged.run} left nothing of this segment, which the last complete run had; see "
        "that its jobs ran and kept their journals, or say with --expect which segments there should be"
        for segment in merged.absent
    )
    if merged.cause:
        lines.append(f"probably {merged.cause}")
    lines.extend(merged.refusals)
    if merged.coverage is not None and not (quiet and merged.coverage.is_met):
        lines.append(coverage_line(merged))
    if any(segment.proof.lost or segment.proof.last.died for segment in merged.segments):
        lines.append(f"run what is left with pytest --shard-rerun={merged.rest}")
    return lines


def coverage_line(merged: MergedRun) -> str:
    """Total coverage against the project's gate; ``""`` where none was combined."""
    total = merged.coverage
    if total is None:
        return ""
    percent = f"{total.percent:.{total.precision}f} %"
    if not total.fail_under:
        return f"coverage of all shards: {percent}"
    verb = "reaches" if total.is_met else "is below"
    return f"coverage of all shards: {percent} {verb} fail_under={total.fail_under:g}"


def segment_lines(segment: MergedSegment, merged: MergedRun, *, quiet: bool = False) -> Iterator[str]:
    """What is to be said of one segment."""
    proof = segment.proof
    if segment.store is not None and not quiet:
        yield store_line(segment.store)
    if not quiet or not proof.is_complete:
        yield headline(proof)
    yield from _problems(proof, merged)


def store_line(change: StoreChange) -> str:
    knows = "now knows" if change.written else "already knew all of it:"
    journals = plural(change.journals, "journal")
    return f"{journals} read, {change.path} {knows} {plural(change.tests, 'test')}"


def headline(proof: SegmentProof) -> str:
    """The verdict in one sentence."""
    tests = plural(proof.expected, "test")
    if proof.verdict is Verdict.UNPROVED:
        what = [
            f"{_lost_of(proof)} did not run to the end" if proof.lost else "",
            f"{plural(len(proof.doubled), 'test')} ran more than once" if proof.doubled else "",
        ]
        said = ", ".join(filter(None, what)) or "the journals do not show that every test ran exactly once"
        return f"NOT PROVED: {said}"
    if proof.verdict is Verdict.STOPPED:
        return f"stopped: {len(proof.lost):,} of {tests} did not run"
    failed, flaky = len(proof.failed), len(proof.flaky)
    more = [
        f"{failed:,} failed" if failed else "",
        f"{plural(len(proof.errors), 'file')} could not be collected" if proof.errors else "",
        f"{flaky:,} flaky" if flaky else "",
    ]
    return ", ".join(filter(None, [f"proved: {tests} ran exactly once in {_where(proof)}", *more]))


def _lost_of(proof: SegmentProof) -> str:
    """How many tests were lost, of how many, and files of which nobody knows how many are in them."""
    tests = f"{proof.lost_tests:,} of {plural(proof.expected, 'test')}" if proof.lost_tests else ""
    return " and ".join(filter(None, [tests, _unknown_files(proof.lost_files)]))


def _unknown_files(count: int) -> str:
    """``1 file (its tests are not known)``, ``""`` for none."""
    whose = "its" if count == 1 else "their"
    return f"{plural(count, 'file')} ({whose} tests are not known)" if count else ""


def _where(proof: SegmentProof) -> str:
    counts = [plural(generation.count, "shard") for generation in proof.generations]
    return counts[0] if len(counts) == 1 else f"{counts[0]}, then what was left in {', '.join(counts[1:])}"


def _problems(proof: SegmentProof, merged: MergedRun) -> Iterator[str]:
    """Everything that is wrong with a segment, or worth knowing."""
    if proof.verdict is Verdict.UNPROVED:
        yield from _generation_problems(proof.last, merged)
        if not proof.is_listed:
            yield (
                "the list of all tests is not among the files, so tests that no shard was given cannot be named; "
                "keep the .tests.json files beside the journals"
            )
        if not proof.expected and not proof.lost:
            yield "no shard collected any test, so nothing is proved; see that the suite is where it should be"
    # Errors of collection stop a shard only where it is not told to go on.
    for end in () if proof.is_complete else proof.last.stopped:
        yield f"shard {end.shard} stopped early: {shortened(end.reason, _NAME_CELLS)}"
    yield from _lost(proof)
    if proof.doubled:
        yield _ran_twice(proof.doubled)
    if proof.verdict is Verdict.UNPROVED:
        for generation in proof.generations:
            yield from (f"probably {cause}" for cause in generation.causes)
    for end in proof.unexplained:
        yield f"shard {end.shard} exited with {end.exit_code} although none of its tests says why; see its log"
    if proof.errors:
        nodes = listed([_shown(error.node) for error in proof.errors], most=MOST_NAMES)
        yield f"could not be collected: {nodes}"
    if proof.gone:
        yield f"{plural(len(proof.gone), 'test')} that were left are no longer collected: {_names(proof.gone)}"
    if proof.only_pruned:
        yield _only_pruned(proof.only_pruned)


def _only_pruned(files: Sequence[str]) -> str:
    names = listed([_shown(file) for file in files], most=MOST_NAMES)
    if len(files) > 1:
        return (
            f"{names} failed only where other files were left out: unless they were mended since, they may need "
            "something that other files import; import it where it is needed, or switch pruning off with "
            "shard_prune = off"
        )
    return (
        f"{names} failed only where other files were left out: unless it was mended since, it may need "
        "something that another file imports; import it there, or switch pruning off with shard_prune = off"
    )


def _generation_problems(generation: GenerationProof, merged: MergedRun) -> Iterator[str]:
    run = f"run {merged.run}"
    if generation.missing:
        which = "shard" if len(generation.missing) == 1 else "shards"
        numbers = ", ".join(map(str, generation.missing))
        of_rest = f" (generation {generation.generation})" if generation.generation else ""
        yield (
            f"{run}{of_rest} lacks {which} {numbers} of {generation.count}; give merge the .smartshard/runs "
            "folders of all its jobs, kept also where tests fail, or run what is missing"
        )
    for end in generation.died:
        yield _died(end)
    if generation.is_mixed:
        yield (
            f"some shards of {run} collected only their own files and others all, so tests may have run twice or "
            "never; give all shards the same options, shard_prune too"
        )
    elif len(generation.digests) > 1:
        digests = ", ".join(generation.digests)
        yield (
            f"the shards of {run} followed different plans ({digests}), so tests may have run twice or never; "
            "give all shards the same store, options and environment"
        )
    elif len(generation.collections) > 1 and generation.pruned:
        yield (
            f"the shards of {run} saw different test files, so tests may have run twice or never; see that all "
            "have the same files, generated ones too"
        )
    elif len(generation.collections) > 1:
        yield (
            f"the shards of {run} collected different tests, so some may have run twice or never; see that all "
            "have the same tests, with the same ids in every process"
        )
    if generation.disagreeing:
        files = listed([_shown(file) for file in generation.disagreeing], most=MOST_NAMES)
        yield f"shards saw different tests in {files}"
    if generation.uncollected and len(generation.digests) == 1:
        files = listed(
            [f"{_shown(file)} by shard {owner}" for file, owner in generation.uncollected], most=MOST_NAMES
        )
        yield f"not collected: {files}, though it is theirs; see that nothing in those jobs leaves files out"
    if generation.outdated:
        yield (
            "a journal of an older version does not say which tests its shard was to run; use one version of "
            "pytest-smartshard in all jobs"
        )


def _died(end: ShardEnd) -> str:
    if end.stopped_in is not None:
        return (
            f"shard {end.shard} ended in attempt {end.attempt} because {_names([end.stopped_in])} went beyond "
            "its limit and could not be stopped by itself; --shard-rerun runs the rest"
        )
    running = f" while it ran {_names(end.running)}" if end.running else ""
    return f"shard {end.shard} died in attempt {end.attempt}{running}: its journal has no end"


def _lost(proof: SegmentProof) -> Iterator[str]:
    """A line for each way to be lost and shard."""
    groups: dict[tuple[bool, str], list[str]] = defaultdict(list)
    for test in proof.lost:
        groups[test.is_file, _how(test, proof.last)].append(test.name)
    for (is_file, how), names in groups.items():
        what = _unknown_files(len(names)) if is_file else plural(len(names), "test")
        yield f"{what} {how}: {listed(list(map(_shown, names)), most=MOST_NAMES)}"


def _how(test: LostTest, last: GenerationProof) -> str:
    if test.shard is not None:
        return f"{test.loss.value}, by shard {test.shard}"
    if last.missing:
        return "in no journal that is there"
    return "collected by no shard" if test.is_file else test.loss.value


def _ran_twice(doubled: Sequence[DoubledTest]) -> str:
    shown = [f"{_shown(str(test.key))} in shards {', '.join(map(str, test.shards))}" for test in doubled]
    return f"{plural(len(doubled), 'test')} ran more than once: {listed(shown, most=MOST_NAMES)}"


def _names(keys: Sequence[ItemKey]) -> str:
    return listed([_shown(str(key)) for key in keys], most=MOST_NAMES)


def _shown(name: str) -> str:
    return shortened(name, _NAME_CELLS)
