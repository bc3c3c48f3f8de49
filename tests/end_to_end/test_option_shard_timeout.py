"""``--shard-timeout``: what hangs is stopped, whatever it hangs in, and nothing that was finished is lost."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from sharded import SEGMENT, Journal, Project, Result, samples_in

INI = """
shard_timeout_floor = 0.5
markers = slow
"""

HANGING = """
import asyncio, collections, itertools, os, subprocess, sys, threading, time

def sleep(): time.sleep(600)

def busy():
    while True: pass

def lock():
    taken = threading.Lock()
    with taken: taken.acquire()

def loop(): asyncio.run(asyncio.sleep(600))

def child(): subprocess.run([sys.executable, "-c", "import time; time.sleep(600)"])

def holds_the_gil(): any(itertools.repeat(False))

def hang_in(what):
    if what in os.environ.get("HANG", "").split(): globals()[what.partition("-")[0]]()
"""

TESTS = """
import pytest
from hanging import hang_in

@pytest.fixture(scope="module")
def shared():
    hang_in("sleep-setup")
    yield
    hang_in("busy-teardown")

def test_first(): pass

@pytest.mark.parametrize("what", ["sleep", "busy", "lock", "loop", "child", "holds_the_gil"])
def test_in(what): hang_in(what)

def test_needs(shared): pass

def test_last(): pass
"""

ALL = (
    "test_first",
    *(f"test_in[{what}]" for what in ("sleep", "busy", "lock", "loop", "child", "holds_the_gil")),
    "test_needs",
    "test_last",
)
REACHABLE = ("sleep", "busy", "lock", "loop", "child", "sleep-setup", "busy-teardown")
FLOOR = 0.5
LATE = 1.0
"""Seconds beyond its limit within which a test has to be stopped."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder after three runs in which nothing hung."""
    project = make(tmp_path_factory.mktemp("recorded") / "project")
    for _ in range(3):  # With fewer samples limits are twice as long.
        assert project.run(1, 1).code == 0
    return project.home


@pytest.fixture
def project(tmp_path: Path, recorded: Path) -> Project:
    project = make(tmp_path / "project")
    shutil.copytree(recorded, project.home)
    return project


def make(root: Path) -> Project:
    files = {"hanging.py": HANGING, "test_a.py": TESTS, "conftest.py": ""}
    return Project.make(root, files, f"{INI}pythonpath = .\n")


def run(project: Project, hang: Sequence[str], *arguments: str) -> Result:
    return project.pytest(
        "--shard=1/1", "--shard-timeout=on", *arguments, env={"HANG": " ".join(hang), "SMARTSHARD_RUN": "hung"}
    )


def stopped(journal: Journal) -> dict[str, float]:
    """Seconds beyond their limits of tests that timed out. What passes between a test's phases is in none of
    them."""
    return {
        line["test"]: (sum(line["times"]) - line["limit"]) / 1e6
        for line in journal.tests
        if line["outcome"] == "timed out"
    }


def assert_in_time(late: dict[str, float], names: Sequence[str], most: float = LATE) -> None:
    assert sorted(late) == sorted(names)
    assert all(-0.1 < seconds < most for seconds in late.values()), late


def ids(hang: Sequence[str]) -> list[str]:
    """The tests that such hangs stop."""
    at = {"sleep-setup": "test_needs", "busy-teardown": "test_last"}
    return [at.get(what, f"test_in[{what}]") for what in hang]


@pytest.mark.skipif("sys.platform == 'win32'", reason="signals of this kind are POSIX'")
@pytest.mark.parametrize("lanes", [(), ("-n", "2", "--dist", "loadfile")], ids=["alone", "lanes"])
def test_a_signal_stops_each_and_the_others_run(project: Project, lanes: tuple[str, ...]) -> None:
    # What hangs in its set-up is never there to be torn down.
    hang = [what for what in REACHABLE if what != "sleep-setup"]
    result = run(project, hang, *lanes)
    assert result.code == 1
    journal = result.recorded
    assert sorted(journal.outcomes) == sorted(ALL)
    assert_in_time(stopped(journal), ids(hang))
    assert journal.footer is not None
    (details,) = (line["details"] for line in journal.tests if line["test"] == "test_in[lock]")
    assert "(it passed 3 times, in 0.0" in details
    assert "thread MainThread:\n" in details
    assert "with taken: taken.acquire()" in details


@pytest.mark.skipif("sys.platform == 'win32'", reason="signals of this kind are POSIX'")
def test_a_hanging_fixture_is_an_error_of_the_test_that_waits(project: Project) -> None:
    result = run(project, ["sleep-setup"])
    assert_in_time(stopped(result.recorded), ["test_needs"])
    assert result.recorded.outcomes["test_last"] == "passed"


