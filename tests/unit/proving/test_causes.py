"""What probably led to shards that do not add up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from making import header_of, shard_journal

from pytest_smartshard.model.record import JournalHeader
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.proving.causes import causes_of, matrix_cause
from pytest_smartshard.proving.proof import prove
from pytest_smartshard.proving.shards import shards_of

OTHERS = "the shards collected different tests: another checkout, or ids that change from process to process"


def causes(*headers: JournalHeader) -> tuple[str, ...]:
    return causes_of(shards_of([shard_journal(header, []) for header in headers]), {})


def three(**changed: object) -> list[JournalHeader]:
    """Three shards, the second of which differs."""
    headers = [replace(header_of(f"{number}/3"), store="s1", versions={"pytest": "9.2"}) for number in (1, 2, 3)]
    headers[1] = replace(headers[1], **changed)  # type: ignore[arg-type]  # a helper of tests
    return headers


def test_shards_that_agree_have_none() -> None:
    assert causes(*three()) == ()


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"digest": "d2", "store": "s2"}, "the shards planned by different stores: s1 in 1, 3, s2 in 2"),
        (
            {"digest": "d2", "options": {"shard": "--shard=2/3", "shard_packer": "--shard-packer=hash"}},
            "the option shard_packer differs: --shard-packer=hash in 2, not given in 1, 3",
        ),
        ({"digest": "d2", "versions": {"pytest": "8.0"}}, "the version of pytest differs: 8.0 in 2, 9.2 in 1, 3"),
        ({"digest": "d2", "versions": {}}, "the version of pytest differs: 9.2 in 1, 3, unknown in 2"),
        ({"digest": "d2", "lanes": 4}, "the number of xdist workers differs: 1 in 1, 3, 4 in 2"),
        ({"digest": "d2", "collection": "c2"}, OTHERS),
        ({"collection": "c2"}, OTHERS),
    ],
)
def test_what_differs_is_told_with_the_shards(changed: dict[str, object], cause: str) -> None:
    assert causes(*three(**changed)) == (cause,)


def test_an_option_that_changes_no_plan_is_no_cause() -> None:
    assert causes(*three(digest="d2", options={"shard_report": "--shard-report"})) == ()


def test_two_jobs_as_one_shard() -> None:
    assert causes(header_of("1/1"), header_of("1/1", started=9.0)) == (
        "two jobs ran as shard 1/1 in attempt 1; give each job a number of its own",
    )


def test_shards_that_count_differently() -> None:
    assert causes(header_of("1/4"), header_of("2/5")) == (
        "the shards count to different numbers: 4 in 1, 5 in 2",
    )


def test_an_index_that_counts_every_cell_of_a_matrix() -> None:
    def proof(environment: str, *shards: str) -> object:
        segment = Segment("root", environment)
        return prove([shard_journal(header_of(shard, segment=segment), []) for shard in shards], {})

    split = [proof("linux-3.12", "1/4", "3/4"), proof("linux-3.13", "2/4", "4/4")]
    assert matrix_cause(split) == (  # type: ignore[arg-type]  # proofs, which the helper need not say
        "all segments together have each shard once, so the index counts every cell of the matrix; number the "
        "shards of each environment by themselves"
    )
    for fine in (
        [proof("linux-3.12", "1/2", "2/2"), proof("linux-3.13", "1/2", "2/2")],
        [proof("linux-3.12", "1/2", "2/2")],
        [proof("linux-3.12", "1/4"), proof("linux-3.13", "2/4")],
    ):
        assert matrix_cause(fine) == ""  # type: ignore[arg-type]  # as above
