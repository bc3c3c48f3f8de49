"""The command line finds the project and the ini values that pytest itself finds, in every layout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_smartshard.errors import UsageError
from pytest_smartshard.settings.inifile import find_project

PROBE = """
import json
import os

import pytest

INIS = {"shard_store": "string", "shard_scope": "string", "shard_record": "bool", "shard_lines": "linelist"}


def pytest_addoption(parser):
    for name, kind in INIS.items():
        parser.addini(name, "probed", type=kind, default=None)


def value(config, name):
    try:
        return config.getini(name)
    except Exception:
        return "refused"


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    found = {
        "rootdir": str(config.rootpath),
        "inipath": config.inipath and str(config.inipath),
        **{name: value(config, name) for name in INIS},
    }
    with open(os.environ["PROBE_REPORT"], "w", encoding="utf-8") as report:
        json.dump(found, report)
    return 0
"""

# <file> becomes the path of the file itself, so that a value says where it was read.
INI = "[pytest]\nshard_store = <file>\n"
CFG = "[tool:pytest]\nshard_store = <file>\n"
TOML = '[tool.pytest.ini_options]\nshard_store = "<file>"\n'
NATIVE = '[tool.pytest]\nshard_store = "<file>"\n'
PYTEST_TOML = '[pytest]\nshard_store = "<file>"\n'
BOM = "\N{BYTE ORDER MARK}"
NO_TABLE = '[project]\nname = "a"\nversion = "1"\n'
OLDEST = (8, 0)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Files by path, the folder to start in, and what a row is there to show.

    ``config`` is the file that must be found by pytest from release ``since`` on; "" says nothing about it.
    ``link`` names a symbolic link to ``start``, through which both are started.
    """

    files: dict[str, str]
    start: str = "."
    config: str = ""
    since: tuple[int, int] = OLDEST
    link: str = ""

    def write(self, folder: Path) -> Path:
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.replace("<file>", name).encode("utf-8"))
        start = folder / self.start
        start.mkdir(parents=True, exist_ok=True)
        if not self.link:
            return start
        try:
            (folder / self.link).symlink_to(start, target_is_directory=True)
        except OSError:
            pytest.skip("symbolic links cannot be made here")
        return folder / self.link


