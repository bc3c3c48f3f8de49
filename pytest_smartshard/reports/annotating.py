"""What a CI system is to show of a run that is not green, at most ten things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.annotation import Annotation
from pytest_smartshard.model.merged import MergedRun
from pytest_smartshard.model.proof import CountedTest, LostTest, SegmentProof, Verdict
from pytest_smartshard.model.record import CRASHED, ERROR, TIMED_OUT, CollectionError
from pytest_smartshard.reports.display import shortened
from pytest_smartshard.reports.reasons import reason_of
from pytest_smartshard.reports.verdict import coverage_line, headline

MOST = 10
"""GitHub shows no more of one step."""

_NAME_CELLS = 200
_TITLES = {ERROR: "set-up or tear-down failed", CRASHED: "worker crashed", TIMED_OUT: "test timed out"}
_FAILED = "test failed"


def annotations_of(merged: MergedRun) -> list[Annotation]:
    """The gravest first; where there are more than :data:`MOST`, the last one says how many more."""
    if merged.verdict is Verdict.GREEN:
        return []
    groups = [_Group(segment.proof, len(merged.segments) > 1) for segment in merged.segments]
    whole = list(_whole(merged))
    count = len(whole) + sum(group.count for group in groups)
    found = chain(
        whole,
        *(group.failed() for group in groups),
        *(group.errors() for group in groups),
        *(group.lost() for group in groups),
        *(group.only_pruned() for group in groups),
    )
    if count <= MOST:
        return list(found)
    more = f"{count - MOST + 1:,} more things are wrong; the report names them all"
    return [*islice(found, MOST - 1), Annotation(title="and more", message=more)]


def _whole(merged: MergedRun) -> Iterator[Annotation]:
    """What is wrong with no single test."""
    for segment in merged.segments:
        proof = segment.proof
        slug = proof.segment.slug
        if not proof.is_complete:
            yield Annotation(title=proof.verdict.word, message=f"{slug}: {headline(proof)}")
        for end in proof.unexplained:
            message = f"{slug}: shard {end.shard} exited with {end.exit_code}; see its log"
            yield Annotation(title="shard failed", message=message)
    for absent in merged.absent:
        yield Annotation(title="segment missing", message=f"{absent.slug}: the run left nothing of it")
    for refusal in merged.refusals:
        yield Annotation(title="not judged", message=shortened(refusal, _NAME_CELLS))
    if merged.coverage is not None and not merged.coverage.is_met:
        yield Annotation(title="coverage", message=coverage_line(merged))


@dataclass(frozen=True, slots=True)
class _Group:
    """The annotations of one segment, made only as far as they are shown."""

    proof: SegmentProof
    is_named: bool

    @property
    def count(self) -> int:
        proof = self.proof
        red = sum(counted.is_red for counted in proof.counted)
        return red + len(proof.errors) + len(proof.lost) + len(proof.only_pruned)

    def failed(self) -> Iterator[Annotation]:
        return (self._failed(counted) for counted in self.proof.counted if counted.is_red)

    def errors(self) -> Iterator[Annotation]:
        return map(self._error, self.proof.errors)

    def lost(self) -> Iterator[Annotation]:
        return map(self._lost, self.proof.lost)

    def only_pruned(self) -> Iterator[Annotation]:
        return map(self._only_pruned, self.proof.only_pruned)

    def _failed(self, counted: CountedTest) -> Annotation:
        test = counted.test
        words = [_shown(str(test.key)), f"in shard {counted.shard}"]
        return self._annotation(
            _TITLES.get(test.outcome, _FAILED), words, reason_of(test.details), file=test.key.file
        )

    def _error(self, error: CollectionError) -> Annotation:
        reason = reason_of(error.details)
        return self._annotation("not collected", [_shown(error.node)], reason, file=error.node.partition("::")[0])

    def _lost(self, lost: LostTest) -> Annotation:
        words = [_shown(lost.name), lost.loss.value, f"by shard {lost.shard}" if lost.shard else ""]
        if lost.is_file:
            words.append("(its tests are not known)")
        return self._annotation("file lost" if lost.is_file else "test lost", words, "", file=lost.key.file)

    def _only_pruned(self, file: str) -> Annotation:
        words = [_shown(file), "failed only where other files were left out"]
        return self._annotation("failed when pruned", words, "", file=file)

    def _annotation(self, title: str, words: Iterable[str], reason: str, *, file: str) -> Annotation:
        segment = self.proof.segment
        where = f"{segment.slug}: " if self.is_named else ""
        what = " ".join(filter(None, words))
        message = f"{where}{what}{f': {reason}' if reason else ''}"
        return Annotation(title=title, message=message, file=file, suite=segment.suite)


def _shown(name: str) -> str:
    return shortened(name, _NAME_CELLS)
