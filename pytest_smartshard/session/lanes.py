"""A shard whose tests run in xdist workers: what the controller hands out, and what a worker does with it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from pytest_smartshard.model.part import ShardPart
from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.operations.planning import PlanRequest
from pytest_smartshard.session.coverage import begin_coverage_in_worker
from pytest_smartshard.session.exchange import WORKER_INPUT, Exchange, parse_task, write_part
from pytest_smartshard.session.measuring import Measuring
from pytest_smartshard.session.order import Order
from pytest_smartshard.session.selecting import register_selecting


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
        on_part: Callable[[ShardPart], None],
        on_all_collected: Callable[[], None],
    ) -> None:
        self._shard = shard
        self._segment = segment
        self._request = request
        self._order = order
        self._on_part = on_part
        self._on_all_collected = on_all_collected
        self._exchange = Exchange()
        self._waiting: set[str] = set()
        self._has_part = False

    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[WORKER_INPUT] = self._exchange.task(
            self._shard, self._segment, self._request, self._order
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
    config.pluginmanager.register(Measuring(), "smartshard-measuring")


def _workerid(config: pytest.Config) -> str:
    given: dict[str, Any] = getattr(config, "workerinput", {})
    return str(given["workerid"])
