"""``--shard-env=NAME`` and ini ``shard_suite``: which history a run belongs to."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sharded import ENVIRONMENT, Project, functions

SUITE = {"test_a.py": functions("a", "b")}
NOT_A_NAME = "not a name; use letters, digits, '.', '_' and '-', beginning with a letter or digit"


def segment(project: Project, *arguments: str, env: dict[str, str] | None = None) -> str:
    return str(project.run(1, 2, *arguments, env=env).recorded.header["segment"])


def test_the_environment_is_the_flags_before_the_variables(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    assert segment(project) == f"root@{ENVIRONMENT}@all"
    assert segment(project, env={"SMARTSHARD_ENV": "django-5.2"}) == "root@django-5.2@all"
    assert segment(project, "--shard-env=django-4.2", env={"SMARTSHARD_ENV": "x"}) == "root@django-4.2@all"


@pytest.mark.parametrize("name", ["a/b", "../x", "-x", "a@b", "a b"])
def test_what_is_no_name_is_a_usage_error(tmp_path: Path, name: str) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    result = project.run(1, 1, f"--shard-env={name}")
    assert result.code == 4
    assert result.usage_errors == (f"--shard-env={name}: {NOT_A_NAME}",)
    assert not project.home.exists()


def test_a_new_environment_starts_from_the_history_of_another(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.pytest("--shard-record", "--shard-env=old")

    result = project.run(1, 2, "--shard-env=new")

    assert "smartshard: no history of root@new@all yet: borrowed from root@old@all" in result.lines
    assert "100 % of the time from history" in result.collected_line


def test_the_suite_is_the_ini_files_or_the_path_in_the_repository(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.write(
        {
            "libs/core/pytest.ini": "[pytest]\n",
            "libs/core/test_a.py": functions("a"),
            "named/pytest.ini": "[pytest]\nshard_suite = api\n",
            "named/test_a.py": functions("a"),
        }
    )
    digest = hashlib.sha256(b"libs/core").hexdigest()[:8]  # libs-core beside it is another suite
    assert segment(Project(project.root / "libs" / "core")) == f"libs-core-{digest}@{ENVIRONMENT}@all"
    assert segment(Project(project.root / "named")) == f"api@{ENVIRONMENT}@all"