def test_a_thread_ends_a_worker_and_the_others_go_on(project: Project) -> None:
    hang = [what for what in REACHABLE if what != "sleep-setup"]
    result = run(project, hang, "--timeout-method=thread", "-n", "2", "--dist", "loadfile")
    assert result.code == 1
    assert sorted(result.recorded.outcomes) == sorted(ALL)
    assert_in_time(stopped(result.recorded), ids(hang))
    details = {line["test"]: line.get("details", "") for line in result.recorded.tests}
    assert "(it passed 3 times, in 0.0" in details["test_in[lock]"]
    assert "with taken: taken.acquire()" in details["test_in[lock]"]


@pytest.mark.parametrize("hang", ["sleep", "sleep-setup", "busy-teardown"])
def test_a_thread_ends_the_shard_after_the_journal_knows(project: Project, hang: str) -> None:
    result = run(project, [hang], "--timeout-method=thread")
    assert result.code == 1
    journal = result.recorded
    assert_in_time(stopped(journal), ids([hang]))
    assert journal.footer is None
    (name,) = ids([hang])
    assert list(journal.outcomes) == list(ALL[: ALL.index(name) + 1])


def test_the_rest_of_such_a_shard_is_run_and_the_whole_is_proved(project: Project) -> None:
    run(project, ["sleep"], "--timeout-method=thread")
    merged = project.smartshard("merge", "--junit", "--run", "hung", project.home / "runs")
    assert merged.code == 3
    assert (
        f"{SEGMENT}: shard 1/1 ended in attempt 1 because test_a.py::test_in[sleep] went beyond its limit and "
        "could not be stopped by itself; --shard-rerun runs the rest"
    ) in merged.lines
    assert project.pytest(f"--shard-rerun={project.home / 'runs'}", env={"SMARTSHARD_RUN": "hung"}).code == 0
    merged = project.smartshard("merge", "--junit", "--run", "hung", project.home / "runs")
    rest = "in 1 shard, then what was left in 1 shard"
    assert f"{SEGMENT}: proved: 9 tests ran exactly once {rest}, 1 flaky" in merged.lines
    junit = (project.home / "merged" / "junit.xml").read_text("utf-8")
    assert junit.count("<testcase") == len(ALL)


@pytest.mark.parametrize("lanes", [(), ("-n", "2", "--dist", "loadfile")], ids=["alone", "lanes"])
def test_what_holds_the_gil_is_ended_with_its_process(project: Project, lanes: tuple[str, ...]) -> None:
    result = run(project, ["holds_the_gil"], *lanes)
    journal = result.recorded
    if lanes:
        assert result.code == 1
        assert sorted(journal.outcomes) == sorted(ALL)
        assert_in_time(stopped(journal), ["test_in[holds_the_gil]"], most=5 + LATE)
        return
    assert list(journal.outcomes) == list(ALL[:6])
    assert re.fullmatch(r"Timeout \(0:00:0[56]\.\d{6}\)!", journal.behind[0])
    assert any("holds_the_gil" in line for line in journal.behind)
    merged = project.smartshard("merge", "--run", "hung", project.home / "runs")
    assert any("because test_a.py::test_in[holds_the_gil] went beyond its limit" in line for line in merged.lines)


@pytest.mark.skipif("sys.platform == 'win32'", reason="signals of this kind are POSIX'")
def test_what_was_stopped_spoils_no_limit(project: Project) -> None:
    before = {line["test"]: line["limit"] for line in run(project, []).recorded.tests}
    project.pytest("--shard=1/1", "--shard-timeout=on", env={"HANG": "sleep"})
    assert samples_in(project.store())["test_in[sleep]"][-1].startswith("t5")
    after = {line["test"]: line["limit"] for line in project.run(1, 1, "--shard-timeout=on").recorded.tests}
    # Fixtures of a few microseconds are in it, too.
    assert before["test_in[sleep]"] == pytest.approx(FLOOR * 1e6, rel=0.1)
    assert after["test_in[sleep]"] == pytest.approx(FLOOR * 1e6, rel=0.1)


def test_a_warning_names_what_would_have_been_stopped(project: Project) -> None:
    project.write({"test_a.py": f"{TESTS}\ndef test_first():\n    import time; time.sleep(0.7)\n"})
    result = project.run(1, 1, "--shard-timeout=warn")
    assert result.code == 0
    lines = result.section()
    start = lines.index("1 test took longer than its limit:")
    assert lines[start + 1].startswith("  test_a.py::test_first: 0.7")
    assert ", limit 0.50 s (+0.2" in lines[start + 1]


def test_a_limit_that_somebody_wrote_down_wins(project: Project) -> None:
    project.write(
        {
            "test_a.py": TESTS.replace(
                "def test_first(): pass",
                """
@pytest.mark.timeout(600)
def test_first(request):
    assert request.node.get_closest_marker("timeout").args == (600,)

@pytest.mark.timeout(method="thread", func_only=True)
def test_last(request):
    (mark, _) = request.node.iter_markers("timeout")
    assert mark.args == (0.5,) and mark.kwargs == {"method": "thread", "func_only": True}
""",
            ).replace("def test_last(): pass", ""),
        }
    )
    assert project.run(1, 1, "--shard-timeout=on").code == 0
    project.write(
        {"test_a.py": "def test_first(request): assert not list(request.node.iter_markers('timeout'))\n"}
    )
    assert project.run(1, 1, "--shard-timeout=on", "--timeout=600").code == 0
    assert project.run(1, 1, "--shard-timeout=on", env={"PYTEST_TIMEOUT": "600"}).code == 0
    assert project.run(1, 1, "--shard-timeout=on").code == 1


