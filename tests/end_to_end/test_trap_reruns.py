"""pytest-rerunfailures: a test that ran several times has one line, one time (its last run's), its own class."""

from __future__ import annotations

from pathlib import Path

import pytest
from sharded import Project, samples_in

SUITE = {
    "test_flaky.py": """
        import time, pathlib, pytest

        RUNS = pathlib.Path(__file__).with_name("runs.txt")

        def test_flaky():
            with RUNS.open("a") as file:
                file.write("x")
            if len(RUNS.read_text()) < 3:
                time.sleep(0.3)
                assert False, "not yet"

        @pytest.fixture
        def fails_once(tmp_path_factory, request):
            mark = RUNS.with_name("setup.txt")
            if not mark.exists():
                mark.write_text("")
                raise RuntimeError("not yet")

        def test_setup(fails_once): pass

        def test_hopeless(): assert False

        def test_steady(): pass
        """,
}


@pytest.mark.parametrize("arguments", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_only_the_last_run_of_a_test_counts(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project = Project.make(tmp_path / "project", SUITE)

    result = project.run(1, 1, "--reruns=2", *arguments)

    assert result.code == 1
    assert result.outcomes == {
        "test_flaky": "passed",
        "test_setup": "passed",
        "test_hopeless": "failed",
        "test_steady": "passed",
    }
    lines = {line["test"]: line for line in result.recorded.tests}
    assert [line["test"] for line in result.recorded.tests] == list(lines)
    assert {name: line["outcome"] for name, line in lines.items()} == result.outcomes
    assert {name: line.get("reruns", 0) for name, line in lines.items()} == {
        "test_flaky": 2,
        "test_setup": 1,
        "test_hopeless": 2,
        "test_steady": 0,
    }
    assert sum(lines["test_flaky"]["times"]) < 300_000  # less than one of the failed runs slept
    (samples,) = zip(*samples_in(project.store()).values(), strict=True)
    classes = dict(zip(samples_in(project.store()), (sample[0] for sample in samples), strict=True))
    assert {name: letter for name, letter in classes.items() if letter.isalpha()} == {
        "test_flaky": "r",
        "test_hopeless": "f",
        "test_setup": "r",
    }
    assert result.recorded.footer is not None
    assert result.recorded.footer["ran"] == 4


CRASHES_ONCE = """
    import os, pathlib

    MARK = pathlib.Path(__file__).with_name("mark.txt")

    def test_before(): pass

    def test_crashes_once(request):
        if not MARK.exists():
            MARK.write_text("")
            # The controller has to know how often it may run again before it sees that the worker is gone: it was
            # told without an answer, and now answers in turn.
            assert request.config.failures_db.get_test_reruns(request.node.nodeid) == 2
            os._exit(3)

    def test_after(): pass
    """


def test_a_crash_that_is_run_again_is_one_test(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"test_it.py": CRASHES_ONCE})

    result = project.run(1, 1, "-n", "2", "--reruns=2")

    assert result.code == 0
    assert sorted((line["test"], line["outcome"], line.get("reruns", 0)) for line in result.recorded.tests) == [
        ("test_after", "passed", 0),
        ("test_before", "passed", 0),
        ("test_crashes_once", "passed", 1),
    ]
    assert result.recorded.footer is not None
    assert result.recorded.footer["ran"] == 3
