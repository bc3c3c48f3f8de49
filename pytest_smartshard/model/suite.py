"""What is to be run: files, their tests, and what must stay together."""

from __future__ import annotations

from typing import NamedTuple

from pytest_smartshard.lazy_dataclasses import dataclass


class ItemKey(NamedTuple):
    """The name of a test that survives other arguments, machines and plugins.

    ``file`` is the path relative to rootdir with forward slashes, or the dotted module for a file of a
    package outside it. ``tail`` is what follows the file in a node id, without the leading ``::``.
    """

    file: str
    tail: str

    def __str__(self) -> str:
        return f"{self.file}::{self.tail}"


def function_of(tail: str) -> str:
    """The tail without its parameters: ``TestA::test_b[x::y]`` gives ``TestA::test_b``.

    Parameters may hold any text, so the cut is at the first bracket, before anything is split.
    """
    return tail.split("[", 1)[0]


def class_of(tail: str) -> str:
    """The class part of a tail, or its function where it belongs to no class."""
    function = function_of(tail)
    return function.rpartition("::")[0] or function


class CollectedTest(NamedTuple):
    """One test of a file as collected, with what planning must know of it.

    ``together``: tests with the same non-empty label run in one shard, whatever their files.
    ``unstable``: its parameter ids change from process to process, so its function is one unit.
    ``positional``: its parameter ids are positions (``obj0``), so its function is a unit where that is cheap.
    """

    tail: str
    together: str = ""
    unstable: bool = False
    positional: bool = False

    @property
    def stored_tail(self) -> str:
        """The tail under which durations are kept: the function's where ids are unstable."""
        return function_of(self.tail) if self.unstable else self.tail


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFile:
    """A test file: its key, its size in bytes (0 if unknown) and the tests that were collected in it.

    ``tests`` may be empty where only the file is known; then the history alone says what is in it, unless it was
    ``collected``: then it has none.
    ``alias``: the file part of its node ids where that is not the key (a file outside rootdir), else None; what
    another tool measured is kept under it. Several files may share one.
    ``document``: it is no module, and what it holds may depend on what comes before, so its tests stay together.
    ``everywhere``: all shards collect it, whoever runs its tests, so that dividing it costs no shard more.
    """

    key: str
    size: int = 0
    alias: str | None = None
    tests: tuple[CollectedTest, ...] = ()
    document: bool = False
    everywhere: bool = False
    collected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """All files that one run is to execute, sorted by key, each key once."""

    files: tuple[SuiteFile, ...]

    def __post_init__(self) -> None:
        keys = [file.key for file in self.files]
        if keys != sorted(set(keys)):
            raise ValueError("files of a suite must be sorted by key, each key once")
