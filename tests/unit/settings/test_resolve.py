"""From what was given to what holds: values, notices, and every message word for word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_smartshard.dispatching.limits import LimitRules
from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.settings.naming import Selection, environment_name
from pytest_smartshard.settings.resolve import Settings, Surroundings, resolve, store_place
from pytest_smartshard.settings.values import Value, gather
from pytest_smartshard.store.place import StorePlace

ROOT = Path("/no/such/root")
AROUND = Surroundings(rootdir=ROOT, folder=ROOT / "sub", environ={})
GITLAB = {"GITLAB_CI": "true", "CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "6", "CI_PIPELINE_ID": "77"}


def resolved(
    around: Surroundings = AROUND, ini: Mapping[str, object] | None = None, **flags: object
) -> tuple[Settings, list[str]]:
    problems: list[str] = []
    given = gather(flags.get, (ini or {}).get, around.environ)
    return resolve(given, around, problems), problems


def settings(around: Surroundings = AROUND, ini: Mapping[str, object] | None = None, **flags: object) -> Settings:
    found, problems = resolved(around, ini, **flags)
    assert problems == []
    return found


def problems(
    around: Surroundings = AROUND, ini: Mapping[str, object] | None = None, **flags: object
) -> list[str]:
    return resolved(around, ini, **flags)[1]


def test_without_anything_given_nothing_is_asked_for() -> None:
    assert settings() == Settings(
        shard=None,
        notice="",
        segment=Segment("root", environment_name()),
        plan=None,
        plan_out=None,
        rerun=None,
        rerun_mode="all",
        run=None,
        attempt=None,
        home=ROOT / ".smartshard",
        rootdir=ROOT,
        store=StorePlace(ROOT / ".smartshard" / "durations"),
        record=False,
        scope="test",
        packer="lpt",
        prunes=True,
        order="collected",
        timeouts="off",
        limits=LimitRules(),
        lanes=1,
        report=False,
        report_format="text",
        origins={},
    )


def test_everything_that_is_given_holds() -> None:
    around = replace(AROUND, selection=Selection(keyword="slow"), lanes=4)
    found = settings(
        around,
        {"shard_suite": "app", "shard_scope": "class", "shard_record": True},
        shard="2/6",
        shard_run="nightly",
        shard_env="linux-gpu",
        shard_store="kept",
        shard_packer="chunks",
        shard_report=True,
        shard_report_format="json",
    )
    assert found.shard == ShardIndex(2, 6)
    assert found.segment == Segment("app", "linux-gpu", found.segment.selection)
    assert found.segment.selection != "all"
    assert (found.run, found.attempt) == ("nightly", None)
    assert found.store == StorePlace(ROOT / "sub" / "kept")
    assert (found.record, found.scope, found.packer, found.lanes) == (True, "class", "chunks", 4)
    assert (found.report, found.report_format) == (True, "json")
    assert found.origins == {
        "shard": "--shard=2/6",
        "shard_run": "--shard-run=nightly",
        "shard_env": "--shard-env=linux-gpu",
        "shard_suite": "shard_suite = app",
        "shard_store": "--shard-store=kept",
        "shard_record": "shard_record = true",
        "shard_scope": "shard_scope = class",
        "shard_packer": "--shard-packer=chunks",
        "shard_report": "--shard-report",
        "shard_report_format": "--shard-report-format=json",
    }


@pytest.mark.parametrize(
    ("text", "shard"),
    [
        ("1/1", ShardIndex(1, 1)),
        ("6/6", ShardIndex(6, 6)),
        ("02/06", ShardIndex(2, 6)),
        ("1/99999", ShardIndex(1, 99_999)),
    ],
)
def test_shards_are_written_k_of_n(text: str, shard: ShardIndex) -> None:
    assert settings(shard=text).shard == shard


NO_NAME = "not a name; use letters, digits, '.', '_' and '-', beginning with a letter or digit"
NO_SHARD = "not a shard; write K/N such as --shard=2/6, or --shard=auto, or --shard=off"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", NO_SHARD),
        ("2", NO_SHARD),
        ("a/b", NO_SHARD),
        ("/", NO_SHARD),
        ("1/", NO_SHARD),
        ("1/2/3", NO_SHARD),
        ("-1/4", NO_SHARD),
        ("1.0/4", NO_SHARD),
        (" 1/4", NO_SHARD),
        ("1/4\n", NO_SHARD),
        ("٢/6", NO_SHARD),
        ("AUTO", NO_SHARD),
        ("1/100000", NO_SHARD),
        ("9" * 5_000 + "/1", NO_SHARD),
        ("0/4", "shards count from 1 to 4; write --shard=1/4 to --shard=4/4"),
        ("5/4", "shards count from 1 to 4; write --shard=1/4 to --shard=4/4"),
        ("2/1", "shards count from 1 to 1; write --shard=1/1 to --shard=1/1"),
        ("0/0", "a run has at least one shard; write --shard=1/1 for the whole suite"),
        ("1/0", "a run has at least one shard; write --shard=1/1 for the whole suite"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_shard_is_told_with_option_value_and_mend(text: str, problem: str) -> None:
    assert problems(shard=text) == [f"--shard={text}: {problem}"]


def test_off_is_off_everywhere() -> None:
    found = settings(replace(AROUND, environ=GITLAB), shard="off")
    assert (found.shard, found.notice) == (None, "")


def test_auto_outside_a_ci_is_off_and_says_so() -> None:
    found = settings(shard="auto")
    assert (found.shard, found.notice) == (None, "--shard=auto: not in a CI, so nothing is sharded")


def test_auto_in_a_ci_is_what_the_ci_says() -> None:
    found = settings(replace(AROUND, environ=GITLAB), shard="auto")
    assert (found.shard, found.notice) == (ShardIndex(2, 6), "")
    assert found.run == "gitlab-77"


def test_auto_in_a_ci_that_says_nothing_is_a_mistake_and_never_a_guess() -> None:
    found = problems(replace(AROUND, environ={"GITHUB_ACTIONS": "true"}), shard="auto")
    assert len(found) == 1
    assert found[0].startswith("--shard=auto: ")


def test_the_run_that_was_named_comes_before_that_of_the_ci() -> None:
    around = replace(AROUND, environ={**GITLAB, "SMARTSHARD_RUN": "mine"})
    assert settings(around).run == "mine"
    assert settings(around, shard_run="flag").run == "flag"
    assert settings(replace(AROUND, environ=GITLAB)).run == "gitlab-77"


def test_a_ci_that_counts_attempts_is_listened_to() -> None:
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "8123", "GITHUB_RUN_ATTEMPT": "3"}
    found = settings(replace(AROUND, environ=environ), shard="1/2")
    assert (found.run, found.attempt) == ("github-8123", 3)


@pytest.mark.parametrize(
    ("flags", "ini", "problem"),
    [
        (
            {"shard_packer": "best"},
            {},
            "--shard-packer=best: no such choice; use one of lpt, round-robin, hash, chunks",
        ),
        (
            {"shard_packer": ""},
            {},
            "--shard-packer=: no such choice; use one of lpt, round-robin, hash, chunks",
        ),
        (
            {},
            {"shard_packer": "LPT"},
            "shard_packer = LPT: no such choice; use one of lpt, round-robin, hash, chunks",
        ),
        ({}, {"shard_scope": "module"}, "shard_scope = module: no such choice; use one of test, class, file"),
        (
            {"shard_report": True, "shard_report_format": "html"},
            {},
            "--shard-report-format=html: no such choice; use one of text, markdown, json",
        ),
        (
            {"shard_report_format": "json"},
            {},
            "--shard-report-format=json: there is no report; add --shard-report",
        ),
        (
            {"shard_env": "a b"},
            {},
            f"--shard-env=a b: {NO_NAME}",
        ),
        (
            {},
            {"shard_suite": "../app"},
            f"shard_suite = ../app: {NO_NAME}",
        ),
        ({"shard_run": ""}, {}, "--shard-run=: no value; give one, or leave the option out"),
        ({"shard_env": ""}, {}, "--shard-env=: no value; give one, or leave the option out"),
        ({"shard_store": ""}, {}, "--shard-store=: no value; give one, or leave the option out"),
        (
            {"shard_store": "~nobody-of-this-name/x"},
            {},
            "--shard-store=~nobody-of-this-name/x: there is no such home folder; write the path in full",
        ),
    ],
)
def test_each_mistake_names_option_value_and_mend(
    flags: Mapping[str, object], ini: Mapping[str, object], problem: str
) -> None:
    assert problems(AROUND, ini, **flags) == [problem]


@pytest.mark.parametrize("name", ["@", "a@b", "a/b", ".hidden", "-x", "é", "a\n", "..", "\udce9"])
def test_names_that_would_not_do_as_file_names_are_refused(name: str) -> None:
    assert len(problems(shard_env=name)) == 1
    assert len(problems(AROUND, {"shard_suite": name})) == 1


@pytest.mark.parametrize("name", ["a", "9", "linux-3.12", "A_b.c-d"])
def test_other_names_are_taken_as_they_are(name: str) -> None:
    found = settings(AROUND, {"shard_suite": name}, shard_env=name)
    assert (found.segment.suite, found.segment.environment) == (name, name)
    assert Segment.from_slug(found.segment.slug) == found.segment


def test_what_reads_a_cache_of_its_own_cannot_be_sharded() -> None:
    around = replace(AROUND, cached_selection="--lf")
    lost = "it selects by a cache that differs from shard to shard, so tests would be lost"
    assert problems(around, shard="2/6") == [f"--lf with --shard=2/6: {lost}; leave out --lf, or --shard"]
    assert problems(around, shard="1/1") == []
    assert problems(around, shard="off") == []
    assert problems(around) == []
    assert problems(around, shard="auto") == []


EACH = "--dist=each: it runs every test on every worker, and each would be recorded; use --dist=load"


def test_what_runs_every_test_on_every_worker_cannot_be_sharded_or_recorded() -> None:
    around = replace(AROUND, runs_each=True)
    assert problems(around, shard="1/1") == [EACH]
    assert problems(around, shard_record=True) == [EACH]
    assert problems(around) == []
    assert problems(around, shard="off") == []
    assert problems(around, shard_report=True) == []


def test_what_pytest_split_leaves_is_no_shard_and_no_whole_run() -> None:
    around = replace(AROUND, other_split=ShardIndex(2, 6))

    def refused(origin: str) -> str:
        return (
            f"--splits=6 --group=2 with {origin}: pytest-split drops tests, and what is left would pass for the "
            "whole; leave out --splits and --group: --shard=2/6 says the same"
        )

    assert problems(around, shard="2/6") == [refused("--shard=2/6")]
    assert problems(around, shard="1/1") == [refused("--shard=1/1")]
    assert problems(around, shard_record=True) == [refused("--shard-record")]
    assert problems(around, shard="off", shard_record=True) == [refused("--shard-record")]
    assert refused("--shard=7/6") in problems(around, shard="7/6")
    assert problems(around) == []
    assert problems(around, shard="off") == []
    assert problems(around, shard="auto") == []
    assert problems(around, shard_report=True) == []


def test_what_pytest_split_would_store_is_nothing_for_other_shards_to_plan_by() -> None:
    around = replace(AROUND, stores_durations=True)
    assert problems(around, shard="2/6") == [
        (
            "--store-durations with --shard=2/6: the next shard on this machine could plan by what it writes, "
            "and tests would be lost; leave out --store-durations: every shard records its own durations"
        ),
    ]
    assert problems(around, shard="1/1") == []
    assert problems(around, shard_record=True) == []
    assert problems(around) == []


def test_all_mistakes_are_told_together() -> None:
    around = replace(AROUND, cached_selection="--sw", runs_each=True)
    found = problems(
        around,
        {"shard_scope": "module", "shard_suite": "a b"},
        shard="5/4",
        shard_packer="best",
        shard_report_format="html",
        shard_env="@",
        shard_run="",
        shard_store="~nobody-of-this-name",
    )
    assert [line.partition(":")[0] for line in found] == [
        "shard_scope = module",
        "--shard-packer=best",
        "--shard-report-format=html",
        "--shard-run=",
        "--shard=5/4",
        "--sw with --shard=5/4",
        "--dist=each",
        "--shard-report-format=html",
        "shard_suite = a b",
        "--shard-env=@",
        "--shard-store=~nobody-of-this-name",
    ]
    assert all("\n" not in line for line in found)


def test_where_there_are_mistakes_the_rest_still_holds() -> None:
    found, _ = resolved(shard="5/4", shard_packer="best", shard_env="@", shard_run="r")
    assert (found.shard, found.packer, found.run) == (None, "lpt", "r")
    assert found.segment.environment == environment_name()


def test_paths_count_from_where_they_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    root, folder = tmp_path / "root", tmp_path / "root" / "sub"
    for text, from_flag, from_ini in [
        ("x", folder / "x", root / "x"),
        ("../x.json", folder / "../x.json", root / "../x.json"),
        ("~/x", tmp_path / "x", tmp_path / "x"),
        (str(tmp_path / "y"), tmp_path / "y", tmp_path / "y"),
    ]:
        assert store_place(Value(text, "o"), root, folder).path == from_flag
        assert store_place(Value(text, "o", from_ini=True), root, folder).path == from_ini
    assert store_place(Value(""), root, folder) == StorePlace(root / ".smartshard" / "durations")
    assert store_place(Value("x.json", "o"), root, folder).is_file
