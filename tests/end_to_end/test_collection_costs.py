"""What collecting each file takes, whether it had to be rewritten, and what belongs to no file."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import Project
from watched import Watched, watch

SLOW = 300_000
"""Microseconds that an import sleeps."""

SLEEP = f"import time; time.sleep({SLOW} / 1e6)\n"

SUITE = {
    "folder/conftest.py": SLEEP,
    "folder/test_a.py": SLEEP
    + '''
class TestA:
    """
    >>> 1 + 1
    2
    """
    def test_a(self): assert True
''',
    "test_b.py": "def test_b(): assert True\n",
    "test_c.py": "def test_c(): assert True\n",
}


def cold(watched: Watched) -> dict[str, bool]:
    return {file: cost["cold"] for file, cost in watched.files.items()}


@pytest.mark.parametrize("arguments", [(), ("--import-mode=importlib",)], ids=["prepend", "importlib"])
def test_a_file_is_cold_until_it_is_in_the_cache(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project = Project.make(tmp_path / "project", SUITE)

    first, second = watch(project, *arguments), watch(project, *arguments)
    project.write({"test_b.py": "def test_b(): assert 1\n"})
    (project.root / "test_c.py").touch()
    third = watch(project, *arguments)

    assert cold(first) == {"folder/test_a.py": True, "test_b.py": True, "test_c.py": True}
    assert cold(second) == {"folder/test_a.py": False, "test_b.py": False, "test_c.py": False}
    assert {file for file, is_cold in cold(third).items() if is_cold} >= {"test_b.py"}
    assert not cold(third)["folder/test_a.py"]


def test_only_the_header_of_what_is_in_the_cache_is_read(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    watch(project)
    for place in project.root.rglob("*-pytest-*.pyc"):
        place.write_bytes(place.read_bytes()[:20])
    torn = watch(project)

    assert torn.result.code == 0
    # A file that breaks off behind its header is one in a million; telling would take reading them all.
    assert not any(cold(torn).values())


def test_a_cache_elsewhere_is_found(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    env = {"PYTHONPYCACHEPREFIX": str(tmp_path / "cache")}

    first, second = watch(project, env=env), watch(project, env=env)

    assert all(cold(first).values())
    assert not any(cold(second).values())
    assert not list(project.root.rglob("*.pyc"))


def test_without_a_cache_all_is_cold(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    env = {"PYTHONDONTWRITEBYTECODE": "1"}

    for _ in range(2):
        assert all(cold(watch(project, env=env)).values())


@pytest.mark.parametrize("arguments", [("--assert=plain",), ("-p", "no:assertion")], ids=["plain", "no plugin"])
def test_what_is_not_rewritten_is_warm(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    watched = watch(Project.make(tmp_path / "project", SUITE), *arguments)

    assert not any(cold(watched).values())


def test_a_module_that_only_holds_doctests_is_warm(tmp_path: Path) -> None:
    files = {"other.py": '"""\n>>> 1\n1\n"""\n', "test_b.py": "def test_b(): pass\n"}
    watched = watch(Project.make(tmp_path / "project", files), "--doctest-modules", "other.py", "test_b.py")

    assert cold(watched) == {"other.py": False, "test_b.py": True}


def test_times_belong_to_files_or_to_start_up(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)

    watched = watch(project, "--doctest-modules", "--ignore=folder/conftest.py", ".")

    costs = watched.files
    assert [file for file, cost in costs.items() if cost["is_first"]] == ["folder/test_a.py"]
    assert SLOW <= costs["folder/test_a.py"]["collecting"] < 2 * SLOW
    assert all(0 < costs[file]["collecting"] < SLOW for file in ("test_b.py", "test_c.py"))
    # That of the folder comes with the folder: pytest loads it early only where an argument names it.
    (start,) = watched.of("start")
    # The processor time of Python and pytest, and the time of the sleeping conftest.
    assert start["start_up"] > SLOW


PRUNES = """
    import pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_collect_report(collector):
        if isinstance(collector, pytest.File) and collector.path.name == "test_b.py":
            collector.config.pluginmanager.get_plugin("collection-costs").leave_out(collector)
            return pytest.CollectReport(collector.nodeid, "passed", None, [])

    def pytest_collection_finish(session):
        costs = session.config.pluginmanager.get_plugin("collection-costs")
        assert costs.of("test_b.py") is None
    """


def test_what_was_left_out_has_no_cost_and_is_not_first(tmp_path: Path) -> None:
    project = Project.make(
        tmp_path / "project",
        {"conftest.py": PRUNES, "test_b.py": SUITE["test_b.py"], "test_c.py": SUITE["test_c.py"]},
    )

    watched = watch(project)

    assert watched.result.code == 0
    ((file, cost),) = watched.files.items()
    assert (file, cost["is_first"]) == ("test_c.py", True)


def test_workers_measure_for_themselves(tmp_path: Path) -> None:
    watched = watch(Project.make(tmp_path / "project", SUITE), "-n", "1")

    assert watched.files["folder/test_a.py"]["collecting"] >= SLOW


def test_what_plugins_do_with_all_tests_is_given_to_their_files(tmp_path: Path) -> None:
    many = "import pytest\n@pytest.mark.parametrize('n', range(3))\ndef test_many(n): pass\n"
    plugin = f"import time\ndef pytest_collection_modifyitems(): time.sleep({SLOW} / 1e6)\n"
    project = Project.make(
        tmp_path / "project", {"conftest.py": plugin, "test_b.py": "def test_b(): pass\n", "test_many.py": many}
    )
    project.run(1, 2, "--shard-run=before")  # Leaves the cache behind.
    journal = project.run(1, 1).recorded
    collecting = {file["file"]: file["collecting"] for file in journal.files}

    assert collecting["test_many.py"] >= SLOW * 3 // 4
    assert SLOW // 4 <= collecting["test_b.py"] < SLOW * 3 // 4
