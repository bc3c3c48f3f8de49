"""A shard whose tests run in xdist workers: what the controller hands out, and what a worker does with it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest

from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.part import ShardPart
from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.operations.planning import PlanRequest
from pytest_smartshard.session.coverage import begin_coverage_in_worker
from pytest_smartshard.session.exchange import (
    WORKER_INPUT,
    Exchange,
    WorkerTask,
    parse_task,
    stacks_path,
    stopped_tests,
    test_line,
    write_part,
)
from pytest_smartshard.session.measuring import Measuring
from pytest_smartshard.session.order import Order
from pytest_smartshard.session.recording import StoppedWorker
from pytest_smartshard.session.selecting import register_selecting

if TYPE_CHECKING:
    from pytest_smartshard.session.timeouts import LimitsWanted
    from pytest_smartshard.session.watchdog import WatchedFile


class LanesOff:
    """In a controller that shards nothing: tells the workers so, which else would take it for a fault."""

    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[WORKER_INPUT] = {}


class Controlling:
    """In the controller: gives each worker the task, takes the part from the first that has collected."""

    def __init__(
        self,
        shard: ShardIndex,
        segment: Segment,
        request: PlanRequest,
        order: Order,
        limits: LimitsWanted | None,
        on_part: Callable[[ShardPart], None],
        on_all_collected: Callable[[], None],
    ) -> None:
        self._shard = shard
        self._segment = segment
        self._request = request
        self._order = order
        self._limits = limits
        self._on_part = on_part
        self._on_all_collected = on_all_collected
        self._exchange = Exchange()
        self._waiting: set[str] = set()
        self._has_part = False

    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[WORKER_INPUT] = self._exchange.task(
            self._shard, self._segment, self._request, self._order, self._limits
        )
        if not self._has_part:
            self._waiting.add(node.gateway.id)

    def pytest_xdist_node_collection_finished(self, node: Any) -> None:
        worker = node.gateway.id
        if not self._has_part and self._exchange.has_part_of(worker):
            self._has_part = True
            self._on_part(self._exchange.part_of(worker))
        self._no_longer_waits_for(worker)

    def pytest_testnodedown(self, node: Any) -> None:
        self._no_longer_waits_for(node.gateway.id)

    def stopped_in(self, worker: str) -> StoppedWorker | None:
        """What *worker* was ended in, if that was a test beyond its limit."""
        return self._exchange.stopped_in(worker)

    def _no_longer_waits_for(self, worker: str) -> None:
        if worker in self._waiting:
            self._waiting.remove(worker)
            if not self._waiting:
                self._on_all_collected()

    def pytest_unconfigure(self) -> None:
        self._exchange.remove()


def begin_worker(config: pytest.Config) -> None:
    """In a worker: select as the controller says and measure; all else is the controller's.

    Raises pytest.UsageError where the controller said nothing: running everything would be the wrong guess.
    """
    given: dict[str, Any] = getattr(config, "workerinput", {})
    task = given.get(WORKER_INPUT)
    if task is None:
        raise pytest.UsageError(
            f"--shard={config.getoption('shard')}: the xdist controller gave this worker no shard; make sure "
            "that pytest-smartshard is active there too, or run without -n"
        )
    if not task:
        return
    begin_coverage_in_worker(config)
    parsed = parse_task(task)

    def on_part(part: ShardPart) -> None:
        # A full disk must not fail the suite: the controller then says that nothing is recorded.
        with contextlib.suppress(OSError):
            write_part(parsed.folder, _workerid(config), part)

    register_selecting(config, parsed.shard, parsed.request, parsed.order, on_part)
    measuring = Measuring()
    config.pluginmanager.register(measuring, "smartshard-measuring")
    if parsed.limits is not None:
        _go_by_limits(config, parsed, parsed.limits, measuring)


def _go_by_limits(config: pytest.Config, task: WorkerTask, limits: Sequence[Any], measuring: Measuring) -> None:
    from pytest_smartshard.session.timeouts import LimitsWanted, register_limits

    stacks = StacksFile(stacks_path(task.folder, _workerid(config)))
    config.pluginmanager.register(stacks, "smartshard-stacks")
    if not _reruns(config):
        stopped = stopped_tests(task.folder)
        config.pluginmanager.register(StoppedBefore(stopped), "smartshard-stopped-before")
    register_limits(
        config,
        task.history,
        LimitsWanted.parse(limits),
        measuring.fixtures,
        lambda _, told: stacks.write(told),
        stacks.begin,
    )


class StoppedBefore:
    """Passes over tests that have ended a worker of this run.

    Where xdist hands files or classes out as a whole, it gives what a dead worker was at to another one, which
    would be ended like the first, until there are too many, and tests behind it would never run.
    """

    def __init__(self, stopped: frozenset[str]) -> None:
        self._stopped = stopped

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        if item.nodeid not in self._stopped or item.get_closest_marker("flaky") is not None:
            return None
        return True


def _reruns(config: pytest.Config) -> bool:
    """Whether pytest-rerunfailures waits for the next run of any test that failed."""
    if not config.pluginmanager.hasplugin("rerunfailures"):
        return False
    options = (config.getoption(name, None) for name in ("reruns", "force_reruns"))
    return any(options) or bool(config.getini("reruns"))


class StacksFile:
    """Where a worker leaves what it was doing when it is ended in a test; the controller looks for it there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def begin(self, nodeid: str, limit: Limit | None) -> WatchedFile | None:
        """The file, for what ends the worker in that test; None where the disk is full or gone."""
        from pytest_smartshard.session.watchdog import WatchedFile

        try:
            if self._file is None:
                # Somebody else may write behind what is there.
                self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115 - closed below
            self._file.truncate(0)
            self._file.write(test_line(nodeid, limit))
        except OSError:
            return None
        return WatchedFile(self._path, self._file.fileno())

    def write(self, told: str) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.write(told.encode("utf-8", "backslashreplace"))

    def pytest_unconfigure(self) -> None:
        if self._file is not None:
            self._file.close()


def _workerid(config: pytest.Config) -> str:
    given: dict[str, Any] = getattr(config, "workerinput", {})
    return str(given["workerid"])
