"""Proving a segment, case by case. That the verdict is always the truth is held by a property."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from making import FILE, finished, header_of, shard_journal

from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.proof import Loss, SegmentProof, Verdict
from pytest_smartshard.model.record import CollectionError, Journal
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.proof import prove

SUITE = ["a", "b", "c", "d"]
INVENTORY = Inventory.of(ItemKey(FILE, tail) for tail in SUITE)
ONE = header_of("1/2", collection=INVENTORY.digest)
TWO = header_of("2/2", collection=INVENTORY.digest, started=1_001.0)


def proved(*journals: Journal, suite: Sequence[str] = SUITE) -> SegmentProof:
    """The proof, with the list of all tests beside the journals."""
    inventory = Inventory.of(ItemKey(FILE, tail) for tail in suite)
    found = [replace(j, header=replace(j.header, collection=inventory.digest)) for j in journals]
    return prove(found, {inventory.digest: inventory})


def part(header_shard: str, selected: Sequence[str], **rest: object) -> Journal:
    header = {
        name: rest.pop(name) for name in list(rest) if name in ("attempt", "generation", "digest", "started")
    }
    return shard_journal(header_of(header_shard, **header), selected, collected=SUITE, **rest)  # type: ignore[arg-type]  # a helper of tests


def lost(proof: SegmentProof) -> list[tuple[str, Loss, str]]:
    return [(test.key.tail, test.loss, str(test.shard)) for test in proof.lost]


def test_all_shards_and_all_tests_prove_a_run() -> None:
    proof = proved(part("1/2", ["a", "b"]), part("2/2", ["c", "d"]))
    assert (proof.verdict, proof.expected, len(proof.counted)) == (Verdict.GREEN, 4, 4)
    assert proof.last.is_whole
    assert (proof.lost, proof.doubled, proof.gone) == ((), (), ())


def test_a_failure_makes_it_red() -> None:
    proof = proved(
        part("1/2", ["a", "b"], tests=[finished("a"), finished("b", outcome="error")]), part("2/2", ["c", "d"])
    )
    assert proof.verdict is Verdict.RED
    assert [counted.test.key.tail for counted in proof.failed] == ["b"]


def test_a_missing_shard_is_named_and_what_it_had() -> None:
    proof = proved(part("1/2", ["a", "b"]))
    assert (proof.verdict, proof.last.missing) == (Verdict.UNPROVED, (2,))
    assert lost(proof) == [("c", Loss.NOT_RUN, "2/2"), ("d", Loss.NOT_RUN, "2/2")]


def test_of_several_missing_shards_nobody_knows_who_had_what() -> None:
    proof = proved(part("1/3", ["a", "b"]))
    assert proof.last.missing == (2, 3)
    assert lost(proof) == [("c", Loss.UNASSIGNED, "None"), ("d", Loss.UNASSIGNED, "None")]


def test_a_shard_that_died_is_told_with_what_it_was_at() -> None:
    killed = part("2/2", ["b", "c", "d"], tests=[finished("b")], begun=["c"], reason=None)
    proof = proved(part("1/2", ["a"]), killed)
    assert proof.verdict is Verdict.UNPROVED
    (end,) = proof.last.died
    assert (end.shard, end.running) == (ShardIndex(2, 2), (ItemKey(FILE, "c"),))
    assert lost(proof) == [("c", Loss.CUT_OFF, "2/2"), ("d", Loss.NOT_RUN, "2/2")]


def test_a_shard_that_died_after_its_last_test_proves_nothing() -> None:
    """Its last tear-down, or its session's, may have failed."""
    proof = proved(part("1/2", ["a", "b"]), part("2/2", ["c", "d"], reason=None))
    assert (proof.verdict, proof.lost) == (Verdict.UNPROVED, ())


def test_a_stop_is_no_loss() -> None:
    failed = [finished("c", outcome="failed")]
    proof = proved(
        part("1/2", ["a", "b"]), part("2/2", ["c", "d"], tests=failed, reason="stopping after 1 failures")
    )
    assert proof.verdict is Verdict.STOPPED
    assert [test.stopped for test in proof.lost] == [True]


