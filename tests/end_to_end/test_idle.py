"""Law 5: who asks for nothing pays for nothing, and no process that runs tests loads numpy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sharded import Project, functions

# At the end of the session, and once each process has its workers' answers: what is loaded, what is registered.
CONFTEST = """
import json, os, sys
import pytest

@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    manager = config.pluginmanager
    ours = {
        name: sorted(caller.name for caller in manager.get_hookcallers(plugin) or ())
        for name, plugin in manager.list_name_plugin()
        if "smartshard" in name and plugin is not None
    }
    found = {
        "ours": ours,
        "modules": sorted(sys.modules),
        "worker": os.environ.get("PYTEST_XDIST_WORKER", ""),
    }
    with open(os.path.join(os.environ["FOUND"], str(os.getpid())), "w") as file:
        json.dump(found, file)
"""

SUITE = {"conftest.py": CONFTEST, "test_a.py": functions("a", "b"), "test_b.py": functions("c")}

HEAVY = ("numpy", "filelock", "redis", "coverage", "jinja2", "sqlite3")

PER_TEST = ("pytest_runtest_", "pytest_collect", "pytest_itemcollected", "pytest_make", "pytest_pycollect")


def processes(project: Project, *arguments: str) -> list[dict[str, Any]]:
    """What each pytest process of one run found at its end."""
    found = project.root.parent / "found"
    found.mkdir()
    # Of the installed plugins several load what we must not: they are left out, so that it would be our doing.
    others = ("cov", "timeout", "rerunfailures", "hypothesispytest", "randomly", "pytest_cov", "platformdirs")
    without = [part for name in others for part in ("-p", f"no:{name}")]
    result = project.pytest(*without, *arguments, env={"FOUND": str(found)})
    assert result.code == 0, result
    return [json.loads(path.read_text("utf-8")) for path in found.iterdir()]


def ours(found: dict[str, Any]) -> list[str]:
    return [name for name in found["modules"] if name.partition(".")[0] == "pytest_smartshard"]


def loaded(found: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in found["modules"]]


def test_a_plain_run_loads_next_to_nothing_and_registers_no_hook_around_tests(tmp_path: Path) -> None:
    (found,) = processes(Project.make(tmp_path / "project", SUITE), "-p", "no:xdist", "-p", "no:xdist.looponfail")

    assert ours(found) == [
        "pytest_smartshard",
        "pytest_smartshard.choices",
        "pytest_smartshard.plugin",
        "pytest_smartshard.settings",
        "pytest_smartshard.settings.options",
    ]
    assert loaded(found, (*HEAVY, "xdist")) == []
    assert found["ours"] == {
        "smartshard": [
            "pytest_addoption",
            "pytest_cmdline_main",
            "pytest_configure",
            "pytest_load_initial_conftests",
        ],
    }


def test_a_plain_run_with_workers_registers_nothing_in_them_either(tmp_path: Path) -> None:
    for found in processes(Project.make(tmp_path / "project", SUITE), "-n", "2"):
        assert loaded(found, HEAVY) == []
        assert not any("session" in name for name in ours(found))
        assert list(found["ours"]) == ["smartshard"]


@pytest.mark.parametrize("option", ["--shard=off", "--shard=auto"])
def test_a_run_that_asks_for_no_shard_registers_no_hook_around_tests(tmp_path: Path, option: str) -> None:
    (found,) = processes(Project.make(tmp_path / "project", SUITE), option)
    assert loaded(found, HEAVY) == []
    hooks = [hook for names in found["ours"].values() for hook in names]
    assert not any(hook.startswith(PER_TEST) for hook in hooks)


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_no_process_of_a_sharded_run_loads_numpy(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    found = processes(project, "--shard=1/1", "--shard-report", *arguments)
    assert len(found) == (3 if arguments else 1)
    for process in found:
        assert loaded(process, ("numpy", "redis", "coverage", "jinja2", "junitparser")) == []
    assert len(project.stored()) == 3  # taken in all the same, by a process of its own


def test_a_usual_shard_of_a_ci_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    (found,) = processes(Project.make(tmp_path / "project", SUITE), "--shard=1/2", "--shard-run=ci-1")
    assert loaded(found, HEAVY) == []
    seldom = ("coverage", "exchange", "item_order", "lanes", "merging", "ordering", "reporting")
    assert loaded(found, tuple(f"pytest_smartshard.session.{name}" for name in seldom)) == []
    assert [name for name in ours(found) if "proving" in name] == []
