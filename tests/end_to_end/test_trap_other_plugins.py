"""Plugins that drop or reorder tests at any point: shards divide what is left, and keep the order."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import Project, exactly_once, functions

SUITE = {
    "test_a.py": functions("one", "two", "dropped", "three"),
    "test_b.py": functions("four", "dropped", "five"),
}

DROP = """
    dropped = [item for item in items if "dropped" in item.name]
    items[:] = [item for item in items if "dropped" not in item.name]
    config.hook.pytest_deselected(items=dropped)
"""

CONFTESTS = {
    "drops last": f"""
import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
{DROP}
""",
    "drops in a wrapper": f"""
import pytest

@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config, items):
    yield
{DROP}
""",
    "drops without a word": """
def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if "dropped" not in item.name]
""",
    "reverses": """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.reverse()
""",
    "a plugin that comes last": f"""
import pytest

class Plugin:
    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
{DROP.replace(chr(10) + "    ", chr(10) + "        ")}

def pytest_sessionstart(session):
    session.config.pluginmanager.register(Plugin())
""",
}


@pytest.mark.parametrize("name", CONFTESTS)
def test_shards_divide_what_others_leave_in_the_order_they_give(tmp_path: Path, name: str) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, "conftest.py": CONFTESTS[name]})
    plain = project.pytest()
    assert len(plain.ran) == (7 if name == "reverses" else 5)

    results = project.run_all(2)

    exactly_once(results, plain)
    for result in results:
        assert list(result.ran) == [test for test in plain.ran if test in result.ran]


def test_deselected_tests_are_counted_as_pytest_counts_them(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, "conftest.py": CONFTESTS["drops last"]})

    result = project.run(1, 2, "--shard-prune=off")

    ran = len(result.ran)
    assert f"collected 7 items / {7 - ran} deselected / {ran} selected" in result.lines
    assert f" {ran} of 5 tests," in result.collected_line
    counts = {line["file"]: (line["collected"][0], line["remaining"][0]) for line in result.recorded.files}
    assert counts.items() <= {"test_a.py": (4, 3), "test_b.py": (3, 2)}.items()


def test_a_shard_counts_what_it_collects(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {**SUITE, "conftest.py": CONFTESTS["drops last"]})

    result = project.run(1, 2)

    assert "collected 4 items / 1 deselected / 3 selected" in result.lines
    assert ": 3 tests in 1 of 2 files, " in result.collected_line
    (line,) = result.recorded.files
    assert (line["file"], line["collected"][0], line["remaining"][0]) == ("test_a.py", 4, 3)