def test_a_breakdown_of_pytest_is_no_stop_on_purpose() -> None:
    broken = part("2/2", ["c", "d"], tests=[], reason="internal error", exit_code=3)
    proof = proved(part("1/2", ["a", "b"]), broken)
    assert (proof.verdict, [test.stopped for test in proof.lost]) == (Verdict.UNPROVED, [False, False])


def test_tests_that_were_not_run_without_a_reason_are_lost() -> None:
    proof = proved(part("1/2", ["a", "b"]), part("2/2", ["c", "d"], tests=[finished("c")]))
    assert (proof.verdict, lost(proof)) == (Verdict.UNPROVED, [("d", Loss.NOT_RUN, "2/2")])


def test_shards_with_other_plans_are_found_out() -> None:
    proof = proved(part("1/2", ["a", "b"]), part("2/2", ["b", "c"], digest="d2"))
    assert proof.verdict is Verdict.UNPROVED
    assert proof.last.digests == ("d1", "d2")
    assert lost(proof) == [("d", Loss.UNASSIGNED, "None")]
    assert [(test.key.tail, [str(s) for s in test.shards]) for test in proof.doubled] == [("b", ["1/2", "2/2"])]


def test_two_jobs_that_ran_as_one_shard_are_found_out() -> None:
    proof = proved(part("1/2", ["a", "b"]), part("1/2", ["a", "b"], started=1_007.0), part("2/2", ["c", "d"]))
    assert proof.verdict is Verdict.UNPROVED
    assert [end.shard for end in proof.last.twins] == [ShardIndex(1, 2)]
    assert [test.key.tail for test in proof.doubled] == ["a", "b"]


def test_a_copy_is_no_second_job_and_the_fuller_one_counts() -> None:
    whole = part("1/2", ["a", "b"])
    torn = part("1/2", ["a", "b"], tests=[finished("a")], reason=None)
    for journals in ([whole, whole, torn], [torn, whole, whole]):
        assert proved(*journals, part("2/2", ["c", "d"])).verdict is Verdict.GREEN


def test_the_last_attempt_counts_and_earlier_ones_are_evidence() -> None:
    first = part("1/2", ["a", "b"], tests=[finished("a", outcome="failed"), finished("b")])
    again = part("1/2", ["a", "b"], attempt=2)
    proof = proved(first, again, part("2/2", ["c", "d"]))
    assert proof.verdict is Verdict.GREEN
    (flaky,) = proof.flaky
    assert (flaky.test.key.tail, flaky.attempt) == ("a", 2)
    assert [(old.generation, old.attempt, old.outcome) for old in flaky.earlier] == [(0, 1, "failed")]


def test_a_later_attempt_that_died_leaves_earlier_ends_and_proves_nothing() -> None:
    again = part("1/2", ["a", "b"], tests=[finished("a")], attempt=2, reason=None)
    proof = proved(part("1/2", ["a", "b"]), again, part("2/2", ["c", "d"]))
    assert (proof.verdict, proof.lost, proof.doubled) == (Verdict.UNPROVED, (), ())


def test_an_attempt_by_another_plan_is_found_out() -> None:
    again = part("1/2", ["a", "c"], attempt=2, digest="d2")
    proof = proved(part("1/2", ["a", "b"]), again, part("2/2", ["c", "d"]))
    assert proof.verdict is Verdict.UNPROVED
    assert [test.key.tail for test in proof.doubled] == ["c"]
    assert proof.lost == ()  # b ran, in an attempt that no longer counts


def test_a_generation_heals_what_the_first_one_left() -> None:
    killed = part("2/2", ["c", "d"], tests=[finished("c")], begun=["d"], reason=None)
    rest = part("1/1", ["d"], generation=1, digest="d9")
    proof = proved(part("1/2", ["a", "b"]), killed, rest)
    assert (proof.verdict, len(proof.generations)) == (Verdict.GREEN, 2)
    assert {counted.test.key.tail: counted.generation for counted in proof.counted} == {
        "a": 0,
        "b": 0,
        "c": 0,
        "d": 1,
    }


