"""Proving a segment whose shards collect their own files alone, case by case."""

from __future__ import annotations

from pruned_runs import ALL, FILES, ONE, TESTS, TWO, A, B, C, Left

from pytest_smartshard.model.proof import Loss, SegmentProof, UncollectedFile, Verdict
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.proving.rest import rest_of


def lost(proof: SegmentProof) -> list[tuple[str, Loss, str]]:
    return [(test.name, test.loss, str(test.shard)) for test in proof.lost]


def test_shards_that_collect_their_own_files_prove_a_run() -> None:
    proof = Left().add("1/2", ONE).add("2/2", TWO).proof
    assert (proof.verdict, proof.expected, len(proof.counted)) == (Verdict.GREEN, 5, 5)
    assert (proof.last.pruned, proof.last.is_mixed, proof.lost) == ((1, 2), False, ())


def test_a_missing_shard_takes_the_names_of_its_tests_along() -> None:
    """Those of a file that another shard owns too are known."""
    proof = Left().add("1/2", ONE).proof
    assert (proof.verdict, proof.expected, proof.lost_tests, proof.lost_files) == (Verdict.UNPROVED, 4, 1, 1)
    assert lost(proof) == [(f"{C}::c2", Loss.NOT_RUN, "2/2"), (B, Loss.NOT_RUN, "2/2")]
    assert [test.is_file for test in proof.lost] == [False, True]


def test_of_several_missing_shards_nobody_knows_whose_a_file_was() -> None:
    proof = Left().add("1/3", ONE).proof
    assert lost(proof) == [(f"{C}::c2", Loss.UNASSIGNED, "None"), (B, Loss.UNASSIGNED, "None")]


def test_a_file_without_tests_is_no_loss() -> None:
    sees = {**TESTS, B: ()}
    proof = Left().add("1/2", ONE, sees=sees).add("2/2", {B: (), C: ("c2",)}, sees=sees).proof
    assert (proof.verdict, proof.expected) == (Verdict.GREEN, 4)


def test_where_every_test_was_deselected_nothing_is_proved() -> None:
    empty: dict[str, tuple[str, ...]] = {}
    proof = Left().add("1/2", {A: (), C: ()}, sees=empty).add("2/2", {B: (), C: ()}, sees=empty).proof
    assert (proof.verdict, proof.expected, proof.lost) == (Verdict.UNPROVED, 0, ())


def test_a_file_that_all_shards_leave_out_is_lost() -> None:
    proof = Left().add("1/2", ONE).add("2/2", {C: ("c2",)}).proof
    assert (proof.verdict, lost(proof)) == (Verdict.UNPROVED, [(B, Loss.UNASSIGNED, "None")])


def test_an_owner_that_leaves_its_file_out_is_named() -> None:
    """Though none of its tests is missing: the other owner may have run them by another rule."""
    left = Left().add("1/2", {A: ("a1", "a2"), C: ("c1", "c2")}).add("2/2", {B: ("b1",)})
    assert left.proof.last.uncollected == (UncollectedFile(C, 2),)
    assert (left.proof.verdict, left.proof.lost) == (Verdict.UNPROVED, ())


def test_who_died_may_not_have_come_to_telling_of_its_files() -> None:
    proof = Left().add("1/2", ONE).add("2/2", {}, sees={}, reason=None).proof
    assert [end.shard for end in proof.last.died] == [ShardIndex(2, 2)]
    assert proof.last.uncollected == ()


def test_owners_that_saw_different_tests_are_found_out() -> None:
    less = {**TESTS, C: ("c2",)}
    proof = Left().add("1/2", ONE).add("2/2", TWO, sees=less).proof
    assert (proof.verdict, proof.last.disagreeing, proof.lost) == (Verdict.UNPROVED, (C,), ())


