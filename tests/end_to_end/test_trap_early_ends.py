"""Shards that end before all has run, or not as their tests do: on purpose, by an error, by another plugin."""

from __future__ import annotations

from pathlib import Path

import pytest
from faulty import CI, RUN, headline, many, merged, names, rerun
from sharded import FAILED_ONLY_PRUNED, Project, functions

STOPPING = """
import os
import pytest

@pytest.mark.parametrize("number", range(4))
def test_s(number):
    assert number != 1 or "FAIL" not in os.environ
    if number == 2 and "INTERRUPT" in os.environ:
        raise KeyboardInterrupt
"""


@pytest.mark.parametrize(
    ("options", "env", "reason", "left", "code"),
    [
        (["-x"], "FAIL", "stopping after 1 failures", 2, 1),
        (["--maxfail=1"], "FAIL", "stopping after 1 failures", 2, 1),
        ([], "INTERRUPT", "interrupted", 2, 2),
        (["-x", "-n1"], "FAIL", "stopping after 1 failures", 2, 2),
        (["-x", "--shard-prune=off"], "FAIL", "stopping after 1 failures", 2, 1),
    ],
    ids=["-x", "--maxfail", "Ctrl-C", "-x -n1", "-x unpruned"],
)
def test_a_shard_that_stopped_on_purpose_is_no_fault_and_its_rest_is_run(
    tmp_path: Path, options: list[str], env: str, reason: str, left: int, code: int
) -> None:
    project = Project.make(tmp_path / "project", {"test_s.py": STOPPING, "test_a.py": functions("a")})
    results = [project.run(number, 2, *options, env={**CI, env: "yes"}) for number in (1, 2)]
    assert sorted(result.code for result in results) == [0, code]
    result = merged(project, options=["--check"], code=2)
    never = [f"test_s.py::test_s[{number}]" for number in range(4 - left, 4)]
    assert result.lines == (
        headline(f"stopped: {left} of 5 tests did not run"),
        headline(f"shard 1/2 stopped early: {reason}"),
        *stopped_tests(never, env),
        f"run what is left with pytest --shard-rerun={project.home / 'runs'}",
    )
    rest = rerun(project, env={})
    failed = {"test_s::test_s[1]"} if env == "FAIL" else set()
    assert rest.code == 0
    assert set(rest.names) == {test.replace(".py", "") for test in never} | failed
    flaky = ", 1 flaky" if failed else ""
    proved = headline(f"proved: 5 tests ran exactly once in 2 shards, then what was left in 1 shard{flaky}")
    noted = [headline(f"test_s.py{FAILED_ONLY_PRUNED}")] if failed and "--shard-prune=off" not in options else []
    assert merged(project, options=["--check"], code=0).lines == (proved, *noted)


def stopped_tests(never: list[str], env: str) -> list[str]:
    """The lines on tests that did not run; the one that was interrupted had begun."""
    if env == "FAIL":
        return [headline(f"{many(len(never))} assigned and not run, by shard 1/2: {names(never)}")]
    return [
        headline(f"1 test started and not finished, by shard 1/2: {never[0]}"),
        headline(f"1 test assigned and not run, by shard 1/2: {never[1]}"),
    ]


@pytest.mark.parametrize("prune", ["on", "off"])
def test_collection_errors_stop_shards_or_make_the_run_red(tmp_path: Path, prune: str) -> None:
    """Those that collect the file: all of them, or its owner."""
    project = Project.make(
        tmp_path / "project",
        {"test_bad.py": "import nowhere\n", "test_a.py": functions("a", "b"), "test_b.py": functions("c")},
        ini=f"shard_prune = {prune}",
    )
    first = project.run_all(2, env={**CI, "GITHUB_RUN_ID": "40"})
    assert [result.code for result in first] == ([2, 0] if prune == "on" else [2, 2])
    lost = {1: "2 tests assigned and not run, by shard 1/2: test_a.py::test_a, test_a.py::test_b"}
    if prune == "off":
        lost[2] = "1 test assigned and not run, by shard 2/2: test_b.py::test_c"
    result = merged(project, options=["--check"], code=2)
    assert result.lines[0] == headline(f"stopped: {2 if prune == 'on' else 3} of 3 tests did not run")
    assert sorted(result.lines[1:]) == sorted(
        [
            *(headline(f"shard {number}/2 stopped early: errors during collection") for number in lost),
            *map(headline, lost.values()),
            headline("could not be collected: test_bad.py"),
            f"run what is left with pytest --shard-rerun={project.home / 'runs'}",
        ]
    )

    again = project.run_all(2, "--continue-on-collection-errors", env=CI)
    assert [result.code for result in again] == ([1, 0] if prune == "on" else [1, 1])
    result = merged(project, project.home / "runs" / RUN, options=["--check"], code=1)
    assert result.lines == (
        headline("proved: 3 tests ran exactly once in 2 shards, 1 file could not be collected"),
        headline("could not be collected: test_bad.py"),
    )


@pytest.mark.parametrize("hook", ["pytest_sessionfinish", "pytest_runtest_logfinish"])
@pytest.mark.parametrize("options", [(), ("-n1",)], ids=["alone", "xdist"])
def test_an_internal_error_of_another_plugin_at_the_end_is_red_and_said(
    tmp_path: Path, hook: str, options: tuple[str, ...]
) -> None:
    broken = f"""
        import os

        def {hook}():
            if "BREAK" in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
                raise RuntimeError("another plugin")
        """
    project = Project.make(tmp_path / "project", {"conftest.py": broken, "test_a.py": functions("a")})
    assert project.run(1, 1, *options, env={**CI, "BREAK": "yes"}).code != 0
    assert merged(project, options=["--check"], code=1).lines == (
        headline("proved: 1 test ran exactly once in 1 shard"),
        headline("shard 1/1 exited with 3 although none of its tests says why; see its log"),
    )


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("session.exitstatus = 5", 5),
        ("pytest.exit('enough', returncode=7)", 7),
        ("session.exitstatus = 6; pytest.exit('enough')", 6),
    ],
)
def test_a_plugin_that_makes_the_run_red_at_its_end_is_believed(tmp_path: Path, ending: str, code: int) -> None:
    gate = f"import pytest\n\ndef pytest_sessionfinish(session):\n    {ending}\n"
    project = Project.make(tmp_path / "project", {"conftest.py": gate, "test_a.py": functions("a")})
    assert project.run(1, 1, env=CI).code == code
    assert merged(project, options=["--check"], code=1).lines == (
        headline("proved: 1 test ran exactly once in 1 shard"),
        headline(f"shard 1/1 exited with {code} although none of its tests says why; see its log"),
    )
