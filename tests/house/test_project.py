"""README, noxfile, CI and pyproject say the same."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import pytest_smartshard

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def sessions() -> set[str]:
    """Names of the functions in the noxfile that are sessions."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator).startswith("nox.session") for decorator in node.decorator_list)
    }


def commands(file: str) -> list[str]:
    """Lines of code blocks that run nox, in order, without prompt and comment."""
    text = (ROOT / file).read_text(encoding="utf-8")
    lines = (line.strip().removeprefix("$ ").split("  #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line.startswith("python3 -m nox")]


def test_readme_starts_with_the_demo_and_the_tests() -> None:
    assert commands("README.md")[:2] == ["python3 -m nox -s demo", "python3 -m nox -s tests"]


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md"])
def test_a_session_that_is_written_about_exists(file: str) -> None:
    named = {name for line in commands(file) for name in re.findall(r"(?:-s|--sessions?) ([a-z]+)", line)}
    assert named, f"{file} names no session"
    assert named <= sessions()


def test_ci_runs_what_a_bare_nox_runs() -> None:
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    default = re.search(r"^nox\.options\.sessions = (\[.+\])", noxfile, re.MULTILINE)
    assert default is not None
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert f"--sessions {' '.join(ast.literal_eval(default[1]))} " in script
    assert re.search(r"^set -euo pipefail$", script, re.MULTILINE)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
def test_ci_script_can_be_started() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_lowest_pins_are_the_lower_bounds() -> None:
    """The lowest set is what the package promises, one release in each series (3.6.1 for ``>=3.6``)."""
    project = pyproject()
    pins = {pin.name: pin for pin in map(Requirement, project["dependency-groups"]["lowest"])}
    for dependency in map(Requirement, project["project"]["dependencies"]):
        (bound,) = dependency.specifier
        assert bound.operator == ">="
        (pin,) = pins[dependency.name].specifier
        assert pin.operator == "=="
        assert f"{pin.version}.".startswith(f"{bound.version}."), dependency.name
        assert pins[dependency.name].marker == dependency.marker


def test_changelog_fragments_are_named_after_their_kind() -> None:
    kinds = "|".join(kind["directory"] for kind in pyproject()["tool"]["towncrier"]["type"])
    fragment = re.compile(rf"[a-z0-9-]+\.(?:{kinds})\.md")
    others = {"README.md", "_template.md.jinja"}
    found = {path.name for path in (ROOT / "changelog.d").iterdir()} - others
    assert {name for name in found if not fragment.fullmatch(name)} == set()


def test_the_doors_are_open() -> None:
    """Entry point, console script and version are those of the installed package."""
    assert [point.value for point in entry_points(group="pytest11", name="smartshard")] == [
        "pytest_smartshard.plugin"
    ]
    assert [point.value for point in entry_points(group="console_scripts", name="smartshard")] == [
        "pytest_smartshard.cli.main:run"
    ]
    assert version("pytest-smartshard") == pytest_smartshard.__version__


@pytest.mark.skipif(
    os.environ.get("SMARTSHARD_TESTED") != "installed", reason="only where the wheel is what is tested"
)
def test_the_wheel_is_what_is_tested(tmp_path: Path) -> None:
    assert Path(pytest_smartshard.__file__).parent != ROOT / "pytest_smartshard"
    said = subprocess.run(
        [sys.executable, "-c", "import pytest_smartshard; print(pytest_smartshard.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.strip() == pytest_smartshard.__file__
