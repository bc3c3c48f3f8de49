"""A pytest plugin that writes down what the parts of a plain run cost: ``-p whole_process_recorder``.

Processor time, in whole nanoseconds, of collecting each file, of each fixture that several tests share, and of
each test without what it paid of those; and which tests are Hypothesis'. Goes to the JSON file that
``SMARTSHARD_RECORD`` names. With ``SMARTSHARD_RECORD_FILES``, a JSON list of paths and node ids, those are
collected in that order in place of pytest's own arguments.

A module of its own, which needs pytest alone: what it writes is what ``whole_process.py`` holds shards against,
so it must owe nothing to the plugin.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Shared(NamedTuple):
    """A fixture of a scope wider than a function: the node that it is set up for, and which of its parameters."""

    scope: str
    node: str
    name: str
    parameter: int | None

    def serves(self, item: pytest.Item) -> bool:
        """Whether *item* asks for it; only what is asked for by name is seen, not ``getfixturevalue``."""
        if self.node not in ("", ".") and not item.nodeid.startswith((f"{self.node}::", f"{self.node}/")):
            return False
        indices = getattr(getattr(item, "callspec", None), "indices", {})
        return self.parameter is None or indices.get(self.name) == self.parameter


class Recorder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: dict[str, str] = {}
        self.collecting: Counter[str] = Counter()
        self.shared: Counter[Shared] = Counter()
        self.set_ups: Counter[Shared] = Counter()
        self.tests: Counter[str] = Counter()
        self.asks: dict[str, list[Shared]] = {}
        self.inside = [0]
        """Time in shared fixtures, in each set-up that is open and, at the bottom, in this test."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        if isinstance(collector, (pytest.Session, pytest.Directory)):
            return (yield)
        started = time.process_time_ns()
        try:
            return (yield)
        finally:
            file = collector.nodeid.partition("::")[0]
            self.files[file] = str(collector.path)
            self.collecting[file] += time.process_time_ns() - started

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        if fixturedef.scope == "function":
            return (yield)
        parameter = getattr(request, "param_index", None) if hasattr(request, "param") else None
        shared = Shared(fixturedef.scope, request.node.nodeid, fixturedef.argname, parameter)
        ends: list[int] = []
        # Finalizers run last to first: the one added now is the last, the one added below the first.
        fixturedef.addfinalizer(lambda: self._add(shared, ends))
        self.inside.append(0)
        started = time.process_time_ns()
        try:
            return (yield)
        finally:
            spent = time.process_time_ns() - started
            self.shared[shared] += spent - self.inside.pop()
            self.inside[-1] += spent
            self.set_ups[shared] += 1
            fixturedef.addfinalizer(lambda: ends.append(time.process_time_ns()))

    def _add(self, shared: Shared, ends: list[int]) -> None:
        spent = time.process_time_ns() - ends.pop() if ends else 0
        self.shared[shared] += spent
        self.inside[-1] += spent

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self.inside[:] = [0]
        started = time.process_time_ns()
        try:
            return (yield)
        finally:
            self.tests[item.nodeid] += time.process_time_ns() - started - self.inside[0]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        by_name: dict[str, list[int]] = defaultdict(list)
        shared = list(self.shared)
        for place, one in enumerate(shared):
            by_name[one.name].append(place)
        tests, hypothesis = {}, []
        for item in session.items:
            named = [place for name in getattr(item, "fixturenames", ()) for place in by_name.get(name, ())]
            asked = sorted({place for place in named if shared[place].serves(item)})
            tests[item.nodeid] = (self.tests[item.nodeid], asked)
            if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
                hypothesis.append(item.nodeid)
        record = {
            "files": {file: (path, self.collecting[file]) for file, path in self.files.items()},
            "shared": [(*one, self.set_ups[one], self.shared[one]) for one in shared],
            "tests": tests,
            "hypothesis": hypothesis,
        }
        self.path.write_text(json.dumps(record), encoding="utf-8")


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    files = os.environ.get("SMARTSHARD_RECORD_FILES")
    if files:
        session.config.args[:] = json.loads(Path(files).read_text("utf-8"))
        session.config.option.pyargs = False


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(Path(os.environ["SMARTSHARD_RECORD"])))