def test_shards_that_neither_own_nor_run_a_file_must_have_seen_the_same_in_it() -> None:
    """What all collect because of groups is nobody's alone."""
    for other in (("a1",), ()):
        sees = {**TESTS, A: other}
        left = Left().add("1/2", ONE, everywhere=[A]).add("2/2", TWO, everywhere=[A], sees=sees)
        assert (left.proof.verdict, left.proof.last.disagreeing) == (Verdict.UNPROVED, (A,))
    proof = Left().add("1/2", ONE, everywhere=[A]).add("2/2", TWO, everywhere=[A]).proof
    assert proof.verdict is Verdict.GREEN


def test_shards_that_saw_different_files_are_found_out() -> None:
    more = (*FILES, "test_generated.py")
    proof = Left().add("1/2", ONE).add("2/2", TWO, files=more).proof
    assert (proof.verdict, len(proof.last.collections)) == (Verdict.UNPROVED, 2)
    assert proof.last.causes == (
        (
            "the shards saw different test files (test_generated.py not in all): another checkout, or files that "
            "are generated"
        ),
    )
    assert lost(proof) == [("test_generated.py", Loss.UNASSIGNED, "None")]


def test_without_their_lists_it_is_not_known_which_files_differ() -> None:
    more = (*FILES, "test_generated.py")
    proof = Left().add("1/2", ONE).add("2/2", TWO, files=more, keeps_list=False).proof
    assert proof.last.causes == (
        "the shards saw different test files: another checkout, or files that are generated",
    )


def test_some_pruned_and_others_not() -> None:
    proof = Left().add("1/3", ONE).add("2/3", TWO, pruned=False).add("3/3", {}).proof
    assert (proof.verdict, proof.last.is_mixed, proof.last.pruned) == (Verdict.UNPROVED, True, (1, 3))
    assert proof.lost == ()
    assert proof.last.causes == (
        (
            "some shards collected only their own files (1, 3) and others all files (2); give all of them the "
            "same shard_prune and the same store"
        ),
    )


def test_lists_that_are_lost_follow_from_what_was_given_out() -> None:
    for first, second in ((True, False), (False, False)):
        left = Left().add("1/2", ONE, keeps_list=first).add("2/2", TWO, keeps_list=second)
        assert (left.proof.verdict, left.proof.is_listed, left.proof.expected) == (Verdict.GREEN, True, 5)


def test_what_all_shards_collected_is_in_lost_lists_too() -> None:
    sees = {**TESTS, "test_empty.py": ()}
    left = Left()
    for shard, own, keeps_list in (("1/2", ONE, False), ("2/2", TWO, True)):
        left.add(
            shard,
            own,
            files=tuple(sees),
            sees=sees,
            everywhere=[A, "test_empty.py"],
            keeps_list=keeps_list,
        )
    assert (left.proof.verdict, left.proof.is_listed) == (Verdict.GREEN, True)


def test_where_a_test_was_given_to_nobody_a_lost_list_leaves_a_run_unproved() -> None:
    proof = Left().add("1/2", ONE).add("2/2", {B: (), C: ("c2",)}, keeps_list=False).proof
    assert (proof.verdict, proof.is_listed, proof.expected, proof.lost) == (Verdict.UNPROVED, False, 4, ())


def test_an_error_of_collection_counts_once() -> None:
    sees = {**TESTS, C: ()}
    left = Left()
    for shard, own in (("1/2", {A: ("a1", "a2"), C: ()}), ("2/2", {B: ("b1",), C: ()})):
        left.add(shard, own, sees=sees, errors=[C])
    assert (left.proof.verdict, [error.node for error in left.proof.errors]) == (Verdict.RED, [C])
    without_line = Left().add("1/2", {A: ("a1", "a2")}, sees=sees, errors=[C], files=(A, C))
    assert without_line.proof.lost == ()


def test_an_earlier_attempt_may_tell_what_was_in_a_file() -> None:
    """The last attempt followed another plan, by which the file was not its own."""
    left = Left().add("1/2", ONE, ran=False, reason="interrupted")
    left.add("1/2", {C: ("c1",)}, attempt=2, digest="d2")
    assert [name for name, *_ in lost(left.proof)] == [f"{A}::a1", f"{A}::a2", f"{C}::c2", B]


