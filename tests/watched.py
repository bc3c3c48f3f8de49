"""A plugin for projects of the end-to-end tests: it writes down what was measured of shared costs, and needed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sharded import Project, Result

PLUGIN = '''
    """Writes what this process sees, a line for each."""
    import json, os, pathlib
    import pytest
    from pytest_smartshard.session.collection_costs import CollectionCosts
    from pytest_smartshard.session.fixture_needs import FixtureNeeds
    from pytest_smartshard.session.measuring import SELECTED
    from pytest_smartshard.session.outcomes import RunningTest, measured_of

    def tell(config, **facts):
        path = pathlib.Path(config.rootpath, f"watched-{os.getpid()}.jsonl")
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(facts) + "\\n")

    class Watching:
        def __init__(self, config):
            self.config = config
            self.running = {}
            self.costs = CollectionCosts(config)
            config.pluginmanager.register(self.costs, "collection-costs")

        @pytest.hookimpl(trylast=True)
        def pytest_collection_finish(self, session):
            needs = FixtureNeeds(session.config.rootpath)
            files = {}
            for item in session.items:
                selected = item.stash.get(SELECTED, None)
                file = selected.key.file if selected else item.nodeid.partition("::")[0]
                tell(self.config, kind="needs", test=item.nodeid, needs=needs.of(item, file))
                files.setdefault(file)
            for file in files:
                cost = self.costs.of(file)
                tell(self.config, kind="file", file=file, cost=cost and cost._asdict())
            tell(self.config, kind="start", start_up=self.costs.start_up())

        def pytest_runtest_logreport(self, report):
            test = self.running.setdefault(report.nodeid, RunningTest())
            test.add(report)
            measured = measured_of(report)
            if measured is not None and not test.again:
                ended = test.finished(measured, report.nodeid)
                tell(
                    self.config, kind="test", test=report.nodeid, shared=ended.shared, own=ended.own,
                    setup=ended.setup, duration=ended.duration, outcome=ended.outcome, reruns=ended.reruns,
                )

    def pytest_configure(config):
        config.pluginmanager.register(Watching(config), "watching")
    '''
"""Text of a module that ``-p`` names."""

NAME = "watching_shared_costs"


@dataclass(frozen=True, slots=True)
class Watched:
    """What the plugin saw in all processes of one run. ``shared`` of a test: place, name, set-up, tear-down."""

    result: Result
    lines: tuple[dict[str, Any], ...]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["kind"] == kind]

    @property
    def tests(self) -> dict[str, dict[str, Any]]:
        """By the node id's tail, without its file."""
        return {_tail(line["test"]): line for line in self.of("test")}

    @property
    def needs(self) -> dict[str, list[str]]:
        return {_tail(line["test"]): line["needs"] for line in self.of("needs")}

    @property
    def paid(self) -> dict[str, list[str]]:
        """Who paid for what: ``+`` before a name is a set-up, ``-`` a tear-down, ``±`` both."""
        return {
            tail: [
                _sign(setup, teardown) + " ".join(filter(None, (place and f"{place}:", name)))
                for place, name, setup, teardown in line["shared"]
            ]
            for tail, line in self.tests.items()
            if line["shared"]
        }

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        return {line["file"]: line["cost"] for line in self.of("file")}


def watch(project: Project, *arguments: str, env: Mapping[str, str] | None = None) -> Watched:
    """Run the whole suite of *project* as one shard."""
    if not (project.root / f"{NAME}.py").exists():
        project.write({f"{NAME}.py": PLUGIN})
    result = project.run(1, 1, "-p", NAME, *arguments, env=env)
    lines: list[dict[str, Any]] = []
    for path in sorted(project.root.glob("watched-*.jsonl")):
        lines.extend(json.loads(line) for line in path.read_text("utf-8").splitlines())
        path.unlink()
    return Watched(result, tuple(lines))


def set_up_names(paid: Iterable[Iterable[str]]) -> list[str]:
    """Names of all that was set up, sorted, with the place before them."""
    return sorted(name[1:] for names in paid for name in names if name[0] in "+±")


def _tail(nodeid: str) -> str:
    return nodeid.partition("::")[2]


def _sign(setup: int, teardown: int) -> str:
    return "±" if setup and teardown else "+" if setup else "-" if teardown else "0"
