"""Shards import no more than their own files, and every test still runs exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sharded import CASE_FILES, Project, Result, exactly_once, functions

SEEN = 'import os; open(os.environ["SEEN"], "a").write(__name__ + "\\n")\n'
"""First line of a test file that leaves a note when it is imported."""

SLOW = "import time; time.sleep(0.01)"

PLAIN = functions("a", "b", "c")


def noted(*names: str) -> str:
    return SEEN + functions(*names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """*changed* files (None for a removed one) lie there from the second run on."""

    files: Mapping[str, str]
    ini: str = ""
    arguments: Sequence[str] = ()
    changed: Mapping[str, str | None] = field(default_factory=dict)
    code: int = 0


CLASSES = """
import unittest

class TestA:
    @classmethod
    def setup_class(cls): cls.value = 1
    def test_a(self): assert self.value
    def test_b(self): pass
    class TestInner:
        def test_c(self): pass

class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.value = 1
    def test_d(self): assert self.value
    def test_e(self): pass
"""

LEVEL = """
import pytest
LEVEL = {0}

@pytest.fixture
def level(): return LEVEL
"""

FOUR = {f"test_{name}.py": noted("a", "b", name) for name in ("one", "two", "three", "four")}

SUITES = {
    "files that come, go and move": Suite(
        files={**FOUR, "sub/test_five.py": noted("x", "y")},
        changed={
            "test_one.py": None,
            "moved/test_one.py": noted("a", "b", "one"),
            "test_two.py": None,
            "test_new.py": noted("n", "m"),
            "test_three.py": noted("a", "b", "three", "later", "latest"),
            "test_four.py": noted("b", "renamed"),
        },
    ),
    "a file with several owners": Suite(
        files={
            "test_big.py": SEEN + functions(*map(str, range(20)), body="import time; time.sleep(0.01)"),
            **FOUR,
        },
        changed={
            "test_big.py": SEEN + functions(*map(str, range(5, 30)), body="import time; time.sleep(0.01)"),
        },
    ),
    "classes": Suite(files={"test_a.py": CLASSES, "test_b.py": CLASSES, "test_c.py": CLASSES}),
    "conftest files at every level": Suite(
        files={
            "conftest.py": LEVEL.format(0),
            "test_top.py": "def test_it(level): assert level == 0\n",
            "a/b/conftest.py": LEVEL.format(3),
            "a/b/test_inner.py": "def test_it(level): assert level == 3\n",
            "a/conftest.py": LEVEL.format(1),
            "c/conftest.py": LEVEL.format(2),
            **{
                f"{folder}/test_{name}.py": f"def test_it(level): assert level == {level}\n"
                for level, folder in enumerate("ac", start=1)
                for name in (f"{folder}1", f"{folder}2")
            },
        },
    ),
    "conftest files that test files import": Suite(
        files={
            f"{folder}/{name}.py": text
            for level, folder in enumerate("abc")
            for name, text in {
                "conftest": LEVEL.format(level),
                f"test_{folder}1": f"from conftest import LEVEL\ndef test_it(level): assert LEVEL == {level}\n",
                f"test_{folder}2": f"import conftest\ndef test_it(): assert conftest.LEVEL == {level}\n",
            }.items()
        },
    ),
    "modules of one name on the path": Suite(
        files={
            f"{folder}/{name}.py": text
            for folder in ("a", "b", "c")
            for name, text in {
                "conftest": "",
                "helper": f"NAME = {folder!r}\n",
                f"test_{folder}": f"import sys; sys.modules.pop('helper', None)\nimport helper\n"
                f"def test_it(): assert helper.NAME == {folder!r}\n",
            }.items()
        },
    ),
    "files that are not collected": Suite(
        files={
            **FOUR,
            "sub/conftest.py": "collect_ignore = ['test_not.py']\ncollect_ignore_glob = ['*_old.py']\n",
            "sub/test_not.py": "raise RuntimeError\n",
            "sub/test_it_old.py": "raise RuntimeError\n",
            "sub/test_five.py": PLAIN,
        },
    ),
    "packages with code": Suite(
        files={
            "pack/__init__.py": "VALUE = []\ndef setup_module(): VALUE.append(1)\n",
            "pack/test_a.py": "from . import VALUE\ndef test_a(): assert VALUE == [1]\ndef test_b(): pass\n",
            "pack/sub/__init__.py": "from pack import VALUE\n",
            "pack/sub/test_b.py": "from . import VALUE\ndef test_a(): pass\n",
            "pack/sub/test_c.py": "from ..test_a import VALUE\ndef test_a(): pass\n",
        },
    ),
    "tests in __init__.py": Suite(
        files={"pack/__init__.py": PLAIN, "pack/test_a.py": PLAIN, "test_b.py": PLAIN},
        ini="python_files = test_*.py __init__.py",
    ),
    "importlib mode": Suite(
        files={f"{folder}/test_same.py": noted("a", folder) for folder in ("a", "b", "c")},
        ini="addopts = --import-mode=importlib",
    ),
    "several roots": Suite(
        files={"one/test_a.py": PLAIN, "one/test_b.py": PLAIN, "two/test_c.py": PLAIN, "three/test_d.py": PLAIN},
        arguments=("one", "two"),
    ),
    "arguments that overlap": Suite(files={**FOUR, "sub/test_five.py": PLAIN}, arguments=("sub", ".")),
    "node ids": Suite(files=FOUR, arguments=("test_one.py::test_a", "test_two.py", "test_three.py::test_three")),
    "one file": Suite(files=FOUR, arguments=("test_two.py",)),
    "a file and its folder": Suite(files=FOUR, arguments=(".", "test_two.py::test_a")),
    "--pyargs": Suite(
        files={
            "pack/__init__.py": "",
            "pack/tests/__init__.py": "",
            **{f"pack/tests/{name}": text for name, text in FOUR.items()},
        },
        ini="pythonpath = .",
        arguments=("--pyargs", "pack.tests"),
    ),
    "doctests in modules": Suite(
        files={
            "lib/__init__.py": "",
            "lib/maths.py": 'def f():\n    """\n    >>> f()\n    1\n    """\n    return 1\n',
            "lib/test_a.py": 'def test_a():\n    """\n    >>> 1\n    1\n    """\n\ndef test_b(): pass\n',
            "lib/more.py": 'def g():\n    """\n    >>> g()\n    2\n    """\n    return 2\n',
        },
        ini="addopts = --doctest-modules",
    ),
    "text files": Suite(
        files={"test_a.txt": ">>> 1\n1\n", "test_b.txt": ">>> 2\n2\n", "test_c.py": PLAIN},
    ),
    "a collector of the suite's own": Suite(
        files={
            "conftest.py": CASE_FILES,
            "one.case": "good better best",
            "two.case": "good",
            "sub/three.case": "x y",
            "test_c.py": PLAIN,
        },
        changed={"one.case": "good worse best", "four.case": "new"},
    ),
    "a keyword": Suite(files={**FOUR, "test_none.py": noted("zzz")}, arguments=("-k", "a or three")),
    "a keyword in the configuration": Suite(files=FOUR, ini="addopts = -k 'not b'"),
    "markers": Suite(
        files={
            f"test_{n}.py": "import pytest\n@pytest.mark.slow\ndef test_s(): pass\ndef test_f(): pass\n"
            for n in range(4)
        },
        ini="markers = slow",
        arguments=("-m", "not slow"),
    ),
    "a group over files": Suite(
        files={
            f"test_{n}.py": "import pytest, os\n@pytest.mark.shard_together('g')\ndef test_g():\n"
            "    open(os.environ['GROUP'], 'a').write(os.environ['SHARD'])\ndef test_f(): pass\n"
            for n in range(4)
        },
    ),
    "a group that a conftest makes": Suite(
        files={
            "sub/conftest.py": "import pytest\ndef pytest_collection_modifyitems(items):\n"
            "    for item in items:\n"
            "        if item.name == 'test_g': item.add_marker(pytest.mark.shard_together('g'))\n",
            **{
                f"sub/test_{n}.py": "import os\ndef test_g():\n"
                "    open(os.environ['GROUP'], 'a').write(os.environ['SHARD'])\ndef test_f(): pass\n"
                for n in range(4)
            },
            **FOUR,
        },
    ),
    "failures": Suite(
        files={**FOUR, "test_bad.py": "def test_bad(): assert False\ndef test_good(): pass\n"}, code=1
    ),
}
SHARDS = 3


def run(project: Project, tmp_path: Path, arguments: Sequence[str]) -> list[Result]:
    return [
        project.run(shard, SHARDS, *arguments, env=environment(tmp_path, str(shard)))
        for shard in range(1, SHARDS + 1)
    ]


def environment(tmp_path: Path, shard: str) -> dict[str, str]:
    return {"SEEN": str(tmp_path / f"seen-{shard}"), "GROUP": str(tmp_path / "group"), "SHARD": shard}


def check(project: Project, tmp_path: Path, suite: Suite) -> list[Result]:
    plain = project.pytest(*suite.arguments, env=environment(tmp_path, "plain"))
    assert plain.code == suite.code
    (tmp_path / "group").unlink(missing_ok=True)
    results = run(project, tmp_path, suite.arguments)
    exactly_once(results, plain)
    assert max(result.code for result in results) == suite.code
    if (tmp_path / "group").exists():
        assert len(set((tmp_path / "group").read_text())) == 1  # All ran in one shard.
    return results


def change(project: Project, changed: Mapping[str, str | None]) -> None:
    for name, text in changed.items():
        if text is None:
            (project.root / name).unlink()
        else:
            project.write({name: text})


@pytest.mark.parametrize("name", SUITES)
def test_every_test_runs_once(tmp_path: Path, name: str) -> None:
    suite = SUITES[name]
    project = Project.make(tmp_path / "project", suite.files, suite.ini)
    check(project, tmp_path, suite)
    change(project, suite.changed)
    check(project, tmp_path, suite)


@pytest.mark.parametrize(
    "name", ["a file with several owners", "a group over files", "files that come, go and move"]
)
def test_every_test_runs_once_with_workers(tmp_path: Path, name: str) -> None:
    suite = SUITES[name]
    project = Project.make(tmp_path / "project", suite.files, suite.ini).with_options("-n", "2")
    check(project, tmp_path, suite)
    change(project, suite.changed)
    check(project, tmp_path, suite)


def imported(tmp_path: Path) -> list[list[str]]:
    return [
        sorted((tmp_path / f"seen-{shard}").read_text().split()) if (tmp_path / f"seen-{shard}").exists() else []
        for shard in range(1, SHARDS + 1)
    ]


def test_a_shard_imports_its_own_files_alone(tmp_path: Path) -> None:
    """Whole ones here: tests of no length may be divided in any way."""
    project = Project.make(tmp_path / "project", FOUR, "shard_scope = file")
    for _ in range(2):
        check(project, tmp_path, Suite(files=FOUR))
        by_shard = imported(tmp_path)
        counted = Counter(name for names in by_shard for name in names)
        assert counted == dict.fromkeys(("test_one", "test_two", "test_three", "test_four"), 1)
        for shard in (1, 2, 3):
            (tmp_path / f"seen-{shard}").unlink(missing_ok=True)


def test_switched_off_all_import_all(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", FOUR, "shard_prune = off")
    results = check(project, tmp_path, Suite(files=FOUR))
    assert imported(tmp_path) == [sorted(name.removesuffix(".py") for name in FOUR)] * SHARDS
    assert all(" of 12 tests, " in result.collected_line for result in results)


def test_a_file_that_cannot_be_collected_is_its_owners_affair(tmp_path: Path) -> None:
    files = {**FOUR, "test_broken.py": "import no_such_module\n"}
    project = Project.make(tmp_path / "project", files)
    results = run(project, tmp_path, ())
    assert sorted(result.code for result in results) == [0, 0, 2]
    merged = project.smartshard("merge", ".smartshard/runs", "--check")
    assert sum("test_broken.py" in line for line in merged.lines) == 1
