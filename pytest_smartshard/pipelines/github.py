"""GitHub Actions: workflows, and composite actions of the same repository."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

from pytest_smartshard.model.pipeline import Carried, Command, Job, Matrix, Pipeline, Way
from pytest_smartshard.pipelines.dialect import Files
from pytest_smartshard.pipelines.shell import commands_in
from pytest_smartshard.pipelines.tree import (
    Block,
    Items,
    Node,
    Text,
    as_block,
    as_env,
    as_items,
    as_paths,
    as_text,
    as_texts,
)

HARMLESS = frozenset(
    {
        "actions/checkout",
        "actions/setup-python",
        "actions/setup-node",
        "actions/setup-java",
        "actions/setup-go",
        "actions/upload-artifact/merge",
        "astral-sh/setup-uv",
        "codecov/codecov-action",
        "coverallsapp/github-action",
        "deadsnakes/action",
        "hynek/setup-cached-uv",
        "pdm-project/setup-pdm",
        "step-security/harden-runner",
    }
)
"""Actions that bring no store, and of which everything that matters here is known."""

SHELLS = ("bash", "sh", "pwsh", "powershell", "cmd")
ALWAYS = frozenset(
    {"", "true", "always()", "success()", "!cancelled()", "success()||failure()", "failure()||success()"}
)
"""Conditions that do not look at the branch or the event."""

_MOST_CELLS = 1000
_MOST_DEPTH = 5
_EXPRESSION = re.compile(r"\$\{\{(.*)\}\}", re.DOTALL)
_VERSION = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.\d+)?")


class GitHubActions:
    system = "GitHub Actions"
    patterns = (".github/workflows/*.yml", ".github/workflows/*.yaml")

    def read(self, path: str, text: str, tree: Block, files: Files) -> Pipeline:
        on_pull_requests = bool({"pull_request", "pull_request_target"} & _events(tree.get("on")))
        jobs = []
        for name, node in as_block(tree.get("jobs")).items():
            if isinstance(node, Block):
                jobs.append(_Reader(tree, node, files).job(name, on_pull_requests))
        return Pipeline(system=self.system, path=path, text=text, jobs=tuple(jobs))


def _events(node: Node | None) -> set[str]:
    return set(node) if isinstance(node, Block) else set(as_texts(node))


class _Reader:
    """Reads one job, with the composite actions that its steps use."""

    def __init__(self, workflow: Block, job: Block, files: Files) -> None:
        self._job = job
        self._files = files
        self._env = {**as_env(workflow.get("env")), **as_env(job.get("env"))}
        self._defaults = {
            **as_env(as_block(workflow.get("defaults")).get("run")),
            **as_env(as_block(job.get("defaults")).get("run")),
        }
        self._commands: list[Command] = []
        self._carried: list[Carried] = []
        self._opaque = False
        self._elsewhere = False

    def job(self, name: str, on_pull_requests: bool) -> Job:
        guarded = not is_always(as_text(self._job.get("if")))
        if "uses" in self._job:
            # A workflow of this repository is a file of its own; what another one does cannot be seen.
            self._opaque = True
        self._steps(as_items(self._job.get("steps")), guarded, 0)
        return Job(
            name=name,
            line=self._job.line,
            commands=tuple(self._commands),
            carried=tuple(self._carried),
            matrix=matrix_of(as_block(self._job.get("strategy")).get("matrix")),
            opaque=self._opaque,
            on_pull_requests=on_pull_requests and not guarded,
        )

    def _steps(self, steps: Items, guarded: bool, depth: int) -> None:
        for step in steps:
            if not isinstance(step, Block):
                continue
            conditional = guarded or not is_always(as_text(step.get("if")))
            if "run" in step:
                self._run(step, conditional)
            elif "uses" in step:
                self._use(step, conditional, depth)

    def _run(self, step: Block, conditional: bool) -> None:
        shell = as_text(step.get("shell")) or self._defaults.get("shell", "bash")
        script = as_text(step.get("run"))
        if not shell.split()[:1] or shell.split()[0] not in SHELLS:
            self._opaque = True
            return
        folder = as_text(step.get("working-directory")) or self._defaults.get("working-directory", ".")
        self._commands += commands_in(
            script,
            script.line,
            {**self._env, **as_env(step.get("env"))},
            elsewhere=self._elsewhere or folder not in (".", "./", "${{ github.workspace }}"),
            conditional=conditional,
        )

    def _use(self, step: Block, conditional: bool, depth: int) -> None:
        uses = as_text(step.get("uses"))
        action, _, version = uses.partition("@")
        given = as_block(step.get("with"))
        paths = as_paths(given.get("path"))
        if action.startswith("./"):
            self._composite(action, conditional, depth)
            return
        if action.lower() == "actions/checkout" and ("repository" in given or "path" in given):
            # Another project's tests, as of one that depends on this, or this one's in another folder.
            self._elsewhere = True
        ways = _ways_of(action, given)
        for way in ways:
            self._carried.append(
                Carried(
                    way=way,
                    line=uses.line,
                    paths=paths,
                    conditional=conditional,
                    skips_hidden=way is Way.UPLOAD
                    and skips_hidden_files(version)
                    and as_text(given.get("include-hidden-files")) in ("", "false"),
                )
            )
        if not ways and action.lower() not in HARMLESS:
            self._opaque = True

    def _composite(self, action: str, conditional: bool, depth: int) -> None:
        folder = action.removeprefix("./").rstrip("/")
        for name in ("action.yml", "action.yaml"):
            tree = self._files.tree(f"{folder}/{name}" if folder else name) if depth < _MOST_DEPTH else None
            steps = as_block(as_block(tree).get("runs")).get("steps") if tree is not None else None
            if isinstance(steps, Items):
                # Lines in another file would be wrong in this one, so nothing of it is pointed at.
                before = len(self._commands), len(self._carried)
                self._steps(steps, conditional, depth + 1)
                self._commands[before[0] :] = [_without_line(c) for c in self._commands[before[0] :]]
                self._carried[before[1] :] = [_carried_without_line(c) for c in self._carried[before[1] :]]
                return
        self._opaque = True


def _without_line(command: Command) -> Command:
    return Command(
        words=command.words,
        line=0,
        env=command.env,
        elsewhere=command.elsewhere,
        conditional=command.conditional,
    )


def _carried_without_line(carried: Carried) -> Carried:
    return Carried(
        way=carried.way,
        line=0,
        paths=carried.paths,
        conditional=carried.conditional,
        skips_hidden=carried.skips_hidden,
    )


def _ways_of(action: str, given: Block) -> tuple[Way, ...]:
    name = action.lower()
    if name == "actions/cache":
        looks_only = as_text(given.get("lookup-only")) not in ("", "false")
        return (Way.RESTORE,) if looks_only else (Way.RESTORE, Way.SAVE)
    return {
        "actions/cache/restore": (Way.RESTORE,),
        "actions/cache/save": (Way.SAVE,),
        "actions/upload-artifact": (Way.UPLOAD,),
        "actions/download-artifact": (Way.DOWNLOAD,),
    }.get(name, ())


def skips_hidden_files(version: str) -> bool:
    """Whether that release of the upload action certainly passes over what begins with a dot: from 4.4 on."""
    match = _VERSION.fullmatch(version)
    if not match:
        return version == "main"
    major, minor = int(match[1]), match[2]
    return major > 4 or (major == 4 and (minor is None or int(minor) >= 4))


def is_always(condition: str) -> bool:
    """Whether a step with that ``if`` runs whatever the branch and event are."""
    match = _EXPRESSION.fullmatch(condition.strip())
    return "".join((match[1] if match else condition).split()) in ALWAYS


def matrix_of(node: Node | None) -> Matrix | None:
    """The matrix of a job with its cells, ``exclude`` and ``include`` applied as GitHub does."""
    if node is None:
        return None
    axes: dict[str, list[Text]] = {}
    if not isinstance(node, Block):
        return Matrix(known=False, line=node.line)
    for name, values in node.items():
        if name in ("include", "exclude"):
            continue
        texts = [value for value in as_items(values) if isinstance(value, Text) and "${{" not in value]
        if not isinstance(values, Items) or len(texts) != len(values):
            return Matrix(known=False, line=node.line)
        axes[name] = texts
    excluded, included = _rows(node.get("exclude")), _rows(node.get("include"))
    size = 1
    for texts in axes.values():
        size *= len(texts)
    if excluded is None or included is None or size > _MOST_CELLS:
        return Matrix(known=False, line=node.line)
    combined = itertools.product(*axes.values()) if axes else ()
    base = [dict(zip(axes, map(str, values), strict=True)) for values in combined]
    base = [cell for cell in base if not any(row.items() <= cell.items() for row in excluded)]
    return Matrix(cells=tuple(_with_included(base, included)), axes=tuple(axes), line=node.line)


def _with_included(base: list[dict[str, str]], included: list[dict[str, str]]) -> Iterator[Mapping[str, str]]:
    """A row joins every cell whose own values it does not change; one that fits none is a cell of its own."""
    cells = [dict(cell) for cell in base]
    added = []
    for row in included:
        fitting = [
            cell
            for cell, original in zip(cells, base, strict=True)
            if all(original.get(name, value) == value for name, value in row.items())
        ]
        for cell in fitting:
            cell.update(row)
        if not fitting:
            added.append(row)
    yield from cells
    yield from added


def _rows(node: Node | None) -> list[dict[str, str]] | None:
    """Rows of ``include`` or ``exclude``; None where they are computed or hold more than texts."""
    if node is None:
        return []
    rows = []
    for row in as_items(node):
        if not isinstance(row, Block):
            return None
        rows.append({name: str(value) for name, value in row.items() if isinstance(value, Text)})
        if len(rows[-1]) != len(row) or any("${{" in value for value in rows[-1].values()):
            return None
    return rows if isinstance(node, Items) else None
