"""What every dialect must do, whatever a CI file holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_smartshard.checking.table import CHECKS
from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.pipelines.table import DIALECTS
from pytest_smartshard.pipelines.tree import Block, Items, Node, Text

WORDS = (
    "jobs", "steps", "run", "uses", "with", "path", "strategy", "matrix", "include", "exclude", "shard",
    "env", "if", "script", "parallel", "cache", "paths", "artifacts", "extends", "rules", "default", "needs",
    "local", "commands", "command", "workflows", "restore_cache", "save_cache", "when", "parameters",
    "parallelism", "stages", "job", "task", "inputs", "bash", "publish", "group", "key", "setup", "plugins",
    "on", "pull_request", "tests", "variables", "policy", "condition", "template", "artifact_paths",
    "environment", "trigger", "a",
)  # fmt: skip
TEXTS = (
    "pytest --shard=${{ matrix.shard }}/3", "pytest --shard=auto",
    "pytest --shard=$CI_NODE_INDEX/$CI_NODE_TOTAL", "1", "tests", "actions/cache@v4", "./here", ".smartshard",
    "${{ x }}", "<< matrix.shard >>", "$(shard)", "", "{{matrix}}", "checkout", "Cache@2", "a",
)  # fmt: skip


def block(children: dict[str, Node]) -> Block:
    made = Block()
    for name, child in children.items():
        made[name] = child
        made.lines[name] = 1
    return made


def items(children: list[Node], is_reference: bool) -> Items:
    made = Items(children)
    made.is_reference = is_reference
    return made


trees = st.recursive(
    st.sampled_from(TEXTS).map(lambda text: Text(text, 1)),
    lambda nodes: st.one_of(
        st.dictionaries(st.sampled_from(WORDS), nodes, max_size=5).map(block),
        st.builds(items, st.lists(nodes, max_size=4), st.booleans()),
    ),
    max_leaves=25,
)
files = st.dictionaries(st.sampled_from(WORDS), trees, max_size=6).map(block)


class Itself:
    """A checkout in which every file is the one at hand."""

    def __init__(self, tree: Block) -> None:
        self._tree = tree

    def tree(self, path: str) -> Block:
        return self._tree


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.system)
@given(tree=files)
def test_any_mapping_is_read_and_checked(dialect: object, tree: Block) -> None:
    (chosen,) = (known for known in DIALECTS if known is dialect)
    pipeline = chosen.read("ci.yml", "", tree, Itself(tree))
    assert (pipeline.system, pipeline.path) == (chosen.system, "ci.yml")
    checkout = Checkout(pipelines=(pipeline,), addopts=("--cov", "--shard=auto"))
    found = [finding for check in CHECKS for finding in check.look(checkout)]
    assert all(finding.what and finding.mend for finding in found)
    assert chosen.read("ci.yml", "", tree, Itself(tree)) == pipeline


def test_systems_and_their_files_are_told_apart() -> None:
    assert len({dialect.system for dialect in DIALECTS}) == len(DIALECTS)
    patterns = [pattern for dialect in DIALECTS for pattern in dialect.patterns]
    assert len(patterns) == len(set(patterns))