def test_the_last_generation_has_to_be_whole() -> None:
    rest = part("1/2", ["c"], generation=1)
    proof = proved(part("1/2", ["a", "b"]), rest)
    assert (proof.verdict, proof.last.missing) == (Verdict.UNPROVED, (2,))
    assert lost(proof) == [("d", Loss.NOT_RUN, "2/2")]


def test_tests_that_share_a_name_are_all_needed() -> None:
    suite = ["a", "a", "b"]
    both = shard_journal(header_of("1/2"), ["a", "a"], collected=suite)
    other = shard_journal(header_of("2/2"), ["b"], collected=suite)
    assert proved(both, other, suite=suite).verdict is Verdict.GREEN
    one = shard_journal(header_of("1/2"), ["a", "a"], [finished("a")], collected=suite)
    assert lost(proved(one, other, suite=suite)) == [("a", Loss.NOT_RUN, "1/2")]


def test_a_process_that_was_red_for_another_reason_stays_red() -> None:
    proof = proved(part("1/2", ["a", "b"], exit_code=3), part("2/2", ["c", "d"]))
    assert proof.verdict is Verdict.RED
    assert [(end.shard, end.exit_code) for end in proof.unexplained] == [(ShardIndex(1, 2), 3)]


def test_what_could_not_be_collected_is_told_once() -> None:
    errors = [CollectionError(node="test_z.py", details="SyntaxError")]
    proof = proved(
        part("1/2", ["a", "b"], errors=errors, exit_code=1), part("2/2", ["c", "d"], errors=errors, exit_code=1)
    )
    assert (proof.verdict, [error.node for error in proof.errors]) == (Verdict.RED, ["test_z.py"])
    assert proof.unexplained == ()


def test_files_of_which_shards_saw_different_tests_are_named() -> None:
    other = shard_journal(header_of("2/2"), ["c", "d"], collected=["a", "b", "c", "d", "e"])
    proof = proved(part("1/2", ["a", "b"]), other)
    assert (proof.verdict, proof.last.disagreeing) == (Verdict.UNPROVED, (FILE,))


def test_without_the_list_what_all_shards_had_is_the_same() -> None:
    journals = [shard_journal(ONE, ["a", "b"], collected=SUITE), shard_journal(TWO, ["c", "d"], collected=SUITE)]
    assert prove(journals, {}).verdict is Verdict.GREEN
    alone = prove(journals[:1], {})
    assert (alone.verdict, alone.is_listed, alone.lost) == (Verdict.UNPROVED, False, ())


def test_a_suite_without_tests_proves_nothing() -> None:
    proof = proved(part("1/1", []), suite=[])
    assert proof.verdict is Verdict.UNPROVED


def test_a_journal_of_an_older_version_proves_nothing() -> None:
    journal = part("1/1", SUITE)
    counted_only = replace(journal, files=(replace(journal.files[0], selected=None),))
    proof = proved(counted_only)
    assert (proof.verdict, proof.last.outdated) == (Verdict.UNPROVED, True)


def test_what_was_left_and_is_no_longer_collected_is_gone() -> None:
    killed = part("1/1", SUITE, tests=[finished("a"), finished("b")], reason=None)
    smaller = ["a", "b", "c"]
    inventory = Inventory.of(ItemKey(FILE, tail) for tail in smaller)
    rest = shard_journal(header_of("1/1", generation=1, collection=inventory.digest), ["c"], collected=smaller)
    proof = prove([killed, rest], {inventory.digest: inventory})
    assert (proof.verdict, [key.tail for key in proof.gone]) == (Verdict.GREEN, ["d"])


@pytest.mark.parametrize("outcome", ["passed", "skipped", "xfailed", "xpassed"])
def test_what_is_no_failure_is_green(outcome: str) -> None:
    tests = [finished("a", outcome=outcome)]
    assert proved(shard_journal(header_of(), ["a"], tests), suite=["a"]).verdict is Verdict.GREEN
