"""The bench of the end-to-end tests: a small real project, and real pytest processes that run it.

What ran is read twice: from the JUnit file that pytest writes itself, and from our journal.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
import uuid
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

ENVIRONMENT = (
    f"{ {'darwin': 'macos', 'win32': 'windows'}.get(sys.platform, sys.platform) }"
    f"-{sys.version_info[0]}.{sys.version_info[1]}"
)
SEGMENT = f"root@{ENVIRONMENT}@all"
"""The segment of a whole project of :meth:`Project.make`."""

GIVE_ALL = (
    "; give merge the .smartshard/runs folders of all its jobs, kept also where tests fail, "
    "or run what is missing"
)
"""End of the message that shards are missing."""

FAILED_ONLY_PRUNED = (
    " failed only where other files were left out: unless it was mended since, it may need something that "
    "another file imports; import it there, or switch pruning off with shard_prune = off"
)
"""End of the message about a file that failed in a pruned shard, and passed where everything was collected."""

CASE_FILES = """
import pytest

def pytest_collect_file(parent, file_path):
    if file_path.suffix == ".case":
        return CaseFile.from_parent(parent, path=file_path)

class CaseFile(pytest.File):
    def collect(self):
        for line in self.path.read_text().split():
            yield Case.from_parent(self, name=line)

class Case(pytest.Item):
    def runtest(self): assert self.name != "bad"