FIXTURES = """
import time, pytest

@pytest.fixture(scope="session")
def service():
    time.sleep(0.2)
    yield
    time.sleep(0.1)

@pytest.fixture(scope="module")
def database():
    time.sleep(0.2)
    yield
    time.sleep(0.1)
"""

ROTATED = """
import os

def pytest_collection_modifyitems(items):
    first = int(os.environ["FIRST"])
    items[:] = items[first:] + items[:first]
"""

SHARING = """
import time

def test_one(service, database): time.sleep(0.02)

def test_two(database): time.sleep(0.02)

def test_three(request): request.getfixturevalue("service")

def test_four(): time.sleep(0.02)
"""


def test_whoever_waits_for_fixtures_is_not_stopped(tmp_path: Path) -> None:
    """Whichever test comes first or last, with limits that its own time fills by half."""
    project = Project.make(
        tmp_path / "project",
        {"conftest.py": FIXTURES + ROTATED, "test_a.py": SHARING, "test_b.py": SHARING},
        "shard_timeout_floor = 0.05\nshard_timeout_factor = 2\n",
    )
    assert project.run(1, 1, env={"FIRST": "0"}).code == 0
    for first in ("0", "1", "2", "3", "6"):
        result = project.run(1, 1, "--shard-timeout=on", env={"FIRST": first})
        assert result.code == 0, result.lines
        assert all(0 < line["limit"] < 4e6 for line in result.recorded.tests)


def test_a_machine_half_as_fast_stops_nothing(tmp_path: Path) -> None:
    tests = "\n".join(
        f"def test_{number}(): time.sleep({seconds} * float(os.environ['TIMES']))"
        for number, seconds in enumerate([0.05] * 4 + [0.2] * 2)
    )
    project = Project.make(
        tmp_path / "project",
        {"test_a.py": f"import os, time\n{tests}\n"},
        "shard_timeout_floor = 0.15\nshard_timeout_factor = 2.5\n",
    )
    assert project.run(1, 1, env={"TIMES": "1"}).code == 0
    result = project.run(1, 1, "--shard-timeout=on", env={"TIMES": "2"})
    assert result.code == 0, result.lines


@pytest.mark.skipif("sys.platform == 'win32'", reason="signals of this kind are POSIX'")
def test_a_suite_keeps_its_own_alarms(project: Project) -> None:
    project.write(
        {
            "test_a.py": """
                import signal, time
                import pytest

                rung = []

                @pytest.fixture(scope="module")
                def alarm():
                    signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
                    yield
                    signal.signal(signal.SIGALRM, signal.SIG_DFL)

                def test_first(alarm): pass

                def test_last(alarm):
                    signal.setitimer(signal.ITIMER_REAL, 0.05)
                    time.sleep(0.1)
                    assert rung
            """
        }
    )
    assert project.run(1, 1).code == 0
    result = project.run(1, 1, "--shard-timeout=on")
    assert result.code == 0, result.lines


@pytest.mark.skipif("sys.platform == 'win32'", reason="there are no forks")
def test_what_watches_is_not_seen(project: Project) -> None:
    """Neither a thread, of which Python warns at every fork, nor a child that nobody has started."""
    project.write(
        {
            "test_a.py": """
                import os, warnings
                import pytest

                def test_first():
                    with warnings.catch_warnings():
                        warnings.simplefilter("error")
                        child = os.fork()
                    if not child: os._exit(0)
                    assert os.wait()[0] == child
                    with pytest.raises(ChildProcessError): os.wait()
            """
        }
    )
    assert project.run(1, 1, "--shard-timeout=off").code == 0
    result = project.run(1, 1, "--shard-timeout=on")
    assert result.code == 0, result.lines


def test_without_history_nothing_has_a_limit(tmp_path: Path) -> None:
    project = make(tmp_path / "project")
    result = project.run(1, 1, "--shard-timeout=on")
    assert result.code == 0
    assert not any("limit" in line for line in result.recorded.tests)


def test_what_stops_tests_must_be_there(project: Project) -> None:
    result = project.pytest("--shard=1/1", "--shard-timeout=on", "-p", "no:timeout")
    assert result.code == 4
    assert result.usage_errors == (
        (
            "--shard-timeout=on: pytest-timeout, which stops tests, is not active; install "
            "pytest-smartshard[timeout], or use warn"
        ),
    )
    assert project.pytest("--shard=1/1", "--shard-timeout=warn", "-p", "no:timeout").code == 0
