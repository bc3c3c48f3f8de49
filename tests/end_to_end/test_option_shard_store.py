"""``--shard-store``, ini ``shard_store``, ``SMARTSHARD_STORE``: where durations are kept, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sharded import SEGMENT, Project, functions, names_in, read_store

SUITE = {"test_a.py": functions("a", "b"), "folder/test_b.py": functions("c")}


@pytest.mark.parametrize(
    ("ini", "arguments", "env", "expected"),
    [
        ("", ["--shard-store=history"], {}, f"folder/history/{SEGMENT}.json"),
        ("", ["--shard-store=history.json"], {}, "folder/history.json"),
        ("", [], {"SMARTSHARD_STORE": "../history"}, f"history/{SEGMENT}.json"),
        ("shard_store = history", [], {}, f"history/{SEGMENT}.json"),
        ("shard_store = history/of/all.json", [], {}, "history/of/all.json"),
        ("shard_store = ini.json", ["--shard-store=flag.json"], {"SMARTSHARD_STORE": "e"}, "folder/flag.json"),
    ],
)
def test_a_folder_or_a_file_from_flag_variable_or_ini(
    tmp_path: Path, ini: str, arguments: list[str], env: dict[str, str], expected: str
) -> None:
    """Relative to the current folder, in an ini file to rootdir."""
    project = Project.make(tmp_path / "project", SUITE, ini)

    result = project.pytest("--shard=1/1", "..", *arguments, env=env, folder=project.root / "folder")

    assert result.section()[-1].startswith("the run is complete: durations taken into ")
    assert len(names_in(read_store(project.root / expected))) == 3
    assert not (project.home / "durations").exists()


def test_a_file_for_one_segment_serves_both_shards(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.run_all(2, "--shard-store=one.json")
    assert len(names_in(read_store(project.root / "one.json"))) == 3
    assert "100 % of the time from history" in project.run(1, 2, "--shard-store=one.json").collected_line


def test_an_unreadable_store_is_a_usage_error(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "file").write_text("", encoding="ascii")

    for path, reason in (("folder.json", "Is a directory"), ("file/below", "Not a directory")):
        store = tmp_path / path
        result = project.run(1, 2, f"--shard-store={store}")
        assert result.code == 4
        assert result.usage_errors == (
            f"--shard-store={store}: cannot be read ({reason}); mend it or name another store",
        )
        assert result.ran == ()
        assert not project.home.exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_an_unreadable_file_of_another_tool_is_the_one_that_is_named(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    loop = project.root / ".test_durations"
    loop.symlink_to(loop)
    result = project.run(1, 2)
    assert result.code == 4
    store = project.home / "durations"
    (error,) = result.usage_errors
    assert error.startswith(f"shard_store = {store}: {loop} cannot be read (")
    assert error.endswith("); mend it or name another store")


def test_a_store_of_a_newer_format_is_a_usage_error_and_is_never_overwritten(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.pytest("--shard-record")
    newer = json.dumps({**project.store(), "format": 99})
    project.store_path.write_text(newer, encoding="ascii")
    before = sorted(project.home.rglob("*"))

    for arguments in (["--shard=1/2"], ["--shard-record"]):
        result = project.pytest(*arguments)
        assert result.code == 4
        assert result.usage_errors == (
            (
                f"shard_store = {project.home / 'durations'}: {project.store_path} has format 99, and this "
                "version reads up to 1; upgrade pytest-smartshard or name another store"
            ),
        )
    assert project.store_path.read_text("ascii") == newer
    assert sorted(project.home.rglob("*")) == before


def test_a_home_folder_of_nobody_is_a_usage_error(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    result = project.run(1, 2, "--shard-store=~nobody-has-this-name/store")
    assert result.code == 4, result
    (problem,) = result.usage_errors
    assert problem.startswith("--shard-store=~nobody-has-this-name/store: ")


def test_an_empty_path_is_an_error_and_no_guess(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    result = project.run(1, 2, "--shard-store=")
    assert result.code == 4
    assert result.usage_errors == ("--shard-store=: no value; give one, or leave the option out",)


def test_durations_of_pytest_split_serve_until_there_is_a_store(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    durations = {"test_a.py::test_a": 9.0, "test_a.py::test_b": 5.0, "folder/test_b.py::test_c": 4.0}
    project.write({".test_durations": json.dumps(durations)})

    first, second = project.run_all(2)

    assert f"smartshard: no store yet: durations taken from {project.root / '.test_durations'}" in first.lines
    assert (first.names, second.names) == (
        ("test_a::test_a",),
        ("folder.test_b::test_c", "test_a::test_b"),
    )
    assert "9.00 s predicted, imbalance 1.00, 100 % of the time from history" in first.collected_line
    third = project.run(1, 2)
    assert not any(".test_durations" in line for line in third.lines)


def test_durations_of_pytest_split_serve_files_outside_rootdir_too(tmp_path: Path) -> None:
    """Their node ids begin below the argument that they were found by, and not with a path from rootdir."""
    for package in ("one", "two"):
        tests = Project.make(tmp_path / package / "tests", {"test_a.py": f"def test_{package}(): pass\n"})
        tests.write({"__init__.py": "", "../__init__.py": "", f"test_{package}.py": "def test_b(): pass\n"})
    project = Project.make(tmp_path / "project", SUITE)
    ids = ("test_a.py::test_one", "test_a.py::test_two", "test_one.py::test_b", "test_two.py::test_b")
    durations = {f"tests/{nodeid}": 10.0 - place for place, nodeid in enumerate(ids)}
    project.write({".test_durations": json.dumps(durations)})

    results = project.run_all(2, "--rootdir=.", "../one", "../two", "--shard-prune=off")

    assert sorted(name for result in results for name in result.names) == [
        "tests.test_a::test_one",
        "tests.test_a::test_two",
        "tests.test_one::test_b",
        "tests.test_two::test_b",
    ]
    for result in results:
        assert "17.0 s predicted, imbalance 1.00, 100 % of the time from history" in result.collected_line
