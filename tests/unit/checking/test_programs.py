"""Which commands run pytest, and which do nothing that cannot be seen."""

from __future__ import annotations

import pytest

from pytest_smartshard.checking.programs import is_known, pytest_arguments, value_of


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("pytest -q", "-q"),
        ("py.test", ""),
        (".venv/bin/pytest -q", "-q"),
        ("C:/venv/Scripts/pytest.exe -q", "-q"),
        ("python -m pytest -q", "-q"),
        ("python3.13t -Werror -m pytest -q", "-q"),
        ("coverage run -m pytest -q", "-q"),
        ("uv run --frozen pytest -q", "-q"),
        ("xvfb-run timeout 30m poetry run pytest -q", "-q"),
        ("docker compose run app pytest -q", "-q"),
    ],
)
def test_a_call_of_pytest(command: str, arguments: str) -> None:
    assert pytest_arguments(command.split()) == tuple(arguments.split())


@pytest.mark.parametrize(
    "command",
    [
        "pip install pytest",
        "uv pip install pytest",
        "uv tool install pytest",
        "echo pytest",
        "poetry add pytest",
        "tox -- --shard=1/2",
        "npx jest",
        "python setup.py pytest-x",
        "make test",
        "",
    ],
)
def test_no_call_of_pytest(command: str) -> None:
    assert pytest_arguments(command.split()) is None


def test_the_last_value_before_a_double_dash_counts() -> None:
    words = ["--shard=1/2", "--shard", "2/2", "--shard-env=x", "--", "--shard=9/9"]
    assert value_of("--shard", words) == "2/2"
    assert value_of("--shard-env", words) == "x"
    assert value_of("--cov", words) is None
    assert value_of("--shard", ["--shard"]) is None


def test_programs_that_may_do_anything_are_told_from_those_that_do_not() -> None:
    known = ["pip install x", "sudo apt-get update", "source .venv/bin/activate", "uv sync", "uv run pytest -q"]
    known += ["python -m pip install x", "mkdir -p x", "[ -f x ]", ".venv/bin/pytest"]
    unknown = ["./ci/run.sh", "make test", "bash x.sh", "source ci/lib.sh", "uv run nox", "python tool.py"]
    unknown += ["git pull", "sudo ./x", "aws s3 sync a b", "docker run x", "sudo", "tar xf x"]
    assert [command for command in known if not is_known(command.split())] == []
    assert [command for command in unknown if is_known(command.split())] == []
