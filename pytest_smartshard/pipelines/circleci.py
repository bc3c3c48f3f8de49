"""CircleCI: jobs and reusable commands of a configuration, and how its workflows use them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from pytest_smartshard.model.pipeline import Carried, Command, Job, Matrix, Pipeline, Way
from pytest_smartshard.pipelines.dialect import Files
from pytest_smartshard.pipelines.shell import commands_in
from pytest_smartshard.pipelines.tree import (
    Block,
    Items,
    Node,
    Text,
    all_texts,
    as_block,
    as_env,
    as_items,
    as_paths,
    as_text,
    as_texts,
)

_PARAMETER = re.compile(r"<<\s*(?:matrix|parameters)\.([\w-]+)\s*>>")
_HARMLESS = frozenset(
    {"checkout", "store_test_results", "store_artifacts", "setup_remote_docker", "add_ssh_keys"}
)
_MOST_DEPTH = 5
_MOST_CELLS = 1000


class CircleCI:
    system = "CircleCI"
    patterns = (".circleci/config.yml", ".circleci/config.yaml")

    def read(self, path: str, text: str, tree: Block, files: Files) -> Pipeline:
        reader = _Reader(tree)
        jobs = [reader.job(name, node) for name, node in as_block(tree.get("jobs")).items()]
        return Pipeline(
            system=self.system,
            path=path,
            text=text,
            jobs=tuple(jobs),
            opaque=as_text(tree.get("setup")) not in ("", "false"),
        )


def neutral(text: str) -> str:
    """Values that CircleCI puts in, written as all of this package knows them."""
    return _PARAMETER.sub(r"${{matrix.\1}}", text)


class _Reader:
    def __init__(self, tree: Block) -> None:
        self._tree = tree
        self._reset()
        saved = [
            path
            for node in all_steps(tree)
            if "save_cache" in node
            for path in as_paths(as_block(node["save_cache"]).get("paths"))
        ]
        self._saved = tuple(dict.fromkeys(saved))
        self._workspace = tuple(
            dict.fromkeys(
                path
                for node in all_steps(tree)
                if "persist_to_workspace" in node
                for path in as_paths(as_block(node["persist_to_workspace"]).get("paths"))
            )
        )

    def _reset(self) -> None:
        self._commands: list[Command] = []
        self._carried: list[Carried] = []
        self._opaque = False

    def job(self, name: str, node: Node) -> Job:
        self._reset()
        job = as_block(node)
        executor = as_block(as_block(self._tree.get("executors")).get(as_text(job.get("executor"))))
        env = {**as_env(executor.get("environment")), **as_env(job.get("environment"))}
        shell = as_text(job.get("shell"))
        if shell and not shell.split()[0].endswith("sh"):
            self._opaque = True
        self._steps(as_items(job.get("steps")), env, False, 0)
        uses = self._uses(name)
        parallel = job.get("parallelism")
        return Job(
            name=name,
            line=as_block(self._tree.get("jobs")).lines.get(name, 0),
            commands=tuple(self._commands),
            carried=tuple(self._carried),
            matrix=_matrix(uses[0]) if len(uses) == 1 else (Matrix(known=False) if len(uses) > 1 else None),
            parallel=None if parallel is None else _number(parallel),
            opaque=self._opaque or "type" in job,
            on_pull_requests=bool(uses) and not any("filters" in use or "when" in use for use in uses),
        )

    def _uses(self, job: str) -> list[Block]:
        """How workflows use the job; a use without anything to say is an empty mapping."""
        found = []
        for workflow in as_block(self._tree.get("workflows")).values():
            conditional = isinstance(workflow, Block) and ("when" in workflow or "unless" in workflow)
            for entry in as_items(as_block(workflow).get("jobs")):
                use = as_block(as_block(entry).get(job))
                if entry == job or (isinstance(entry, Block) and job in entry):
                    if conditional:
                        use = _conditional(use)
                    found.append(use)
        return found

    def _steps(self, steps: Items, env: Mapping[str, str], conditional: bool, depth: int) -> None:
        for step in steps:
            if isinstance(step, Text):
                self._step(str(step), Block(), step.line, env, conditional, depth)
                continue
            for name, value in as_block(step).items():
                line = as_block(step).lines[name]
                if name == "run":
                    self._run(value, env, conditional)
                elif name in ("when", "unless"):
                    self._steps(as_items(as_block(value).get("steps")), env, True, depth)
                else:
                    self._step(name, as_block(value), line, env, conditional, depth)

    def _run(self, value: Node, env: Mapping[str, str], conditional: bool) -> None:
        given = as_block(value)
        script = value if isinstance(value, Text) else as_text(given.get("command"))
        when = as_text(given.get("when"))
        own = {name: neutral(text) for name, text in {**env, **as_env(given.get("environment"))}.items()}
        folder = as_text(given.get("working_directory")) or "."
        self._commands += commands_in(
            neutral(script),
            script.line,
            own,
            elsewhere=folder not in (".", "./"),
            conditional=conditional or when == "on_fail",
        )

    def _step(
        self, name: str, given: Block, line: int, env: Mapping[str, str], conditional: bool, depth: int
    ) -> None:
        own = as_block(as_block(self._tree.get("commands")).get(name))
        if name == "restore_cache":
            # A cache is restored to where it was saved from.
            self._carry(Way.RESTORE, line, self._saved, conditional)
        elif name == "save_cache":
            self._carry(Way.SAVE, line, as_paths(given.get("paths")), conditional)
        elif name == "attach_workspace":
            self._carry(Way.DOWNLOAD, line, self._workspace, conditional)
        elif name == "persist_to_workspace":
            self._carry(Way.UPLOAD, line, as_paths(given.get("paths")), conditional)
        elif name == "store_artifacts":
            self._carry(Way.UPLOAD, line, as_paths(given.get("path")), conditional)
        elif own and depth < _MOST_DEPTH:
            self._steps(as_items(own.get("steps")), env, conditional, depth + 1)
        elif name not in _HARMLESS:
            self._opaque = True

    def _carry(self, way: Way, line: int, paths: tuple[str, ...], conditional: bool) -> None:
        self._carried.append(Carried(way=way, line=line, paths=paths, conditional=conditional))


def all_steps(tree: Block) -> list[Block]:
    """Every step anywhere, also those of ``when``."""
    found = []
    todo: list[Node] = [
        node
        for kind in ("jobs", "commands")
        for part in as_block(tree.get(kind)).values()
        for node in as_items(as_block(part).get("steps"))
    ]
    while todo:
        step = todo.pop()
        if isinstance(step, Block):
            found.append(step)
            for name in ("when", "unless"):
                todo += as_items(as_block(step.get(name)).get("steps"))
    return found


def _conditional(use: Block) -> Block:
    marked = Block()
    marked.update(use)
    marked["when"] = Text("workflow")
    return marked


def _matrix(use: Block) -> Matrix | None:
    node = use.get("matrix")
    if node is None:
        # A parameter that is given once is a matrix of one cell.
        given = {name: str(value) for name, value in use.items() if isinstance(value, Text) and name != "name"}
        return Matrix(cells=(given,)) if given else None
    parameters = as_block(as_block(node).get("parameters"))
    axes = {name: as_texts(values) for name, values in parameters.items()}
    size = 1
    for values in axes.values():
        size *= len(values)
    unclear = any("<<" in text for text in all_texts(parameters))
    if not 0 < size <= _MOST_CELLS or unclear or not axes:
        return Matrix(known=False, line=node.line)
    excluded = [as_env(row) for row in as_items(as_block(node).get("exclude"))]
    cells = [dict(zip(axes, map(str, values), strict=True)) for values in itertools.product(*axes.values())]
    kept = [cell for cell in cells if not any(row.items() <= cell.items() for row in excluded)]
    return Matrix(cells=tuple(kept), axes=tuple(axes), line=node.line)


def _number(node: Node) -> int:
    text = as_text(node)
    return int(text) if re.fullmatch("[0-9]{1,4}", text) else 0
