"""GitLab CI: jobs with what they extend and what is included from the same repository."""

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
    as_block,
    as_env,
    as_items,
    as_paths,
    as_text,
    as_texts,
)

KEYWORDS = frozenset(
    {
        "after_script",
        "before_script",
        "cache",
        "default",
        "image",
        "include",
        "services",
        "spec",
        "stages",
        "variables",
        "workflow",
    }
)
"""Top-level names that are no jobs."""

_INHERITED = ("image", "before_script", "after_script", "cache", "artifacts")
_MOST_INCLUDES = 50
_MOST_DEPTH = 10
_MOST_CELLS = 1000


class GitLab:
    system = "GitLab CI"
    patterns = (".gitlab-ci.yml",)

    def read(self, path: str, text: str, tree: Block, files: Files) -> Pipeline:
        gathered = _Gathered(files)
        gathered.add(tree)
        reader = _Reader(gathered.whole)
        own = {name for name in tree if isinstance(tree[name], Block)}
        jobs = [
            reader.job(name, node, path_is_known=name in own)
            for name, node in gathered.whole.items()
            if isinstance(node, Block) and name not in KEYWORDS and not name.startswith(".")
        ]
        return Pipeline(
            system=self.system,
            path=path,
            text=text + "".join(gathered.texts),
            jobs=tuple(jobs),
            opaque=gathered.opaque or any("trigger" in as_block(node) for node in gathered.whole.values()),
            passes_on=True,
        )


