"""Law 1 for shards that import no more than their own files: real pytest over made-up trees of files.

Each shard has a copy of the tree, made in another order, and the same history, which may be of another tree.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_one_process import PytestServer, pytest_server

from pytest_smartshard.model.history import FileHistory, History
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.settings.naming import ROOT_SUITE, environment_name
from pytest_smartshard.store.format import history_text

EXAMPLES = int(os.environ.get("SMARTSHARD_TREE_EXAMPLES", "40"))
NO_TESTS = 5

Tree = Mapping[str, Sequence[str]]
"""By path of a file, what it defines."""

_TEXTS = {
    "a": "def test_a(): pass\n",
    "b": "def test_b(): pass\n",
    "parameters": "@pytest.mark.parametrize('x', [1, 2, 3])\ndef test_p(x): pass\n",
    "objects": "@pytest.mark.parametrize('x', [object(), object()])\ndef test_o(x): pass\n",
    "a set": "@pytest.mark.parametrize('x', {'u', 'v', 'w'})\ndef test_s(x): pass\n",
    "class": "class TestA:\n    def test_a(self): pass\n    def test_c(self): pass\n",
    "fixtures": "@pytest.fixture(scope='module')\ndef m(): pass\ndef test_m(m): pass\ndef test_n(m): pass\n",
    "unittest": "import unittest\nclass Case(unittest.TestCase):\n    def test_a(self): pass\n",
    "label": "@pytest.mark.shard_together('x')\ndef test_l(): pass\n",
    "marked": "@pytest.mark.skip\ndef test_k(): pass\n",
}
_TAILS = {
    "a": ["test_a"],
    "b": ["test_b"],
    "parameters": ["test_p[1]", "test_p[2]", "test_p[3]"],
    "objects": ["test_o[x0]", "test_o[x1]"],
    "a set": ["test_s", "test_s[u]"],
    "class": ["TestA::test_a", "TestA::test_c"],
    "fixtures": ["test_m", "test_n"],
    "unittest": ["Case::test_a"],
    "label": ["test_l"],
    "marked": ["test_k"],
}
_FOLDERS = ("", "a/", "a/b/", "c/")
_paths = st.builds(
    lambda folder, name: f"{folder}test_{name}.py", st.sampled_from(_FOLDERS), st.sampled_from("xyz")
)
_trees = st.dictionaries(_paths, st.lists(st.sampled_from(list(_TEXTS)), max_size=3, unique=True), max_size=7)
_costs = st.sampled_from([100, 1_000, 1_000, 50_000, 2_000_000])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    tree: Tree
    packages: tuple[str, ...]
    history: History
    shards: int
    arguments: tuple[str, ...]
    shuffled: tuple[int, ...]


@st.composite
def _histories(draw: st.DrawFn, tree: Tree) -> History:
    """Of some tests of the tree, of none, or of those of another one."""
    remembered = {**draw(_trees), **{path: texts for path, texts in tree.items() if draw(st.booleans())}}
    if draw(st.integers(0, 4)) == 0:
        remembered = {}
    files = {}
    shared = {}
    for path, texts in sorted(remembered.items()):
        tails = sorted(
            {tail for name in texts for tail in _TAILS[name] if draw(st.integers(0, 4))} | {"test_gone"}
        )
        files[path] = FileHistory(tails, [draw(_costs) for _ in tails], [])
        if draw(st.booleans()):
            shared[path] = FileHistory(["collect"], [draw(_costs)], [])
    return History(files=files, shared=shared)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    tree = draw(_trees)
    selections: list[tuple[str, ...]] = [(), (), (), ("-k", "a or m"), ("-m", "not skip"), ("--doctest-modules",)]
    selections += [(folder,) for folder in ("a", "c") if any(path.startswith(f"{folder}/") for path in tree)]
    selections += [(path, ".") for path in list(tree)[:1]] + [(path,) for path in list(tree)[:1]]
    return Scenario(
        tree=tree,
        packages=tuple(draw(st.lists(st.sampled_from(("a/", "a/b/", "c/")), unique=True))),
        history=draw(_histories(tree)),
        shards=draw(st.integers(2, 4)),
        arguments=draw(st.sampled_from(selections)),
        shuffled=tuple(draw(st.permutations(range(len(tree))))),
    )


@pytest.fixture(scope="module")
def server() -> Iterator[PytestServer]:
    with pytest_server() as running:
        yield running


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """New names for each root: a module's name stays with the folder that it was first imported from."""
    base = tmp_path_factory.mktemp("trees")
    return (base / str(number) for number in itertools.count())


def made(root: Path, scenario: Scenario, order: Sequence[int]) -> Path:
    (root / ".git").mkdir(parents=True)
    (root / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider\n")
    paths = list(scenario.tree)
    for path in (paths[place] for place in order):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("import pytest\n" + "".join(_TEXTS[name] for name in scenario.tree[path]))
    for folder in scenario.packages:
        if (root / folder).is_dir():
            (root / folder / "__init__.py").write_text("")
    store = root / ".smartshard" / "durations"
    store.mkdir(parents=True)
    segment = Segment(ROOT_SUITE, environment_name())
    (store / f"{segment.slug}.json").write_text(history_text(scenario.history, segment))
    return root


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(scenario=scenarios())
def test_every_test_of_a_tree_runs_once(
    server: PytestServer, folders: Iterator[Path], scenario: Scenario
) -> None:
    order = range(len(scenario.tree))
    quiet = ("-q", "-p", "no:randomly", *scenario.arguments)
    root = made(next(folders), scenario, order)
    plain = server.run(root, quiet)
    shutil.rmtree(root)
    assert plain.code in (0, NO_TESTS), plain.output
    ran: Counter[str] = Counter()
    imported: Counter[str] = Counter()
    for number in range(1, scenario.shards + 1):
        root = made(next(folders), scenario, order if number % 2 else scenario.shuffled)
        shard = server.run(root, (*quiet, f"--shard={number}/{scenario.shards}"))
        shutil.rmtree(root)
        assert shard.code in (0, plain.code), shard.output
        ran.update(shard.ran)
        imported.update(shard.imported)
    assert ran == plain.ran
    assert imported.keys() == plain.imported
