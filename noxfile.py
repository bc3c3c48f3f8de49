"""Every check of the project, each a session: ``python3 -m nox -l`` lists them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nox

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")

LOWEST = "3.10"
NEWEST = "3.13"
SUITES = "3.11"
"""What the pins of other projects' suites are for."""

SCHEMA_FROM = "pytest==9.2.0"
"""Whose source distribution holds the schema of JUnit files; no wheel does."""

DEMO_SUITE = "networkx.algorithms"

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "floors", "tests", "docs"]
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = True


def _works(command: str, version: str) -> bool:
    """Whether *command* starts and is that Python: a version manager's shim may be there and fail."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        said = subprocess.run([command, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and said.stdout.strip() == version


def _version_folders() -> Iterator[Path]:
    """Folders that hold one Python installation each: pyenv's, and that of the Python that runs nox."""
    if "PYENV_ROOT" in os.environ:
        yield Path(os.environ["PYENV_ROOT"], "versions")
    yield Path.home() / ".pyenv" / "versions"
    yield Path(sys.base_prefix).parent


def _make_findable(version: str) -> None:
    """See to it that nox finds this Python on PATH; where there is none, nox may still download it."""
    name = f"python{version}"
    if _works(name, version):
        return
    for folder in _version_folders():
        for python in sorted(folder.glob(f"*{version}*/bin/{name}"), reverse=True):
            if _works(str(python), version):
                os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), str(python.parent)])
                return


for _version in (LOWEST, SUITES, NEWEST):
    _make_findable(_version)


def _group(name: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(PROJECT, name)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and form of every Python file."""
    session.install(*_group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python=[LOWEST, NEWEST])
def types(session: nox.Session) -> None:
    """Strict types over package, tests, benchmarks and this file."""
    session.install(*PROJECT["project"]["dependencies"], *_group("types"))
    session.run("mypy", *session.posargs)


@nox.session
def floors(session: nox.Session) -> None:
    """Which room may import which."""
    session.install(*_group("floors"))
    session.run("lint-imports")


@nox.session
def build(session: nox.Session) -> None:
    """The wheel that the tests install."""
    session.install(*PROJECT["build-system"]["requires"])
    shutil.rmtree(DIST, ignore_errors=True)
    session.run("hatchling", "build", "-t", "wheel", "-d", str(DIST))


@nox.session(python=NEWEST, requires=["build"])
def reader(session: nox.Session) -> None:
    """What someone has who follows the documentation: the wheel with its extras, and nothing else."""
    (wheel,) = DIST.glob("*.whl")
    session.install(f"{wheel}[all]")


@nox.session
def schema(session: nox.Session) -> None:
    """Jenkins' schema of JUnit files, from pytest's own tests; fetched once and kept beside the environments."""
    kept = _schema(session)
    if kept.exists():
        session.log("%s is there", kept)
        return
    session.install("pip")
    with tempfile.TemporaryDirectory(prefix="smartshard-schema-") as folder:
        # A source distribution's name and version are asked of its build, so this makes an environment for that.
        options = ["--no-deps", "--no-binary", ":all:", "--dest", folder]
        session.run("python", "-m", "pip", "--quiet", "download", *options, SCHEMA_FROM)
        (archive,) = Path(folder).glob("*.tar.gz")
        with tarfile.open(archive) as source:
            (member,) = (name for name in source.getnames() if name.endswith("/example_scripts/junit-10.xsd"))
            content = source.extractfile(member)
            assert content is not None
            kept.write_bytes(content.read())


def _schema(session: nox.Session) -> Path:
    """Where the schema is kept."""
    return Path(session.cache_dir).resolve() / f"junit-10-{SCHEMA_FROM.replace('==', '-')}.xsd"


@nox.session(python=[LOWEST, NEWEST], requires=["build", "reader", "schema"])
def tests(session: nox.Session) -> None:
    """The suite against the built wheel, with the lowest of everything and with the newest.

    With the newest, the commands of the documentation are run in the environment of a reader.
    """
    lowest = session.python == LOWEST
    (wheel,) = DIST.glob("*.whl")
    session.install(str(wheel), *(_group("lowest") if lowest else ()), *_group("test"))
    env = {"SMARTSHARD_TESTED": "installed", "SMARTSHARD_JUNIT_SCHEMA": str(_schema(session))}
    if not lowest:
        reader = Path(session.virtualenv.location).resolve().with_name("reader")
        env["SMARTSHARD_READERS_SCRIPTS"] = str(reader / Path(session.bin).name)
    # The script and not `python -m pytest`, which would put this folder's sources before the wheel.
    session.run("pytest", "-n", "2", "--dist", "worksteal", *session.posargs, env=env)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation with warnings as errors, and the changelog that the next release would get."""
    session.install(*_group("docs"))
    output = ROOT / "docs" / "_build" / "html"
    session.run("sphinx-build", "-W", "-n", "--keep-going", "-E", "docs", str(output))
    session.run("towncrier", "build", "--draft", "--version", "next")


@nox.session
def bench(session: nox.Session) -> None:
    """Run a benchmark: ``nox -s bench -- idle.py [its options]``; without a name, list them."""
    if not session.posargs:
        names = sorted(path.name for path in (ROOT / "benchmarks").glob("*.py"))
        session.log("Benchmarks: %s", ", ".join(names))
        return
    name, *options = session.posargs
    session.install(".", *_group("bench"))
    session.run("python", str(ROOT / "benchmarks" / Path(name).name), *options)


@nox.session
def demo(session: nox.Session) -> None:
    """A real suite as three shards one after another, twice, then the report: about four minutes."""
    session.install(".", "networkx")
    pytest = ["pytest", "-q", _apart(session), "--pyargs", *(session.posargs or [DEMO_SUITE])]
    with tempfile.TemporaryDirectory(prefix="smartshard-demo-") as folder, session.chdir(folder):
        for basis in ("nothing is known yet", "balanced by what the first pass measured"):
            for shard in (1, 2, 3):
                session.log("Shard %d of 3, %s", shard, basis)
                session.run(*pytest, f"--shard={shard}/3")
        session.log("Report on the second pass")
        session.run(*pytest, "--shard-report")


@nox.session(python=SUITES)
def suites(session: nox.Session) -> None:
    """Other projects' suites, shards against plain runs: ``nox -s suites -- attrs boltons`` for some of them."""
    session.run("python", str(ROOT / "benchmarks" / "real_suites.py"), *session.posargs)


def _apart(session: nox.Session) -> str:
    """The option by which a suite installed here does not find this repository's conftest above it.

    Such a suite also runs in a folder outside, or the configuration above would be taken for its own.
    """
    return f"--confcutdir={Path(session.virtualenv.location).resolve()}"
