"""What pytest and plugins take for each test beside the test: measured where one process runs them all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sharded import Project

BETWEEN = 30_000
"""Microseconds that a plugin of the suite takes for each test, in none of its phases."""

SUITE = {
    "conftest.py": f"""
        import json, time
        import pytest

        def pytest_runtest_logfinish():
            time.sleep({BETWEEN} / 1e6)

        @pytest.hookimpl(trylast=True)
        def pytest_sessionfinish(session):
            recording = session.config.pluginmanager.get_plugin("smartshard-recording")
            if recording is not None:
                facts = [recording.each_test, recording.slowest_lane, sum(recording.busy.values())]
                session.config.rootpath.joinpath("facts.json").write_text(json.dumps(facts))
        """,
    "test_it.py": """
        import time
        import pytest

        @pytest.mark.parametrize("number", range(5))
        def test_it(number, subtests):
            with subtests.test():
                time.sleep(0.02)

        def test_flaky(request):
            time.sleep(1.2)
            assert getattr(request.node, "execution_count", 2) > 1
        """,
}


def facts(project: Project, *arguments: str) -> tuple[int, int, int]:
    result = project.run(1, 1, "--reruns=1", *arguments)
    assert result.code == 0, "\n".join(result.lines)
    each_test, slowest, busy = json.loads((project.root / "facts.json").read_text("utf-8"))
    return each_test, slowest, busy


def test_time_between_phases_is_spread_over_the_tests(tmp_path: Path) -> None:
    each_test, slowest, busy = facts(Project.make(tmp_path / "project", SUITE))

    # Between six tests five times, and once more before a repeated run, whose own time is no part of it.
    assert BETWEEN <= each_test < 5 * BETWEEN
    assert slowest == busy + 6 * each_test


@pytest.mark.parametrize("lanes", ["1", "2"])
def test_nothing_is_known_of_workers(tmp_path: Path, lanes: str) -> None:
    each_test, slowest, busy = facts(Project.make(tmp_path / "project", SUITE), "-n", lanes)

    assert each_test == 0
    assert busy // int(lanes) <= slowest <= busy