class _Gathered:
    """The whole configuration: what is included comes first, the including file's own keys win."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._seen: set[str] = set()
        self.whole = Block()
        self.texts: list[str] = []
        self.opaque = False

    def add(self, tree: Block) -> None:
        self.whole = self._with_includes(tree)

    def _with_includes(self, tree: Block) -> Block:
        merged = Block()
        include = tree.get("include")
        for entry in include if isinstance(include, Items) else ([include] if include is not None else []):
            merged = merge(merged, self._included(entry))
        return merge(merged, tree)

    def _included(self, entry: Node) -> Block:
        named = entry if isinstance(entry, Text) else as_text(as_block(entry).get("local"))
        path = named.strip().removeprefix("/")
        conditional = isinstance(entry, Block) and "rules" in entry
        if not path or "://" in path or any(char in path for char in "*$") or conditional:
            self.opaque = True
            return Block()
        if path in self._seen or len(self._seen) >= _MOST_INCLUDES:
            return Block()
        self._seen.add(path)
        tree = self._files.tree(path)
        if tree is None:
            self.opaque = True
            return Block()
        self.texts += [f"\n{text}" for node in tree.values() for text in as_texts_deep(node)]
        return self._with_includes(tree)


def as_texts_deep(node: Node) -> list[str]:
    """Every text below *node*."""
    if isinstance(node, Block):
        return [text for child in node.values() for text in as_texts_deep(child)]
    if isinstance(node, Items):
        return [text for child in node for text in as_texts_deep(child)]
    return [node]


def merge(under: Block, over: Block) -> Block:
    """Mappings are merged key by key, anything else in *over* replaces what is *under*."""
    merged = Block()
    merged.line = over.line or under.line
    for part in (under, over):
        for name, node in part.items():
            before = merged.get(name)
            both = isinstance(before, Block) and isinstance(node, Block)
            merged[name] = merge(as_block(before), as_block(node)) if both else node
            merged.lines[name] = part.lines.get(name, 0)
    return merged


class _Reader:
    def __init__(self, whole: Block) -> None:
        self._whole = whole
        default = as_block(whole.get("default"))
        self._defaults = {name: default.get(name, whole.get(name)) for name in _INHERITED}

    def job(self, name: str, node: Block, *, path_is_known: bool) -> Job:
        """*path_is_known*: it stands in the main file, so its lines can be pointed at."""
        try:
            job = self._extended(node, 0)
        except RecursionError:
            return Job(name=name, line=0, opaque=True)
        for key, value in self._defaults.items():
            if value is not None and key not in job:
                job[key] = value
        # What a job extends may stand in another file than the job.
        certain = path_is_known and "include" not in self._whole
        opaque = bool(as_texts(job.get("inherit")) or isinstance(job.get("inherit"), Block))
        matrix, parallel = self._copies(job.get("parallel"))
        env = {**as_env(self._whole.get("variables")), **as_env(job.get("variables"))}
        if matrix is not None:
            names = {name for cell in matrix.cells for name in cell}
            env.update({name: f"${{{{matrix.{name}}}}}" for name in names})
        commands: list[Command] = []
        for key in ("before_script", "script", "after_script"):
            script, seen = self._script(job.get(key), 0)
            opaque = opaque or not seen
            for text in script:
                commands += commands_in(text, text.line if certain else 0, env)
        carried = [*_caches(job, certain), *_artifacts(job, certain)]
        return Job(
            name=name,
            line=self._whole.lines.get(name, 0) if certain else 0,
            commands=tuple(commands),
            carried=tuple(carried),
            matrix=matrix,
            parallel=parallel,
            opaque=opaque or "run" in job,
            on_pull_requests=runs_on_branches(job) and runs_on_branches(as_block(self._whole.get("workflow"))),
        )

    def _extended(self, node: Block, depth: int) -> Block:
        """The job with everything that it extends. Raises RecursionError for jobs that extend each other."""
        if depth > _MOST_DEPTH:
            raise RecursionError
        merged = Block()
        for name in as_texts(node.get("extends")):
            merged = merge(merged, self._extended(as_block(self._whole.get(name)), depth + 1))
        return merge(merged, node)

    def _script(self, node: Node | None, depth: int) -> tuple[list[Text], bool]:
        """The lines of a script, and whether all of them could be found."""
        if isinstance(node, Text):
            return [node], True
        lines: list[Text] = []
        seen = depth <= _MOST_DEPTH
        if isinstance(node, Items) and node.is_reference:
            target: Node | None = self._whole
            for part in as_texts(node):
                target = as_block(target).get(part)
            if target is None or not seen:
                return [], False
            return self._script(target, depth + 1)
        for child in as_items(node) if seen else ():
            more, found = self._script(child, depth + 1)
            lines += more
            seen = seen and found
        return lines, seen

    def _copies(self, node: Node | None) -> tuple[Matrix | None, int | None]:
        if isinstance(node, Text):
            return None, int(node) if re.fullmatch("[0-9]{1,4}", node) else 0
        if isinstance(node, Block) and "matrix" in node:
            return _matrix(node["matrix"]), None
        return None, None


def _matrix(node: Node) -> Matrix:
    """Each entry of the list is a product of its own."""
    cells: list[Mapping[str, str]] = []
    names: dict[str, None] = {}
    for entry in as_items(node):
        variables = {name: as_texts(value) for name, value in as_block(entry).items()}
        size = len(cells) + 1
        for values in variables.values():
            size *= max(1, len(values))
        unclear = any("$" in value for values in variables.values() for value in values)
        if not isinstance(entry, Block) or size > _MOST_CELLS or unclear:
            return Matrix(known=False, line=node.line)
        names.update(dict.fromkeys(variables))
        cells += [
            dict(zip(variables, map(str, combined), strict=True))
            for combined in itertools.product(*variables.values())
        ]
    return Matrix(cells=tuple(cells), axes=tuple(names), line=node.line, known=bool(cells))


def _caches(job: Block, certain: bool) -> list[Carried]:
    node = job.get("cache")
    entries = node if isinstance(node, Items) else [node]
    found = []
    for entry in entries:
        paths = as_paths(as_block(entry).get("paths"))
        if not isinstance(entry, Block) or not paths:
            continue
        policy = as_text(entry.get("policy")) or "pull-push"
        line = entry.line if certain else 0
        if policy != "push":
            found.append(Carried(way=Way.RESTORE, line=line, paths=paths))
        if policy != "pull":
            found.append(Carried(way=Way.SAVE, line=line, paths=paths, conditional="$" in policy))
    return found


def _artifacts(job: Block, certain: bool) -> list[Carried]:
    artifacts = as_block(job.get("artifacts"))
    paths = as_paths(artifacts.get("paths"))
    line = artifacts.line if certain else 0
    found = [Carried(way=Way.UPLOAD, line=line, paths=paths)] if paths else []
    asks = "needs" in job or "dependencies" in job
    return [*found, Carried(way=Way.DOWNLOAD, line=0)] if asks else found


def runs_on_branches(job: Block) -> bool:
    """Whether the job certainly runs for branches other than the default one, or for merge requests."""
    if any(name in job for name in ("only", "except")):
        return set(as_texts(job.get("only"))) >= {"merge_requests"} and "except" not in job
    rules = job.get("rules")
    if rules is None:
        return True
    for rule in as_items(rules):
        asked = as_text(as_block(rule).get("if"))
        if as_text(as_block(rule).get("when")) == "never" or not isinstance(rule, Block):
            return False
        if "".join(asked.split()).replace('"', "'") == "$CI_PIPELINE_SOURCE=='merge_request_event'":
            return "variables" not in rule
    return False
