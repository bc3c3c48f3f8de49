"""Every outcome is told apart, and none but a pass is kept as one."""

from __future__ import annotations

from pathlib import Path

from sharded import Project, exactly_once, samples_in

SUITE = {
    "test_all.py": """
        import pytest, unittest

        def test_passed(): pass

        def test_failed(): assert 1 == 2, "numbers differ"

        @pytest.mark.skip(reason="not here")
        def test_skip_mark(): pass

        def test_skip_inside(): pytest.skip("not now")

        @pytest.mark.xfail(reason="known")
        def test_xfailed(): assert False

        @pytest.mark.xfail(reason="surprise")
        def test_xpassed(): pass

        @pytest.mark.xfail(reason="strict", strict=True)
        def test_xpassed_strictly(): pass

        @pytest.mark.xfail(run=False, reason="hangs")
        def test_not_run(): pass

        @pytest.fixture
        def broken(): raise RuntimeError("no set-up")

        def test_error_in_setup(broken): pass

        @pytest.fixture
        def leaves_a_mess():
            yield
            raise RuntimeError("no tear-down")

        def test_error_in_teardown(leaves_a_mess): pass

        class TestCase(unittest.TestCase):
            def test_case(self): pass

            @unittest.skip("old")
            def test_skipped_case(self): pass

            @unittest.expectedFailure
            def test_expected(self): self.fail()
        """,
}

OUTCOMES = {
    "test_passed": "passed",
    "test_failed": "failed",
    "test_skip_mark": "skipped",
    "test_skip_inside": "skipped",
    "test_xfailed": "xfailed",
    "test_xpassed": "xpassed",
    "test_xpassed_strictly": "failed",
    "test_not_run": "xfailed",
    "test_error_in_setup": "error",
    "test_error_in_teardown": "error",
    "TestCase::test_case": "passed",
    "TestCase::test_skipped_case": "skipped",
    "TestCase::test_expected": "xfailed",
}

SUMMARY = "2 failed, 3 passed, 3 skipped, 3 xfailed, 1 xpassed, 2 errors in "


def test_outcomes_in_the_journal_are_those_of_pytest(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    plain = project.pytest()
    assert f"== {SUMMARY}" in plain.lines[-1]

    result = project.run(1, 1)

    assert f"== {SUMMARY}" in result.lines[-1]
    exactly_once([result], plain)
    assert result.recorded.outcomes == OUTCOMES
    details = {line["test"]: line.get("details", "") for line in result.recorded.tests}
    assert "AssertionError: numbers differ" in details["test_failed"]
    assert "RuntimeError: no set-up" in details["test_error_in_setup"]
    assert "RuntimeError: no tear-down" in details["test_error_in_teardown"]
    assert details["test_skip_inside"] == "Skipped: not now"
    assert details["test_xfailed"] == "known"
    assert details["test_passed"] == ""


def test_a_skip_or_a_failure_is_no_pass_of_no_time(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE)
    project.run(1, 1)

    classes = {name: samples[0][0] for name, samples in samples_in(project.store()).items()}

    letters = {"passed": "", "xpassed": "", "xfailed": "", "skipped": "s", "failed": "f", "error": "f"}
    assert {name: "" if letter.isdigit() else letter for name, letter in classes.items()} == {
        name: letters[outcome] for name, outcome in OUTCOMES.items()
    }


def test_a_test_that_is_skipped_once_keeps_its_time_for_later(tmp_path: Path) -> None:
    """Also as PEERS has it: a skip stored as 0 would make the test look free when it runs again."""
    project = Project.make(
        tmp_path / "project",
        {
            "test_it.py": """
                import os, time, pytest

                @pytest.mark.skipif("SKIP" in os.environ, reason="asked for")
                def test_slow(): time.sleep(0.2)
                """
        },
    )
    project.run(1, 1)
    project.run(1, 1, env={"SKIP": "yes"})
    first, second = samples_in(project.store())["test_slow"]
    assert int(first) >= 200_000
    assert second.startswith("s")
