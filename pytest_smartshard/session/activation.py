"""Deciding what this process is, and registering what it needs. Imported only when something is asked for.

What belongs to workers or to pytest-cov is imported where there are any: each shard pays for its imports.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from pytest_smartshard.providers.detect import touch_status_file
from pytest_smartshard.session.measuring import Measuring
from pytest_smartshard.session.recording import LimitsNow
from pytest_smartshard.session.roles import is_controller, is_worker
from pytest_smartshard.session.run import ShardRun
from pytest_smartshard.session.selecting import register_selecting
from pytest_smartshard.session.start import Start, begin, with_earlier_plan


def activate(config: pytest.Config) -> None:
    """Raises pytest.UsageError for what was given wrongly."""
    if is_worker(config):
        from pytest_smartshard.session.lanes import begin_worker

        begin_worker(config)
        return
    start = begin(config)
    is_idle = start.settings.shard is None and not start.settings.record
    notices = [start.settings.notice] if start.settings.notice else []
    if is_idle and start.settings.report:
        notices.append("--shard-report: nothing is recorded, so there is nothing to report")
    config.pluginmanager.register(Notice(notices), "smartshard-notice")
    if is_idle:
        if is_controller(config):
            from pytest_smartshard.session.lanes import LanesOff

            config.pluginmanager.register(LanesOff(), "smartshard-lanes")
        return
    touch_status_file(os.environ)
    _activate_shard(config, start)


class Notice:
    """Lines at the top, where sharding was asked for and there is nothing to shard."""

    def __init__(self, notices: Sequence[str]) -> None:
        self._notices = notices

    def pytest_report_header(self) -> list[str]:
        return [f"smartshard: {notice}" for notice in self._notices]


def _activate_shard(config: pytest.Config, start: Start) -> None:
    start = with_earlier_plan(start)
    request = start.request()
    manager = config.pluginmanager
    run = ShardRun(config, start, controls_lanes=is_controller(config))
    manager.register(run, "smartshard-run")
    if manager.hasplugin("_cov"):
        from pytest_smartshard.session.coverage import begin_coverage

        is_part = start.shard.count > 1 or start.rerun is not None
        begin_coverage(config, start.shard, run, is_part=is_part, controls_lanes=is_controller(config))
    if is_controller(config):
        from pytest_smartshard.session.lanes import Controlling
        from pytest_smartshard.session.timeouts import limits_wanted

        segment, order = start.settings.segment, start.order()
        controlling = Controlling(
            start.shard,
            segment,
            request,
            order,
            limits_wanted(start.settings, start.history, run.lanes) if start.has_limits else None,
            run.on_part,
            lambda: _announce(config, run),
        )
        run.know_limits(LimitsNow(stopped_in=controlling.stopped_in, warns=start.warns))
        manager.register(controlling, "smartshard-lanes")
        return

    register_selecting(config, start.shard, request, start.order(), run.on_part)
    if start.records:
        measuring = Measuring()
        manager.register(measuring, "smartshard-measuring")
        if start.has_limits:
            _go_by_limits(config, start, run, measuring)


def _go_by_limits(config: pytest.Config, start: Start, run: ShardRun, measuring: Measuring) -> None:
    """In a process that runs the tests of a shard by itself."""
    from pytest_smartshard.session.timeouts import limits_wanted, register_limits

    wanted = limits_wanted(start.settings, start.history, run.lanes)
    timeouts = register_limits(config, start.history, wanted, measuring.fixtures, run.stop, run.watched_in)
    run.know_limits(LimitsNow(current=timeouts.limit_now, warns=start.warns))


def _announce(config: pytest.Config, run: ShardRun) -> None:
    """The controller's own collection never finishes, so pytest does not ask for these lines there."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        terminal.ensure_newline()
        for line in run.collected_lines():
            terminal.write_line(line)
