"""Which program a command runs, and what it gives to pytest."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PYTEST = ("pytest", "py.test")

_RUNNERS = frozenset(
    {
        "conda", "coverage", "docker", "docker-compose", "env", "exec", "hatch", "mamba", "micromamba", "nice",
        "pdm", "pipenv", "pixi", "podman", "poetry", "python", "python3", "rye", "sudo", "time", "timeout",
        "uv", "uvx", "xvfb-run",
    }
)  # fmt: skip
"""Programs that start the one that their words name."""

_NOT_RUNNING = frozenset({"install", "add", "pip", "tool", "export", "lock", "sync", "remove", "build"})
_MANAGERS = frozenset({"hatch", "npm", "pdm", "pipenv", "poetry", "uv", "yarn"})
_PYTHON = re.compile(r"(?:python|pypy|py)[0-9.]*t?")
_KNOWN_MODULES = ("build", "coverage", "pip", "pytest", "venv")

_KNOWN = frozenset(
    {
        "apt", "apt-get", "brew", "buildkite-agent", "cat", "cd", "chmod", "choco", "codecov", "coverage", "cp",
        "curl", "date", "df", "dnf", "echo", "exit", "export", "false", "find", "for", "free", "grep", "head",
        "ls", "mkdir", "mv", "nproc", "pip", "pip3", "pipx", "popd", "printenv", "printf", "pushd", "pwd",
        "py.test", "pytest", "rm", "sed", "set", "shopt", "sleep", "smartshard", "sort", "tail", "tee", "test",
        "touch", "trap", "true", "uname", "unset", "wait", "which", "whoami", "yum", "[", "[[", ":",
    }
)  # fmt: skip
"""Programs that bring or take no store unless its path is among their words."""


def pytest_arguments(words: Sequence[str]) -> tuple[str, ...] | None:
    """What follows ``pytest`` in a command that runs it; None in any other command."""
    if not words:
        return None
    if program(words[0]) in _PYTEST:
        return tuple(words[1:])
    if not (program(words[0]) in _RUNNERS or _PYTHON.fullmatch(program(words[0]))):
        return None
    for place, word in enumerate(words[1:], start=1):
        if program(word) in _PYTEST:
            return tuple(words[place + 1 :])
        if word in _NOT_RUNNING:
            return None
    return None


def program(word: str) -> str:
    """The name of a program without its folder and ``.exe``."""
    return word.replace("\\", "/").rpartition("/")[2].removesuffix(".exe")


def value_of(option: str, words: Sequence[str]) -> str | None:
    """The last value that *option* has among *words*, None where it is not there."""
    found = None
    for place, word in enumerate(words):
        if word == "--":
            break
        if word.startswith(f"{option}="):
            found = word.partition("=")[2]
        elif word == option and place + 1 < len(words):
            found = words[place + 1]
    return found


def is_known(words: Sequence[str]) -> bool:
    """Whether the command brings, keeps or merges nothing unless its words say so."""
    name = program(words[0])
    if words[0] == "sudo":
        return len(words) > 1 and is_known(words[1:])
    if "/" in words[0] and name not in _PYTEST:
        return False
    if name in ("source", "."):
        return any("activate" in word for word in words)
    if _PYTHON.fullmatch(name):
        return len(words) > 2 and words[1] == "-m" and words[2] in _KNOWN_MODULES
    if name in _MANAGERS:
        runs = {"run", "exec", "shell", "test"} & set(words[1:3])
        return not runs or pytest_arguments(words) is not None
    return name in _KNOWN or name.isdigit()
