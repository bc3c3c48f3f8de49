"""The tools that ``whole_process.py`` compares: how each records durations by its own means, and runs a shard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from typing import Protocol

from whole_process_running import Spent, Tree

_XDIST = ("no:xdist", "no:xdist.looponfail")
_SMARTSHARD, _SPLIT, _FSPLIT = "no:smartshard", "no:pytest-split", "no:pytest-fsplit"
RUN = "measured"


def _without(*plugins: str) -> tuple[str, ...]:
    """Options for which a plugin is not even imported, as if it were not installed."""
    return tuple(option for plugin in plugins for option in ("-p", plugin))


class Unusable(Exception):
    """The tool cannot run this suite; says why."""


class Tool(Protocol):
    """A tool with a tree of its own. *fresh* makes it what a process finds in the state that is measured."""

    @property
    def name(self) -> str: ...

    @property
    def tree(self) -> Tree: ...

    def record(self, fresh: Callable[[], None], shards: int) -> None:
        """Let the tool measure durations, forgetting older ones. Raises Unusable."""

    def shard(self, number: int, shards: int) -> Spent:
        """Run that shard."""


@dataclass(frozen=True, slots=True)
class Plain:
    """pytest alone. Without xdist, which our plugin brings along."""

    tree: Tree
    name: str = "unsharded"

    def run(self, *options: str, plugin: str = "whole_process_ran", **variables: Path) -> Spent:
        given = (*_without(_SMARTSHARD, _SPLIT, _FSPLIT, *_XDIST), *options)
        return self.tree.pytest(*given, plugin=plugin, **variables)


@dataclass(frozen=True, slots=True)
class PytestSplit:
    tree: Tree
    algorithm: str

    @property
    def name(self) -> str:
        return f"pytest-split {self.algorithm}"

    def record(self, fresh: Callable[[], None], shards: int) -> None:
        self._durations.unlink(missing_ok=True)
        fresh()
        _needs_durations(self, self._pytest("--store-durations"), self._durations)

    def shard(self, number: int, shards: int) -> Spent:
        return self._pytest(f"--splits={shards}", f"--group={number}", f"--splitting-algorithm={self.algorithm}")

    @property
    def _durations(self) -> Path:
        return self.tree.home / "durations.json"

    def _pytest(self, *options: str) -> Spent:
        given = (*_without(_SMARTSHARD, _FSPLIT, *_XDIST), f"--durations-path={self._durations}", *options)
        return self.tree.pytest(*given)


@dataclass(frozen=True, slots=True)
class PytestFsplit:
    """Cannot record in a shard, only in a whole run; assigns whole files."""

    tree: Tree
    name: str = "pytest-fsplit"

    def record(self, fresh: Callable[[], None], shards: int) -> None:
        self._durations.unlink(missing_ok=True)
        fresh()
        _needs_durations(self, self._pytest("--fsplit-store-durations"), self._durations)

    def shard(self, number: int, shards: int) -> Spent:
        return self._pytest(f"--fsplits={shards}", f"--fgroup={number}")

    @property
    def _durations(self) -> Path:
        return self.tree.home / "durations.json"

    def _pytest(self, *options: str) -> Spent:
        path = f"--fsplit-durations-path={self._durations}"
        return self.tree.pytest(*_without(_SMARTSHARD, _SPLIT, *_XDIST), path, *options)


@dataclass(frozen=True, slots=True)
class Smartshard:
    """Ours, as a CI runs it: each shard begins with the store alone, and only a merge changes that.

    ``history``: how many runs in shards it measures first. ``extra``: options for every shard.
    """

    tree: Tree
    extra: tuple[str, ...] = ()
    history: int = 1

    @property
    def name(self) -> str:
        return " ".join(("smartshard", *self.extra))

    def record(self, fresh: Callable[[], None], shards: int) -> None:
        for place in (self._store, self._artifacts):
            rmtree(place, ignore_errors=True)
        for run in range(1, self.history + 1):
            artifacts = self._artifacts / str(run)
            for number in range(1, shards + 1):
                fresh()
                done = self._pytest(number, shards, f"recorded-{run}")
                journals = self._runs()
                if done.code not in (0, 1) or not journals:
                    raise Unusable(f"{self.name} ended with {done.code}:\n{done.said}")
                (artifacts / str(number)).mkdir(parents=True)
                for count, folder in enumerate(journals):
                    folder.rename(artifacts / str(number) / f"runs-{count}")
            self.tree.smartshard("merge", "--store", self._store, *sorted(artifacts.iterdir()))

    def shard(self, number: int, shards: int) -> Spent:
        return self._pytest(number, shards, RUN)

    @property
    def _store(self) -> Path:
        return self.tree.home / "store"

    @property
    def _artifacts(self) -> Path:
        return self.tree.home / "artifacts"

    def _runs(self) -> list[Path]:
        return sorted(self.tree.top.rglob(".smartshard/runs"))

    def _pytest(self, number: int, shards: int, run: str) -> Spent:
        options = (f"--shard={number}/{shards}", f"--shard-run={run}", f"--shard-store={self._store}")
        return self.tree.pytest(*_without(_SPLIT, _FSPLIT), *options, *self.extra)


def _needs_durations(tool: Tool, done: Spent, durations: Path) -> None:
    if done.code not in (0, 1) or not durations.exists():
        raise Unusable(f"{tool.name} ended with {done.code}:\n{done.said}")


def all_tools(trees: Callable[[str], Tree], extra: tuple[str, ...], history: int) -> Iterator[Tool]:
    """Each with a fresh tree, ours last. *trees* makes one in a folder of that name."""
    for algorithm in ("least_duration", "duration_based_chunks"):
        yield PytestSplit(trees(f"pytest-split-{algorithm}"), algorithm)
    yield PytestFsplit(trees("pytest-fsplit"))
    yield Smartshard(trees("smartshard"), extra, history)


def collecting(plain: Plain) -> Plain:
    """The same, which runs no test."""
    tree = plain.tree
    # More quietly, or it would take time to write down every test.
    arguments = ("--collect-only", "-qq", *tree.suite.arguments)
    return replace(plain, tree=replace(tree, suite=replace(tree.suite, arguments=arguments)))
