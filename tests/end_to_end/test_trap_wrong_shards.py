"""Shards that do not add up: one number twice, another store, a matrix that was counted, a segment less."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

from faulty import CI, RUN, Record, headline, ids, many, merged, names, suite
from sharded import GIVE_ALL, SEGMENT, Project

from pytest_smartshard.operations.artifacts import find_artifacts
from pytest_smartshard.operations.judging import gather_evidence, judge

COUNTS = {"a": 3, "b": 2}


def machines(tmp_path: Path, count: int, files: dict[str, str], ini: str = "") -> list[Project]:
    """A checkout for each of so many jobs."""
    return [
        Project.make(tmp_path / f"machine-{number}" / "project", files, ini=ini) for number in range(1, count + 1)
    ]


def test_two_jobs_that_ran_as_the_same_shard_are_named_with_what_ran_twice(tmp_path: Path) -> None:
    record = Record(tmp_path / "record")
    jobs = machines(tmp_path, 3, suite(**COUNTS))
    for job, shard in zip(jobs, (1, 2, 1), strict=True):
        assert job.run(shard, 2, env={**CI, **record.env}).code == 0
    twice = sorted(test for test, count in record.done.items() if count > 1)
    assert twice == ids(a=3)
    result = merged(jobs[0], *(job.home / "runs" for job in jobs), code=3)
    shown = ", ".join(f"{test} in shards 1/2, 1/2" for test in twice)
    assert result.lines == (
        headline(f"3 journals read, {jobs[0].store_path} now knows 5 tests"),
        headline("NOT PROVED: 3 tests ran more than once"),
        headline(f"3 tests ran more than once: {shown}"),
        headline("probably two jobs ran as shard 1/2 in attempt 1; give each job a number of its own"),
    )


def test_another_store_in_one_shard_is_found_out_to_the_last_test(tmp_path: Path) -> None:
    counts = {"a": 14, "b": 13, "c": 12, "d": 11}
    shards = 4
    every = ids(**counts)
    record = Record(tmp_path / "record")
    jobs = machines(tmp_path, shards, suite(**counts))
    stores = []
    for seed in (1, 2):
        chance = random.Random(seed)
        history = tmp_path / f"durations-{seed}.json"
        history.write_text(json.dumps({test: chance.uniform(0.1, 30) for test in every}), encoding="ascii")
        imported = jobs[0].smartshard("import", "--store", tmp_path / f"store-{seed}", history)
        assert imported.code == 0, imported
        stores.append(tmp_path / f"store-{seed}")
    digests, history_digests = set(), {}
    for shard, job in enumerate(jobs, start=1):
        store = stores[1 if shard == 3 else 0]
        result = job.run(shard, shards, f"--shard-store={store}", env={**CI, **record.env})
        assert result.code == 0
        digests.add(result.recorded.header["digest"])
        history_digests[shard] = result.recorded.header["store"]

    lost = [test for test in every if not record.done[test]]
    doubled = {test for test, count in record.done.items() if count > 1}
    assert lost
    assert doubled
    folders = [job.home / "runs" for job in jobs]
    (proof,) = judge(gather_evidence(find_artifacts(folders), wanted=RUN, likely=None))
    assert [str(test.key) for test in proof.lost] == lost
    assert {str(test.key) for test in proof.doubled} == doubled

    result = merged(jobs[0], *folders, options=["--store", tmp_path / "merged"], code=3)
    by_store: dict[str, list[int]] = {}
    for shard, digest in history_digests.items():
        by_store.setdefault(digest, []).append(shard)
    told = {digest: "3" if numbers == [3] else "1-2, 4" for digest, numbers in by_store.items()}
    where = ", ".join(f"{digest} in {told[digest]}" for digest in sorted(told))
    twice = [
        f"{test.key} in shards {', '.join(map(str, test.shards))}"
        for test in sorted(proof.doubled, key=lambda test: test.key)
    ]
    store = tmp_path / "merged" / f"{SEGMENT}.json"
    assert result.lines == (
        headline(f"4 journals read, {store} now knows {len(every) - len(lost)} tests"),
        headline(
            f"NOT PROVED: {len(lost)} of 50 tests did not run to the end, {many(len(doubled))} ran more than once"
        ),
        headline(
            f"the shards of run {RUN} followed different plans ({', '.join(sorted(digests))}), so tests may have "
            "run twice or never; give all shards the same store, options and environment"
        ),
        headline(f"{many(len(lost))} never assigned: {names(lost)}"),
        headline(f"{many(len(doubled))} ran more than once: {names(twice)}"),
        headline(f"probably the shards planned by different stores: {where}"),
        headline(f"probably the option shard_store differs: {stores_told(stores)}"),
        "run what is left with pytest --shard-rerun=FOLDER, where FOLDER holds all that was given here",
    )


def stores_told(stores: Sequence[Path]) -> str:
    first, second = (f"--shard-store={store}" for store in stores)
    return f"{first} in 1-2, 4, {second} in 3"


def test_an_index_that_counted_every_cell_of_the_matrix_is_named(tmp_path: Path) -> None:
    jobs = machines(tmp_path, 4, suite(a=3, b=2, c=2, d=1))
    for number, job in enumerate(jobs, start=1):
        assert job.run(number, 4, f"--shard-env={'old' if number < 3 else 'new'}", env=CI).code == 0
    result = merged(jobs[0], *(job.home / "runs" for job in jobs), code=3)
    assert f"root@new@all: run {RUN} lacks shards 1, 2 of 4{GIVE_ALL}" in result.lines
    assert f"root@old@all: run {RUN} lacks shards 3, 4 of 4{GIVE_ALL}" in result.lines
    assert result.lines[-2:] == (
        (
            "probably all segments together have each shard once, so the index counts every cell of the matrix; "
            "number the shards of each environment by themselves"
        ),
        "run what is left with pytest --shard-rerun=FOLDER, where FOLDER holds all that was given here",
    )


def test_a_segment_that_the_last_complete_run_had_is_missed(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", suite(**COUNTS))
    for name in ("old", "new"):
        for shard in (1, 2):
            project.run(shard, 2, f"--shard-env={name}", env={**CI, "GITHUB_RUN_ID": "40"})
    for shard in (1, 2):
        project.run(shard, 2, "--shard-env=new", env=CI)
    runs = project.home / "runs" / RUN
    proved = f"root@new@all: proved: {many(5)} ran exactly once in 2 shards"

    result = merged(project, runs, options=["--check"], code=3)
    assert result.lines == (
        proved,
        (
            f"root@old@all: run {RUN} left nothing of this segment, which the last complete run had; see that "
            "its jobs ran and kept their journals, or say with --expect which segments there should be"
        ),
    )
    assert merged(project, runs, options=["--check", "--expect", "none"], code=0).lines == (proved,)
    assert merged(project, runs, options=["--check", "--expect", "root@new@all"], code=0).lines == (proved,)
    both = merged(project, runs, options=["--check", "--expect=root@new@all, root@third@all"], code=3)
    assert both.lines[1].startswith(f"root@third@all: run {RUN} left nothing of this segment")