def test_a_generation_that_collects_everything_heals_lost_files() -> None:
    left = Left().add("1/2", ONE)
    rest = rest_of(left.proof, "all")
    left_over = [ItemKey(file, tail) for file in TESTS for tail in TESTS[file] if rest.takes(ItemKey(file, tail))]
    assert left_over == [ItemKey(B, "b1"), ItemKey(C, "c2")]
    proof = left.add("1/1", {B: ("b1",), C: ("c2",)}, pruned=False, generation=1).proof
    assert (proof.verdict, proof.expected, proof.lost) == (Verdict.GREEN, 5, ())


def test_a_file_that_failed_only_where_others_were_left_out() -> None:
    left = Left().add("1/2", ONE, failed=["a1"]).add("2/2", TWO)
    assert list(left.proof.only_pruned) == []
    left.add("1/1", {A: ("a1",)}, pruned=False, generation=1)
    assert (left.proof.verdict, left.proof.only_pruned) == (Verdict.GREEN, (A,))
    left.add("1/1", {A: ("a1",)}, pruned=False, generation=2, failed=["a1"])
    assert left.proof.only_pruned == ()


def test_a_test_whose_worker_died_says_nothing_of_imports() -> None:
    left = Left().add("1/2", ONE, crashed=["a1"]).add("2/2", TWO)
    left.add("1/1", {A: ("a1",)}, pruned=False, generation=1)
    assert (left.proof.verdict, left.proof.only_pruned) == (Verdict.GREEN, ())


def test_what_failed_beside_a_crash_is_told_by_itself() -> None:
    left = Left().add("1/2", ONE, failed=["a1"], crashed=["a2"]).add("2/2", TWO)
    left.add("1/1", {A: ("a1", "a2")}, pruned=False, generation=1)
    assert (left.proof.verdict, left.proof.only_pruned) == (Verdict.GREEN, (A,))


def test_a_file_that_could_not_be_collected_only_where_others_were_left_out() -> None:
    sees = {**TESTS, B: ()}
    left = Left().add("1/2", ONE).add("2/2", {B: (), C: ("c2",)}, sees=sees, errors=[B])
    again = Left()
    again.journals, again.inventories = list(left.journals), dict(left.inventories)
    left.add("1/1", {B: ("b1",)}, pruned=False, generation=1)
    assert (left.proof.verdict, left.proof.only_pruned) == (Verdict.GREEN, (B,))
    again.add("1/1", {B: ()}, sees=sees, pruned=False, generation=1, errors=[B])
    assert (again.proof.verdict, again.proof.only_pruned) == (Verdict.RED, ())


def test_a_file_that_is_no_python_needs_no_other() -> None:
    sees = {**TESTS, B: ()}
    left = Left().add("1/2", ONE)
    left.add("2/2", {B: (), C: ("c2",)}, sees=sees, errors=[B], fault="E   SyntaxError: expected ':'")
    left.add("1/1", {B: ("b1",)}, pruned=False, generation=1)
    assert (left.proof.verdict, left.proof.only_pruned) == (Verdict.GREEN, ())


def test_what_passed_in_a_pruned_shard_too_failed_for_another_reason() -> None:
    left = Left().add("1/1", ALL, failed=["a1"]).add("1/1", ALL, attempt=2)
    assert left.proof.only_pruned == ()
    left.add("1/1", {A: ("a1",)}, pruned=False, generation=1)
    assert left.proof.only_pruned == ()


def test_an_attempt_without_pruning_clears_a_file_too() -> None:
    left = Left().add("1/1", ALL, failed=["b1"]).add("1/1", ALL, attempt=2, pruned=False)
    assert (left.proof.verdict, left.proof.only_pruned) == (Verdict.GREEN, (B,))