FOUND = {
    # Each kind of file.
    "pytest.ini": Layout(files={"pytest.ini": INI}, config="pytest.ini"),
    ".pytest.ini": Layout(files={".pytest.ini": INI}, config=".pytest.ini"),
    "pyproject": Layout(files={"pyproject.toml": TOML}, config="pyproject.toml"),
    "pyproject native": Layout(files={"pyproject.toml": NATIVE}, config="pyproject.toml", since=(8, 1)),
    "tox.ini": Layout(files={"tox.ini": INI}, config="tox.ini"),
    "setup.cfg": Layout(files={"setup.cfg": CFG}, config="setup.cfg"),
    "pytest.toml": Layout(files={"pytest.toml": PYTEST_TOML}, config="pytest.toml", since=(9, 0)),
    ".pytest.toml": Layout(files={".pytest.toml": PYTEST_TOML}, config=".pytest.toml", since=(9, 0)),
    # Which of two in one folder counts.
    "pytest.toml over pytest.ini": Layout(
        files={"pytest.toml": PYTEST_TOML, "pytest.ini": INI}, config="pytest.toml", since=(9, 0)
    ),
    "pytest.toml over .pytest.toml": Layout(
        files={".pytest.toml": PYTEST_TOML, "pytest.toml": PYTEST_TOML}, config="pytest.toml", since=(9, 0)
    ),
    "pytest.ini over .pytest.ini": Layout(files={".pytest.ini": INI, "pytest.ini": INI}, config="pytest.ini"),
    ".pytest.ini over pyproject": Layout(
        files={".pytest.ini": INI, "pyproject.toml": TOML}, config=".pytest.ini"
    ),
    "pyproject over tox.ini": Layout(files={"tox.ini": INI, "pyproject.toml": TOML}, config="pyproject.toml"),
    "tox.ini over setup.cfg": Layout(files={"setup.cfg": CFG, "tox.ini": INI}, config="tox.ini"),
    "tox.ini over a pyproject without table": Layout(
        files={"pyproject.toml": NO_TABLE, "tox.ini": INI}, config="tox.ini"
    ),
    "native pyproject beside tox.ini": Layout(files={"pyproject.toml": NATIVE, "tox.ini": INI}),
    # Upward from where it is started.
    "nested start": Layout(files={"tox.ini": INI}, start="a/b/c", config="tox.ini"),
    "the nearer file": Layout(files={"pytest.ini": INI, "a/setup.cfg": CFG}, start="a/b", config="a/setup.cfg"),
    "a nearer file without options": Layout(
        files={"pytest.ini": INI, "a/pyproject.toml": NO_TABLE, "a/tox.ini": "[tox]\n"},
        start="a/b",
        config="pytest.ini",
    ),
    "linked start": Layout(files={"a/b/pytest.ini": INI}, start="a/b", link="link"),
    # Files that hold nothing for pytest.
    "empty pytest.ini": Layout(files={"pytest.ini": "", "pyproject.toml": TOML}, config="pytest.ini"),
    "pytest.ini without section": Layout(
        files={"pytest.ini": "[other]\na = 1\n", "tox.ini": INI}, config="pytest.ini"
    ),
    "empty .pytest.ini": Layout(files={".pytest.ini": "", "pyproject.toml": TOML}),
    "empty pytest.toml": Layout(files={"pytest.toml": "", "pytest.ini": INI}, config="pytest.toml", since=(9, 0)),
    "pytest.toml with another table only": Layout(
        files={"pytest.toml": "[other]\na = 1\n", "pytest.ini": INI}, config="pytest.toml", since=(9, 0)
    ),
    "tox.ini without section": Layout(files={"tox.ini": "[tox]\nenvlist = py\n"}),
    "setup.cfg without section": Layout(files={"setup.cfg": "[metadata]\nname = a\n", "setup.py": ""}),
    "pyproject without table": Layout(
        files={"pyproject.toml": NO_TABLE, "a/setup.py": ""},
        start="a/b",
        config="pyproject.toml",
        since=(8, 1),
    ),
    "two pyprojects without table": Layout(
        files={"pyproject.toml": NO_TABLE, "a/pyproject.toml": NO_TABLE},
        start="a/b",
        config="a/pyproject.toml",
        since=(8, 1),
    ),
    "empty tool.pytest": Layout(files={"pyproject.toml": "[tool.pytest]\n", "tox.ini": INI}, config="tox.ini"),
    "empty ini_options": Layout(
        files={"pyproject.toml": "[tool.pytest.ini_options]\n", "tox.ini": INI}, config="pyproject.toml"
    ),
    "native beside empty ini_options": Layout(
        files={"pyproject.toml": f"{NATIVE}[tool.pytest.ini_options]\n"}, config="pyproject.toml"
    ),
    "setup.py": Layout(files={"setup.py": "", "a/other.py": ""}, start="a/b"),
    "nothing": Layout(files={"test_a.py": ""}),
    "nothing, nested": Layout(files={"test_a.py": ""}, start="a/b"),
    # How values are written.
    "UTF-8": Layout(files={"pytest.ini": "[pytest]\nshard_store = Ärger/日本 ☃\n"}, config="pytest.ini"),
    "UTF-8 in TOML": Layout(
        files={"pyproject.toml": TOML.replace("<file>", "Ärger/日本 ☃")}, config="pyproject.toml"
    ),
    "Windows line endings": Layout(
        files={"pytest.ini": "[pytest]\r\nshard_store = a\r\n  b\r\n\r\nshard_record = yes\r\nshard_scope =\r\n"},
        config="pytest.ini",
    ),
    "Windows line endings in TOML": Layout(
        files={"pyproject.toml": TOML.replace('"<file>"', '"""a\nb"""').replace("\n", "\r\n")},
        config="pyproject.toml",
    ),
    "several lines": Layout(
        files={"tox.ini": "[tox]\na = 1\n[pytest]\nshard_store =\n    one\n    # remark\n\n    two # three\n"},
        config="tox.ini",
    ),
    "comments, colons, quotes": Layout(
        files={
            "setup.cfg": '[tool:pytest] # why\n# all\nshard_store: a=b ; c\nshard_scope = "d" # e\n'
            "shard_record = ON\n"
        },
        config="setup.cfg",
    ),
    "empty values": Layout(files={"pytest.ini": "[pytest]\nshard_store =\nshard_record =\n"}),
    "flag that is none": Layout(files={"pytest.ini": "[pytest]\nshard_record = maybe\n"}),
    "quoted TOML values": Layout(
        files={
            "pyproject.toml": "[tool.pytest.ini_options]\n'shard_store' = 'C:\\new'\n"
            'shard_scope = "a\\tb"\nshard_record = "No"\n'
        },
        config="pyproject.toml",
    ),
    "TOML types as text": Layout(
        files={
            "pyproject.toml": "[tool.pytest.ini_options]\nshard_store = 1.50\nshard_scope = 2026-01-31\n"
            'shard_record = true\nshard_lines = ["a b", "c"]\n'
        },
        config="pyproject.toml",
    ),
    "number as flag": Layout(
        files={"pyproject.toml": "[tool.pytest.ini_options]\nshard_store = 4\nshard_record = 1\n"},
        config="pyproject.toml",
    ),
    "dotted TOML keys": Layout(
        files={"pyproject.toml": 'tool.pytest.ini_options.shard_store = "a"\n'}, config="pyproject.toml"
    ),
    "native types": Layout(
        files={"pyproject.toml": f'{NATIVE}shard_record = false\nshard_lines = ["b", "c"]\n'},
        since=(8, 1),
        config="pyproject.toml",
    ),
    "native types of another kind": Layout(
        files={"pytest.toml": '[pytest]\nshard_store = 4\nshard_scope = true\nshard_record = "yes"\n'},
        config="pytest.toml",
        since=(9, 0),
    ),
}

