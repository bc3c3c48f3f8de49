"""What a CI system's dialect is: where its files lie, and how one of them is read."""

from __future__ import annotations

from typing import Protocol

from pytest_smartshard.model.pipeline import Pipeline
from pytest_smartshard.pipelines.tree import Block


class Files(Protocol):
    """The checkout, as far as a CI file may name other files in it."""

    def tree(self, path: str) -> Block | None:
        """The YAML mapping at *path* below the repository; None where there is none that can be read."""
        ...


class Dialect(Protocol):
    """One CI system. ``patterns`` are those of its files below the repository."""

    @property
    def system(self) -> str: ...

    @property
    def patterns(self) -> tuple[str, ...]: ...

    def read(self, path: str, text: str, tree: Block, files: Files) -> Pipeline:
        """The pipeline in *tree*, which was made of *text*."""
        ...
