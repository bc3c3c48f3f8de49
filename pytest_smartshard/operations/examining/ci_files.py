"""The CI files of a repository as pipelines."""

from __future__ import annotations

from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.pipeline import Pipeline, Spot
from pytest_smartshard.operations.examining.repository import Repository
from pytest_smartshard.pipelines.table import DIALECTS
from pytest_smartshard.pipelines.tree import Block, can_read_yaml, parse_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class CiFiles:
    """What the CI files say. ``left_out`` are those that nothing could be read of for want of a library."""

    pipelines: tuple[Pipeline, ...] = ()
    unreadable: tuple[tuple[Spot, str], ...] = ()
    left_out: tuple[str, ...] = ()


def read_ci_files(repository: Repository) -> CiFiles:
    """Every CI file of a known system."""
    named = [(dialect, name) for dialect in DIALECTS for name in repository.matching(dialect.patterns)]
    if not can_read_yaml():
        return CiFiles(left_out=tuple(name for _, name in named))
    pipelines = []
    unreadable = []
    for dialect, name in named:
        raw = repository.read(name)
        if raw is None:
            unreadable.append((Spot(name), "cannot be read"))
            continue
        try:
            tree = parse_yaml(raw, name)
        except UnusableFile as problem:
            unreadable.append((Spot(name), problem.reason))
            continue
        text = raw.decode("utf-8", errors="replace")
        pipelines.append(dialect.read(name, text, tree, _OtherFiles(repository)))
    return CiFiles(pipelines=tuple(pipelines), unreadable=tuple(unreadable))


class _OtherFiles:
    """Files that a CI file names."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def tree(self, path: str) -> Block | None:
        raw = self._repository.read(path)
        try:
            return None if raw is None else parse_yaml(raw, path)
        except UnusableFile:
            return None