"""
"""A conftest file by which each word of a ``.case`` file is a test; ``bad`` fails."""

TIMEOUT = 120
"""Seconds after which a process is taken to hang."""

# hypothesis is imported at the end of every session, coverage at its start: that costs more than the session.
_OPTIONS = ("-p", "no:randomly", "-p", "no:hypothesispytest", "-p", "no:pytest_cov")

_KEPT_OUT = re.compile(r"PYTEST_.*|PYTHON(DONTWRITEBYTECODE|HASHSEED|WARNINGS|DEVMODE|PATH)")
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_XDIST_GROUP = re.compile(r"@\w+$")  # xdist adds it to node ids on pytest before 9.2
_RULER = re.compile(r"[-=]+ .+ [-=]+$")
_IN_JUNIT = {"xpassed": "passed", "xfailed": "skipped", "crashed": "error"}


class Ran(NamedTuple):
    """One test by the name it has in JUnit files (``folder.test_a.TestB::test_c[1]``), and its outcome there."""

    name: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """A journal as it lies there, read without the package's own code. ``footer`` is None where there is none.

    ``behind`` are the lines that a watchdog wrote as it ended the process.
    """

    path: Path
    header: dict[str, Any]
    files: tuple[dict[str, Any], ...]
    begun: tuple[dict[str, Any], ...]
    tests: tuple[dict[str, Any], ...]
    footer: dict[str, Any] | None
    behind: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Journal:
        text = path.read_text("ascii").splitlines()
        lines = [json.loads(line) for line in takewhile(lambda line: line.startswith("{"), text)]

        def of(kind: str) -> tuple[dict[str, Any], ...]:
            return tuple(line for line in lines if line["kind"] == kind)

        (header,) = of("header")
        return cls(
            path=path,
            header=header,
            files=of("file"),
            begun=of("start"),
            tests=of("test"),
            footer=next(iter(of("footer")), None),
            behind=tuple(text[len(lines) :]),
        )

    @property
    def ran(self) -> tuple[Ran, ...]:
        """What it says in the terms of a JUnit file."""
        return tuple(
            Ran(junit_name(line["file"], line["test"]), _IN_JUNIT.get(line["outcome"], line["outcome"]))
            for line in self.tests
        )

    @property
    def outcomes(self) -> dict[str, str]:
        """Outcomes by tail, in the order in which tests ended."""
        return {line["test"]: line["outcome"] for line in self.tests}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One process: its exit code, what it printed, and what it ran, where it lived to say so.

    ``ran`` comes from its JUnit file. ``journal`` is the one that it added to the project, if it did.
    """

    code: int
    lines: tuple[str, ...]
    errors: tuple[str, ...]
    ran: tuple[Ran, ...] = ()
    journal: Journal | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tests that ran, in the order in which they began."""
        return tuple(test.name for test in self.ran)

    @property
    def outcomes(self) -> dict[str, str]:
        """Outcomes by the test's own name, without file and class."""
        return {test.name.rpartition("::")[2]: test.outcome for test in self.ran}

    @property
    def usage_errors(self) -> tuple[str, ...]:
        """Text of each usage error."""
        return tuple(line.removeprefix("ERROR: ") for line in self.errors if line.startswith("ERROR: "))

    @property
    def recorded(self) -> Journal:
        """The journal. Fails where none was written."""
        assert self.journal is not None, "\n".join([*self.lines, *self.errors])
        return self.journal

    @property
    def collected_line(self) -> str:
        """The line that says what the shard is going to run."""
        (line,) = (line for line in self.lines if re.match(r"shard \d+/\d+ of ", line))
        return line

    def section(self) -> tuple[str, ...]:
        """Our lines at the end of the run, without the ruler above and what other plugins print below."""
        starts = [number for number, line in enumerate(self.lines) if re.fullmatch(r"-+ smartshard -+", line)]
        assert starts, "\n".join(self.lines)
        below = self.lines[starts[-1] + 1 :]
        return tuple(line for line in takewhile(lambda line: not _RULER.match(line), below) if line)


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a suite. ``options`` go with every pytest run, before its own arguments."""

    root: Path
    options: tuple[str, ...] = _OPTIONS

    @classmethod
    def make(cls, root: Path, files: Mapping[str, str], ini: str = "") -> Project:
        """A repository at *root* with *files* and a pytest.ini of the lines in *ini*."""
        project = cls(root)
        (root / ".git").mkdir(parents=True)
        project.write({"pytest.ini": f"[pytest]\n{textwrap.dedent(ini)}", **files})
        return project

    def write(self, files: Mapping[str, str]) -> None:
        """Write each text to its path below the root; indentation that all its lines share is taken off."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    def with_options(self, *options: str) -> Project:
        return replace(self, options=(*self.options, *options))

    @property
    def home(self) -> Path:
        return self.root / ".smartshard"

    @property
    def store_path(self) -> Path:
        """The store of the whole suite."""
        return self.home / "durations" / f"{SEGMENT}.json"

    def store(self) -> dict[str, Any]:
        return read_store(self.store_path)

    def stored(self) -> list[str]:
        """Names of all tests in the store of the whole suite."""
        return names_in(self.store())

    def runs(self) -> list[Path]:
        """Folders of runs, by name."""
        folder = self.home / "runs"
        return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    def journals(self) -> list[Path]:
        return sorted(self.home.rglob("*.jsonl"))

    def run(self, shard: int, count: int, *arguments: str, env: Mapping[str, str] | None = None) -> Result:
        """Run one shard."""
        return self.pytest(f"--shard={shard}/{count}", *arguments, env=env)

    def run_all(self, count: int, *arguments: str, env: Mapping[str, str] | None = None) -> list[Result]:
        """Run all shards one after another."""
        return [self.run(shard, count, *arguments, env=env) for shard in range(1, count + 1)]

    def pytest(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
        python: Sequence[str] = (),
        stdin: str = "",
    ) -> Result:
        """Run pytest in the root or in *folder*; *python* are arguments of the interpreter."""
        before = set(self.journals())
        with self.start(*arguments, env=env, folder=folder, python=python) as process:
            return process.result(stdin=stdin, before=before)

    def start(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
        python: Sequence[str] = (),
    ) -> Process:
        """Start pytest and come back at once."""
        junit = self.root.parent / f"junit-{uuid.uuid4().hex}.xml"
        command = [sys.executable, *python, "-m", "pytest", *self.options, f"--junitxml={junit}", *arguments]
        return Process(self, junit, _popen(command, folder or self.root, env))

    def smartshard(
        self, *arguments: str | Path, folder: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Result:
        """Run the command line."""
        command = [sys.executable, "-m", "pytest_smartshard", *map(str, arguments)]
        with _popen(command, folder or self.root, env) as popen:
            out, err = popen.communicate(timeout=TIMEOUT)
        return Result(code=popen.returncode, lines=tuple(out.splitlines()), errors=tuple(err.splitlines()))


@dataclass(frozen=True, slots=True)
class Process:
    """A pytest that may still be running. Use it in a ``with`` block, which ends it."""

    project: Project
    junit: Path
    popen: subprocess.Popen[str]

    def result(self, *, stdin: str = "", before: Iterable[Path] | None = None) -> Result:
        """Wait for its end. The journal is looked for where *before* says which ones were there."""
        out, err = self.popen.communicate(stdin, timeout=TIMEOUT)
        added = [] if before is None else sorted(set(self.project.journals()).difference(before))
        assert len(added) <= 1, added
        return Result(
            code=self.popen.returncode,
            lines=tuple(out.splitlines()),
            errors=tuple(err.splitlines()),
            ran=_read_junit(self.junit),
            journal=Journal.read(added[0]) if added else None,
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.communicate()


def exactly_once(results: Iterable[Result], plain: Result) -> None:
    """The shards ran together what the plain run ran, with its outcomes; each journal says what JUnit says."""
    results = list(results)
    assert Counter(test for result in results for test in result.ran) == Counter(plain.ran)
    for result in results:
        assert Counter(result.recorded.ran) == Counter(result.ran)
        assert result.recorded.header["selected"] == len(result.ran)
    digests = {result.recorded.header["digest"] for result in results}
    assert len(digests) == 1


def functions(*names: str, body: str = "pass") -> str:
    """A test file with a function of that body for each of *names*."""
    return "".join(f"def test_{name}():\n    {body}\n\n\n" for name in names)


def junit_name(file: str, tail: str) -> str:
    """The name in a JUnit file of the test with that key."""
    address, bracket, parameters = f"{file}::{tail}".partition("[")
    path, *names = address.split("::")
    names = [re.sub(r"\.py$", "", path.replace("/", ".")), *names]
    return _ADDRESS.sub("0x", f"{'.'.join(names[:-1])}::{names[-1]}{bracket}{parameters}")


def read_store(path: Path) -> dict[str, Any]:
    """A store as it lies there, read without the package's own code."""
    document: dict[str, Any] = json.loads(path.read_text("ascii"))
    return document


def names_in(store: Mapping[str, Any]) -> list[str]:
    """All tests of a store: file and tail."""
    return [f"{file}::{tail}" for file, line in store["files"].items() for tail in line["tests"]]


def samples_in(store: Mapping[str, Any]) -> dict[str, list[str]]:
    """The samples of each test by its tail, a word for each run that saw anything of its file."""
    return {
        tail: [column.split(" ")[place] for column in line["samples"] if column]
        for line in store["files"].values()
        for place, tail in enumerate(line["tests"])
    }


def _popen(command: list[str], folder: Path, env: Mapping[str, str] | None) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if not _KEPT_OUT.fullmatch(name)}
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**inherited, "PYTHONUTF8": "1", **(env or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def _read_junit(path: Path) -> tuple[Ran, ...]:
    if not path.exists():
        return ()
    # A test that was interrupted stands there without a name.
    return tuple(_ran(case) for case in ET.parse(path).iter("testcase") if "name" in case.attrib)


def _ran(case: ET.Element) -> Ran:
    name = _XDIST_GROUP.sub("", f"{case.attrib['classname']}::{case.attrib['name']}")
    outcomes = {"failure": "failed", "error": "error", "skipped": "skipped"}
    found = [outcomes[child.tag] for child in case if child.tag in outcomes]
    return Ran(_ADDRESS.sub("0x", name), found[0] if found else "passed")
