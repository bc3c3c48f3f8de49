"""Without the terminal, without xdist, without this plugin."""

from __future__ import annotations

from pathlib import Path

from sharded import Project, exactly_once, functions

SUITE = {"test_a.py": functions("a", "b"), "test_b.py": functions("c")}


def test_without_a_terminal_shards_run_and_are_recorded(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest()
    results = [project.run(1, 2, "-p", "no:terminal"), project.run(2, 2, "-p", "no:terminal", "-n", "1")]
    exactly_once(results, plain)
    assert [result.code for result in results] == [0, 0]
    assert len(project.stored()) == 3


def test_without_xdist_shards_run_and_are_recorded(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    exactly_once(project.run_all(2, "-p", "no:xdist"), project.pytest())
    assert len(project.stored()) == 3


def test_without_the_cache_and_assertion_plugins_shards_run_and_are_recorded(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    quiet = ("-p", "no:cacheprovider", "--assert=plain", "-p", "no:capture", "-p", "no:warnings")
    exactly_once(project.run_all(2, *quiet), project.pytest(*quiet))


def test_switched_off_the_plugin_knows_no_option_and_changes_nothing(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    assert project.pytest("-p", "no:smartshard").code == 0
    refused = project.run(1, 2, "-p", "no:smartshard")
    assert refused.code == 4
    assert any("unrecognized arguments: --shard=1/2" in line for line in refused.errors)


def test_where_plugins_are_loaded_by_name_only_its_module_serves(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    named = ("-p", "pytest_smartshard.plugin")
    results = [
        project.run(1, 2, *named, env=alone),
        project.run(2, 2, *named, "-p", "xdist", "-n", "1", env=alone),
    ]
    exactly_once(results, project.pytest())
