"""Reading ini files: what is refused and how it is said, releases of pytest, odd places."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from pytest_smartshard.errors import UsageError
from pytest_smartshard.settings.inifile import Project, find_project

OPTIONS = "[tool.pytest.ini_options]\n"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def problem_in(folder: Path, *, pytest_version: str = "9.2.0") -> str:
    with pytest.raises(UsageError) as caught:
        find_project(folder, pytest_version=pytest_version)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (
            "pytest.ini",
            "[pytest]\nshard_store = a\noops\n",
            "not an ini file: unexpected line: 'oops' (line 3); correct that line",
        ),
        (
            "tox.ini",
            "[pytest]\na = 1\n[pytest]\n",
            "not an ini file: duplicate section 'pytest' (line 3); correct that line",
        ),
        (
            "setup.cfg",
            "[pytest]\na = 1\n",
            "pytest refuses a section [pytest] in setup.cfg; name it [tool:pytest]",
        ),
        (
            "pyproject.toml",
            "a = oops\n",
            "not a TOML file: Invalid value (at line 1, column 5); correct it there",
        ),
        (
            "pyproject.toml",
            "tool = 3\n",
            "tool = 3 is not a table; write [tool] and its options below",
        ),
        (
            "pyproject.toml",
            "[tool]\npytest = 'a'\n",
            "tool.pytest = 'a' is not a table; write [tool.pytest] and its options below",
        ),
        (
            "pyproject.toml",
            "[tool.pytest]\nini_options = []\n",
            (
                "tool.pytest.ini_options = [] is not a table; "
                "write [tool.pytest.ini_options] and its options below"
            ),
        ),
        (
            "pyproject.toml",
            "[tool.pytest]\na = 1\n[tool.pytest.ini_options]\nb = 2\n",
            "[tool.pytest] and [tool.pytest.ini_options] cannot both hold options; move all into one of them",
        ),
        (
            "pytest.toml",
            "pytest = 3\n",
            "pytest = 3 is not a table; write [pytest] and its options below",
        ),
        (
            "pytest.toml",
            "shard_store = 'a'\nshard_scope = 'b'\n",
            "shard_store, shard_scope must be in a table; write [pytest] above",
        ),
    ],
)
def test_a_file_that_pytest_would_refuse(tmp_path: Path, name: str, text: str, problem: str) -> None:
    path = written(tmp_path, name, text)
    assert problem_in(tmp_path) == f"{path}: {problem}"


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "pytest.ini"
    path.write_bytes("[pytest]\nshard_store = Ä\n".encode("latin-1"))
    assert problem_in(tmp_path) == f"{path}: not UTF-8 (byte 24); save it as UTF-8"


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *, encoding: str) -> str:
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path, "pytest.ini", "")
    monkeypatch.setattr(Path, "read_text", refuse)
    assert problem_in(tmp_path) == f"{path}: cannot be read (Permission denied); let this user read it"


def test_a_folder_named_like_an_ini_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").mkdir()
    path = written(tmp_path, "tox.ini", "[pytest]\n")
    assert find_project(tmp_path).inipath == path


def test_files_behind_the_one_that_counts_are_not_read(tmp_path: Path) -> None:
    path = written(tmp_path, "pytest.ini", "")
    written(tmp_path, "setup.cfg", "oops")
    assert find_project(tmp_path).inipath == path


@pytest.mark.parametrize("version", ["8.0.0", "8.4.2"])
def test_native_toml_means_nothing_to_an_older_pytest(tmp_path: Path, version: str) -> None:
    written(tmp_path, "pytest.toml", "[pytest]\nshard_store = 'a'\n")
    written(tmp_path, "pyproject.toml", "[tool.pytest]\nshard_store = 'b'\n")
    path = written(tmp_path, "tox.ini", "[pytest]\nshard_store = c\n")
    project = find_project(tmp_path, pytest_version=version)
    assert project == Project(rootdir=tmp_path, inipath=path, values={"shard_store": "c"})


def test_an_older_pytest_reads_ini_options_beside_native_ones(tmp_path: Path) -> None:
    path = written(tmp_path, "pyproject.toml", f"[tool.pytest]\nshard_store = 'a'\n{OPTIONS}shard_store = 4\n")
    project = find_project(tmp_path, pytest_version="8.4.2")
    assert project == Project(rootdir=tmp_path, inipath=path, values={"shard_store": "4"})


@pytest.mark.parametrize("version", ["9.0.0", "9.2.0", "10.0.0.dev3+g1234", "unheard of", ""])
def test_native_toml_from_9_0_on_and_where_the_release_is_unknown(tmp_path: Path, version: str) -> None:
    written(tmp_path, "pytest.ini", "[pytest]\nshard_store = b\n")
    path = written(tmp_path, "pytest.toml", "[pytest]\nshard_store = 4\nshard_record = true\n")
    project = find_project(tmp_path, pytest_version=version)
    values = {"shard_store": 4, "shard_record": True}
    assert project == Project(rootdir=tmp_path, inipath=path, values=values, native=True)


@pytest.mark.parametrize(("version", "marks"), [("8.0.2", False), ("8.1.0", True), ("9.2.0", True)])
def test_a_pyproject_without_options_marks_the_root_from_8_1_on(
    tmp_path: Path, version: str, marks: bool
) -> None:
    path = written(tmp_path, "pyproject.toml", "")
    setup = written(tmp_path, "a/setup.py", "")
    by_pyproject = Project(rootdir=tmp_path, inipath=path, values={})
    by_setup = Project(rootdir=setup.parent, inipath=None, values={})
    found = find_project(setup.parent, pytest_version=version)
    assert found == (by_pyproject if marks else by_setup)


@pytest.mark.parametrize(("version", "counts"), [("8.4.2", False), ("9.0.0", True)])
def test_an_empty_hidden_ini_file_counts_from_9_0_on(tmp_path: Path, version: str, counts: bool) -> None:
    hidden = written(tmp_path, ".pytest.ini", "")
    tox = written(tmp_path, "tox.ini", "[pytest]\n")
    assert find_project(tmp_path, pytest_version=version).inipath == (hidden if counts else tox)


def test_stray_keys_in_pytest_toml_are_refused_from_9_2_on(tmp_path: Path) -> None:
    path = written(tmp_path, "pytest.toml", "shard_store = 'a'\n[other]\n")
    assert find_project(tmp_path, pytest_version="9.1.1").inipath == path
    assert problem_in(tmp_path) == f"{path}: shard_store must be in a table; write [pytest] above"


def test_without_pytest_the_newest_rules_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    path = written(tmp_path, "pytest.toml", "")
    assert find_project(tmp_path).inipath == path


def test_a_relative_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a/pytest.ini", "")
    monkeypatch.chdir(tmp_path)
    project = find_project(Path("a/b/.."))
    assert (project.rootdir, project.inipath) == (path.parent, path)


def test_a_project_cannot_be_changed(tmp_path: Path) -> None:
    written(tmp_path, "pytest.ini", "[pytest]\nshard_store = a\n")
    project = find_project(tmp_path)
    with pytest.raises(TypeError):
        project.values["shard_store"] = "b"  # type: ignore[index]  # writing is what is tried
    with pytest.raises(dataclasses.FrozenInstanceError):
        project.native = True  # type: ignore[misc]  # writing is what is tried


def project(value: object, *, native: bool = False) -> Project:
    return Project(rootdir=Path("root"), inipath=Path("root.toml"), values={"shard_x": value}, native=native)


@pytest.mark.parametrize("native", [False, True])
def test_text(native: bool) -> None:
    assert project("", native=native).text("shard_x") == ""
    assert project("a\nb", native=native).text("shard_x") == "a\nb"
    assert project("a", native=native).text("shard_y") is None


@pytest.mark.parametrize("value", [["a"], True, 4])
def test_text_that_is_none(value: object) -> None:
    with pytest.raises(UsageError) as caught:
        project(value, native=True).text("shard_x")
    assert caught.value.problems == (f'root.toml: shard_x = {value!r} is not text; write shard_x = "..."',)


@pytest.mark.parametrize("word", ["y", "yes", "t", "true", "True", "on", "ON", "1", " yes "])
def test_flag_up(word: str) -> None:
    assert project(word).flag("shard_x") is True


@pytest.mark.parametrize("word", ["n", "no", "f", "false", "False", "off", "OFF", "0", " no "])
def test_flag_down(word: str) -> None:
    assert project(word).flag("shard_x") is False


def test_flag_in_toml() -> None:
    assert project(True, native=True).flag("shard_x") is True
    assert project(False, native=True).flag("shard_x") is False
    assert project(False, native=True).flag("shard_y") is None


@pytest.mark.parametrize(
    ("value", "native", "kind"),
    [
        ("maybe", False, "yes or no"),
        ("", False, "yes or no"),
        (["yes"], False, "yes or no"),
        ("yes", True, "a TOML boolean"),
        (1, True, "a TOML boolean"),
    ],
)
def test_flag_that_is_none(value: object, native: bool, kind: str) -> None:
    with pytest.raises(UsageError) as caught:
        project(value, native=native).flag("shard_x")
    assert caught.value.problems == (
        f"root.toml: shard_x = {value!r} is not {kind}; write shard_x = true or shard_x = false",
    )