REFUSED = {
    "ini without section": Layout(files={"pytest.ini": "shard_store = a\n"}),
    "duplicate name": Layout(files={"tox.ini": "[pytest]\nshard_store = a\nshard_store = b\n"}),
    "line without value": Layout(files={"setup.cfg": "[tool:pytest]\nshard_store\n"}),
    "setup.cfg with [pytest]": Layout(files={"setup.cfg": INI}),
    "broken TOML": Layout(files={"pyproject.toml": "[tool.pytest.ini_options]\nshard_store = a\n"}),
    "TOML with a byte order mark": Layout(files={"pyproject.toml": BOM + TOML}),
    "no table": Layout(files={"pyproject.toml": "[tool.pytest]\nini_options = 3\n"}),
}

REFUSED_OR_NOT = {
    # Whether pytest refuses these hangs on its release, or on that of its ini parser.
    "byte order mark": Layout(files={"pytest.ini": BOM + INI}),
    "both TOML tables": Layout(files={"pyproject.toml": NATIVE + TOML}),
    "stray TOML keys": Layout(files={"pytest.toml": 'shard_store = "a"\n'}),
}


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a plugin that writes down what pytest found and ends there."""
    folder = tmp_path_factory.mktemp("probe")
    (folder / "smartshard_probe.py").write_text(PROBE, encoding="utf-8")
    return folder


def found_by_pytest(probe: Path, start: Path, report: Path) -> dict[str, Any] | None:
    """What pytest, started in *start* without arguments, finds; None where it refuses to run."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(probe),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PROBE_REPORT": str(report),
    }
    command = [sys.executable, "-m", "pytest", "-p", "smartshard_probe"]
    done = subprocess.run(command, cwd=start, env=environment, capture_output=True, text=True, check=False)
    assert report.exists() == (done.returncode == 0), done.stdout + done.stderr
    return json.loads(report.read_text(encoding="utf-8")) if report.exists() else None


def found_by_us(start: Path) -> dict[str, Any] | None:
    try:
        project = find_project(start)
    except UsageError:
        return None
    return {
        "rootdir": str(project.rootdir),
        "inipath": project.inipath and str(project.inipath),
        "shard_store": _or_refused(project.text, "shard_store"),
        "shard_scope": _or_refused(project.text, "shard_scope"),
        "shard_record": _or_refused(project.flag, "shard_record"),
        "shard_lines": project.values.get("shard_lines"),
    }


def _or_refused(read: Callable[[str], object], name: str) -> object:
    try:
        return read(name)
    except UsageError:
        return "refused"


@pytest.mark.parametrize("layout", FOUND.values(), ids=FOUND.keys())
def test_what_pytest_finds_is_found(layout: Layout, probe: Path, tmp_path: Path) -> None:
    start = layout.write(tmp_path / "project")
    by_pytest = found_by_pytest(probe, start, tmp_path / "report.json")
    assert by_pytest is not None
    assert found_by_us(start) == by_pytest
    if layout.config and pytest.version_tuple[:2] >= layout.since:
        assert by_pytest["inipath"] == str(tmp_path / "project" / layout.config)


@pytest.mark.parametrize("layout", REFUSED.values(), ids=REFUSED.keys())
def test_what_pytest_refuses_is_refused(layout: Layout, probe: Path, tmp_path: Path) -> None:
    start = layout.write(tmp_path / "project")
    assert found_by_pytest(probe, start, tmp_path / "report.json") is None
    assert found_by_us(start) is None


@pytest.mark.parametrize("layout", REFUSED_OR_NOT.values(), ids=REFUSED_OR_NOT.keys())
def test_what_some_releases_refuse(layout: Layout, probe: Path, tmp_path: Path) -> None:
    start = layout.write(tmp_path / "project")
    assert found_by_us(start) == found_by_pytest(probe, start, tmp_path / "report.json")


def test_reading_imports_no_pytest() -> None:
    code = (
        "import sys, pathlib; from pytest_smartshard.settings import inifile;"
        "inifile.find_project(pathlib.Path.cwd());"
        "sys.exit(str(loaded) if (loaded := {'pytest', '_pytest'} & set(sys.modules)) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
