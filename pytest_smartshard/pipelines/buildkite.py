"""Buildkite: the steps of a pipeline file."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from pytest_smartshard.model.pipeline import Carried, Job, Matrix, Pipeline, Way
from pytest_smartshard.pipelines.dialect import Files
from pytest_smartshard.pipelines.shell import commands_in
from pytest_smartshard.pipelines.tree import (
    Block,
    Items,
    Node,
    all_texts,
    as_block,
    as_env,
    as_items,
    as_paths,
    as_text,
    as_texts,
)

_INSERTED = re.compile(r"\{\{\s*matrix(?:\.([\w-]+))?\s*\}\}")
_ESCAPED = re.compile(r"\$\$|\\\$")
_ONLY = "setup"
"""What the one dimension of a matrix without names is called here."""


class Buildkite:
    system = "Buildkite"
    patterns = (
        ".buildkite/pipeline.yml",
        ".buildkite/pipeline.yaml",
        ".buildkite/pipelines/*.yml",
        "buildkite.yml",
    )

    def read(self, path: str, text: str, tree: Block, files: Files) -> Pipeline:
        env = as_env(tree.get("env"))
        steps = list(_steps(tree.get("steps")))
        return Pipeline(
            system=self.system,
            path=path,
            text=text,
            jobs=tuple(_job(step, env) for step in steps),
            opaque="pipeline upload" in text or any("trigger" in step for step in steps),
        )


def neutral(text: str) -> str:
    """Values that Buildkite puts in, written as this whole package knows them; ``$$`` is the shell's dollar."""

    def written(match: re.Match[str]) -> str:
        return f"${{{{matrix.{match[1] or _ONLY}}}}}"

    return _ESCAPED.sub("$", _INSERTED.sub(written, text))


def _steps(node: Node | None) -> Iterator[Block]:
    for step in as_items(node):
        if "group" in as_block(step):
            yield from (as_block(inner) for inner in as_items(as_block(step).get("steps")))
        elif isinstance(step, Block):
            yield step


def _job(step: Block, env: dict[str, str]) -> Job:
    conditional = "if" in step or "branches" in step
    own = {name: neutral(text) for name, text in {**env, **as_env(step.get("env"))}.items()}
    commands = [
        command
        for text in as_texts(step.get("commands", step.get("command")))
        for command in commands_in(neutral(text), text.line, own, conditional=conditional)
    ]
    carried = []
    kept = as_paths(step.get("artifact_paths"))
    if kept:
        carried.append(
            Carried(
                way=Way.UPLOAD,
                line=step.lines["artifact_paths"],
                paths=tuple(part for path in kept for part in path.split(";")),
            )
        )
    for command in commands:
        if command.words[:3] == ("buildkite-agent", "artifact", "download"):
            carried.append(Carried(way=Way.DOWNLOAD, line=command.line, paths=command.words[3:4]))
        elif command.words[:3] == ("buildkite-agent", "artifact", "upload"):
            carried.append(Carried(way=Way.UPLOAD, line=command.line, paths=command.words[3:4]))
    parallel = step.get("parallelism")
    number = as_text(parallel)
    return Job(
        name=str(as_text(step.get("key")) or as_text(step.get("label")) or as_text(step.get("name"))),
        line=step.line,
        commands=tuple(commands),
        carried=tuple(carried),
        matrix=_matrix(step.get("matrix")),
        parallel=None if parallel is None else int(number) if re.fullmatch("[0-9]{1,4}", number) else 0,
        opaque="plugins" in step,
        on_pull_requests=False,
    )


def _matrix(node: Node | None) -> Matrix | None:
    if node is None:
        return None
    setup = node if isinstance(node, Items) else as_block(node).get("setup")
    named = setup if isinstance(setup, Block) else None
    axes = {name: as_texts(value) for name, value in named.items()} if named else {_ONLY: as_texts(setup)}
    adjusted = isinstance(node, Block) and "adjustments" in node
    if adjusted or any("$" in text for text in all_texts(node)) or not all(axes.values()):
        return Matrix(known=False, line=node.line)
    cells = [dict(zip(axes, map(str, values), strict=True)) for values in itertools.product(*axes.values())]
    return Matrix(cells=tuple(cells), axes=tuple(axes), line=node.line)
