"""Finding the test files of a suite before one of them is imported, and importing no more than a shard's own.

pytest's own collectors are walked: what a test file is, is for pytest, its configuration and other plugins to
say.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.inventory import names_digest
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.model.suite import Suite, SuiteFile
from pytest_smartshard.operations.planning import PlanRequest, plan_files
from pytest_smartshard.planning.placement import owners_of
from pytest_smartshard.planning.planner import Planned
from pytest_smartshard.session.collection_costs import CollectionCosts
from pytest_smartshard.session.import_state import ImportState
from pytest_smartshard.session.items import TOGETHER_MARK, XDIST_MARK
from pytest_smartshard.session.nodes import file_of, is_document
from pytest_smartshard.store.keys import file_key, file_size

_MARKS = tuple(mark.encode("ascii") for mark in (XDIST_MARK, TOGETHER_MARK))


@dataclass(frozen=True, slots=True)
class PrunedFiles:
    """The test files of a suite, of which each shard collects its own, and the plan that says which these are.

    All shards collect those files of the ``suite`` that are ``everywhere``.
    """

    planned: Planned
    suite: Suite

    @property
    def files(self) -> tuple[str, ...]:
        """Keys of all, sorted."""
        return tuple(file.key for file in self.suite.files)

    @property
    def digest(self) -> str:
        """The fingerprint of the keys, by which shards find out that they saw the same files."""
        return names_digest(self.files)

    def left_to_others(self, shard: ShardIndex) -> tuple[str, ...]:
        """Keys of the files that *shard* does not collect, sorted."""
        plan = self.planned.plan
        left = (file.key for file in self.suite.files if not file.everywhere)
        return tuple(key for key in left if shard.number not in owners_of(plan, key))

    def left_out_anywhere(self) -> frozenset[str]:
        """Keys of the files that not every shard collects. Where a test turns up that is in none, all have it."""
        return frozenset(file.key for file in self.suite.files if not file.everywhere)


class Pruning:
    """Makes the plan when the folders are known, and then leaves out what other shards own.

    ``pruned`` is None until then, and where nothing is left out: without any history there is no telling which
    tests a file holds, so that with fewer files than shards all have to be collected before they can be divided.
    """

    def __init__(self, shard: ShardIndex, request: PlanRequest, costs: CollectionCosts) -> None:
        self._shard = shard
        self._costs = costs
        self._request = request
        self._reports: dict[pytest.Collector, pytest.CollectReport] = {}
        self._imports = ImportState()
        self._left_out: frozenset[Path] = frozenset()
        self.pruned: PrunedFiles | None = None

    def register(self, manager: pytest.PytestPluginManager) -> None:
        manager.register(_Listing(self), "smartshard-listing")
        manager.register(_Answering(self), "smartshard-pruning")

    def list_files(self, session: pytest.Session, nodes: Iterable[pytest.Item | pytest.Collector]) -> None:
        """List the test files below *nodes*, which the session consists of, and plan."""
        root = session.config.rootpath
        self._imports = ImportState()
        keys: dict[Path, str] = {}
        listed: dict[str, SuiteFile] = {}
        found = list(self._walk(nodes))
        self._imports.rewind()
        folders = _folders_of_marks(session.config)
        for file in found:
            if file.path in keys:
                continue
            key = keys[file.path] = file_key(file.path, root)
            alias = file.nodeid if file.nodeid != key else None
            listed.setdefault(
                key,
                SuiteFile(
                    key=key,
                    size=file_size(file.path),
                    alias=alias,
                    document=is_document(file),
                    everywhere=_has_marks(file.path, folders),
                ),
            )
        suite = Suite(files=tuple(listed[key] for key in sorted(listed)))
        suite, planned = plan_files(suite, self._request)
        if self._is_too_little_known(planned, suite):
            return
        self.pruned = PrunedFiles(planned, suite)
        left_out = frozenset(self.pruned.left_to_others(self._shard))
        self._left_out = frozenset(path for path, key in keys.items() if key in left_out)

    def _is_too_little_known(self, planned: Planned, suite: Suite) -> bool:
        has_plan = self._request.pinned is not None or not planned.prediction.is_empty
        return not has_plan and len(suite.files) < self._shard.count

    def _walk(self, nodes: Iterable[pytest.Item | pytest.Collector]) -> Iterator[pytest.File]:
        """The test files, in the order in which pytest gets to them."""
        for node in nodes:
            if isinstance(node, pytest.Directory):
                report = self._reports.get(node)
                if report is None:
                    report = node.ihook.pytest_make_collect_report(collector=node)
                    self._reports[node] = report
                if report.passed:
                    yield from self._walk(report.result)
                continue
            # A class or function stands here where an argument names it.
            file = node if isinstance(node, pytest.File) else file_of(node)
            if file is not None:
                self._imports.mark(file)
                yield file

    def answer(self, collector: pytest.Collector) -> pytest.CollectReport | None:
        """The report of what is collected already, or is other shards' affair; None where pytest has to do it."""
        known = self._reports.get(collector)
        if known is not None or not isinstance(collector, pytest.File):
            return known
        if collector.path in self._left_out:
            self._costs.leave_out(collector)
            return pytest.CollectReport(collector.nodeid, "passed", None, [])
        self._imports.advance_to(collector)
        return None

    def end(self) -> None:
        """Everything is collected."""
        self._imports.finish()
        self._reports.clear()


class _Listing:
    def __init__(self, pruning: Pruning) -> None:
        self._pruning = pruning

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            self._pruning.list_files(collector, report.result)
        return report


class _Answering:
    def __init__(self, pruning: Pruning) -> None:
        self._pruning = pruning

    @pytest.hookimpl(tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> pytest.CollectReport | None:
        return self._pruning.answer(collector)


def _folders_of_marks(config: pytest.Config) -> Sequence[Path]:
    """Folders whose conftest file may mark tests that must stay together."""
    files = (getattr(plugin, "__file__", None) for plugin in config.pluginmanager.get_plugins())
    conftests = (Path(file) for file in files if file and Path(file).name == "conftest.py")
    return sorted({path.parent for path in conftests if _mentions_marks(path)})


def _has_marks(path: Path, folders: Sequence[Path]) -> bool:
    """Whether tests of the file may have to stay with tests of other files.

    Every shard collects such a file: where its marked tests go can only be said once they are known.
    """
    return any(path.is_relative_to(folder) for folder in folders) or _mentions_marks(path)


def _mentions_marks(path: Path) -> bool:
    try:
        text = path.read_bytes()
    except (OSError, ValueError):
        return False
    return any(mark in text for mark in _MARKS)
