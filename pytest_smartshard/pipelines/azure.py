"""Azure Pipelines: stages, jobs and steps of one file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_smartshard.model.pipeline import Carried, Command, Job, Matrix, Pipeline, Way
from pytest_smartshard.pipelines.dialect import Files
from pytest_smartshard.pipelines.shell import commands_in
from pytest_smartshard.pipelines.tree import Block, Items, Node, Text, as_block, as_items, as_paths, as_text

_MACRO = re.compile(r"\$\(([A-Za-z_][\w.]*)\)")
_SCRIPTS = ("bash", "script", "pwsh", "powershell")
_HARMLESS = frozenset(
    {"usepythonversion", "publishtestresults", "publishcodecoveragereport", "publishcodecoverageresults"}
)
_MOST_DEPTH = 5


class AzurePipelines:
    system = "Azure Pipelines"
    patterns = (
        "azure-pipelines.yml",
        "azure-pipelines.yaml",
        ".azure-pipelines.yml",
        ".azure-pipelines/azure-pipelines.yml",
    )

    def read(self, path: str, text: str, tree: Block, files: Files) -> Pipeline:
        reviewed = tree.get("pr") != "none"
        env = variables(tree.get("variables"))
        jobs: list[Job] = []
        opaque = "extends" in tree or "resources" in tree
        for node, guarded in _jobs(tree):
            if "template" in node:
                opaque = True
                continue
            jobs.append(_Reader(node, env).job(guarded, reviewed))
        return Pipeline(system=self.system, path=path, text=text, jobs=tuple(jobs), opaque=opaque)


def variables(node: Node | None) -> dict[str, str]:
    """Variables in either form, by the name that scripts see: upper case, dots as underscores."""
    found = {}
    if isinstance(node, Block):
        found = {name: str(value) for name, value in node.items() if isinstance(value, Text)}
    for entry in as_items(node):
        name, value = as_block(entry).get("name"), as_block(entry).get("value")
        if isinstance(name, Text) and isinstance(value, Text):
            found[name] = str(value)
    return {in_environment(name): value for name, value in found.items()}


def in_environment(name: str) -> str:
    """How a variable of the pipeline is called in the environment of its scripts."""
    return name.upper().replace(".", "_")


def _jobs(tree: Block) -> Iterator[tuple[Block, bool]]:
    """Every job with whether a condition stands above it; a pipeline of steps alone is one job."""
    for stage in as_items(tree.get("stages")):
        if "template" in as_block(stage):
            yield as_block(stage), True
        for job in as_items(as_block(stage).get("jobs")):
            yield as_block(job), "condition" in as_block(stage)
    for job in as_items(tree.get("jobs")):
        yield as_block(job), False
    if "steps" in tree:
        yield tree, False


class _Reader:
    def __init__(self, job: Block, env: dict[str, str]) -> None:
        self._job = job
        self._matrix = _matrix(as_block(job.get("strategy")).get("matrix"))
        self._env = dict(env)
        if job.get("variables") is not None:
            self._env.update(variables(job["variables"]))
        legs = self._matrix.cells if self._matrix else ()
        self._env.update({in_environment(name): f"${{{{matrix.{name}}}}}" for cell in legs for name in cell})
        self._names = {name.upper(): name for cell in legs for name in cell}
        self._commands: list[Command] = []
        self._carried: list[Carried] = []
        self._opaque = False

    def job(self, guarded: bool, reviewed: bool) -> Job:
        name = as_text(self._job.get("job")) or as_text(self._job.get("deployment"))
        guarded = guarded or "condition" in self._job
        self._opaque = any(key.startswith("${{") for key in self._job)
        self._steps(as_items(self._job.get("steps")), guarded, 0)
        parallel = as_block(self._job.get("strategy")).get("parallel")
        number = as_text(parallel)
        return Job(
            name=str(name),
            line=self._job.line,
            commands=tuple(self._commands),
            carried=tuple(self._carried),
            matrix=self._matrix,
            parallel=None if parallel is None else int(number) if re.fullmatch("[0-9]{1,4}", number) else 0,
            opaque=self._opaque,
            on_pull_requests=reviewed and not guarded,
        )

    def _neutral(self, text: str) -> str:
        def written(match: re.Match[str]) -> str:
            name = self._names.get(match[1].upper())
            return f"${{{{matrix.{name}}}}}" if name else f"${in_environment(match[1])}"

        return _MACRO.sub(written, text)

    def _steps(self, steps: Items, guarded: bool, depth: int) -> None:
        for node in steps:
            step = as_block(node)
            branches = [name for name in step if name.startswith("${{")]
            if branches and depth < _MOST_DEPTH:
                for name in branches:
                    self._steps(as_items(step[name]), True, depth + 1)
                continue
            self._step(step, guarded or "condition" in step)

    def _step(self, step: Block, conditional: bool) -> None:
        kind = next((name for name in _SCRIPTS if name in step), None)
        if kind is not None:
            script = as_text(step[kind])
            own = {name: self._neutral(value) for name, value in variables(step.get("env")).items()}
            self._commands += commands_in(
                self._neutral(script),
                script.line,
                {**self._env, **own},
                elsewhere=as_text(step.get("workingDirectory"))
                not in ("", ".", "$(System.DefaultWorkingDirectory)"),
                conditional=conditional,
            )
        elif "publish" in step:
            self._carry(Way.UPLOAD, step, as_paths(step["publish"]), conditional)
        elif "download" in step:
            self._carry(Way.DOWNLOAD, step, (), conditional)
        elif "task" in step:
            self._task(step, conditional)
        elif "checkout" not in step:
            self._opaque = True

    def _task(self, step: Block, conditional: bool) -> None:
        name = as_text(step.get("task")).partition("@")[0].lower()
        given = as_block(step.get("inputs"))
        if name == "cache":
            paths = as_paths(given.get("path"))
            self._carry(Way.RESTORE, step, paths, conditional)
            self._carry(Way.SAVE, step, paths, conditional)
        elif name in ("publishpipelineartifact", "publishbuildartifacts"):
            paths = as_paths(given.get("targetPath", given.get("path", given.get("PathtoPublish"))))
            self._carry(Way.UPLOAD, step, paths, conditional)
        elif name in ("downloadpipelineartifact", "downloadbuildartifacts"):
            self._carry(Way.DOWNLOAD, step, (), conditional)
        elif name not in _HARMLESS:
            self._opaque = True

    def _carry(self, way: Way, step: Block, paths: tuple[str, ...], conditional: bool) -> None:
        neutral = tuple(self._neutral(path) for path in paths)
        self._carried.append(Carried(way=way, line=step.line, paths=neutral, conditional=conditional))


def _matrix(node: Node | None) -> Matrix | None:
    """The legs of a matrix: each has variables of its own, and none are combined."""
    if node is None:
        return None
    cells = [
        {name: str(value) for name, value in as_block(leg).items() if isinstance(value, Text)}
        for leg in as_block(node).values()
    ]
    computed = any(name.startswith("${{") for name in as_block(node))
    if computed or not cells or any("$" in value for cell in cells for value in cell.values()):
        return Matrix(known=False, line=node.line)
    return Matrix(cells=tuple(cells), line=node.line)
