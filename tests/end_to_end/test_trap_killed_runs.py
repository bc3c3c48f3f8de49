"""``kill -9`` at any moment of a shard: nothing passes for proved, and running what is left makes it so."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from faulty import CI, RUN, Record, ids, many, merged, names, needs_kill, rerun, suite
from sharded import GIVE_ALL, SEGMENT, Journal, Project, Result

pytestmark = needs_kill

COUNTS = {"a": 3, "b": 2}
SUITE = suite(**COUNTS)
MINE = ids(a=3)
OTHERS = ids(b=2)
ALL = ids(**COUNTS)
FIRST, MIDDLE, LAST = MINE

BEFORE_IT_RECORDS = ("configure", "collection", "import a", "deselecting")
IN_TESTS = (
    "collected",
    f"before {FIRST}",
    *(f"call {test.partition('::')[2]}" for test in MINE),
    f"setup {MIDDLE}",
    f"teardown {MIDDLE}",
    f"reported {MIDDLE}",
    f"after {MIDDLE}",
    f"after {LAST}",
    "last teardown of a",
)
BROKE_DOWN = int(pytest.ExitCode.INTERNAL_ERROR)
AT_THE_END = ("before footer", "after footer", "unconfigure")


PRUNE = ("on", "off")


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """For pruning on and off, the run folder of shard 2, which came to its end."""
    folders = {}
    for prune in PRUNE:
        project = make(tmp_path_factory.mktemp("other"), prune)
        assert [test.name for test in project.run(2, 2, env=CI).ran] == ["test_b::test_b[0]", "test_b::test_b[1]"]
        folders[prune] = project.home / "runs"
    return folders


@pytest.fixture
def project(tmp_path: Path, others: dict[str, Path], request: pytest.FixtureRequest) -> Project:
    """A project in which shard 2 of the run has ended; pruned where the test does not say otherwise."""
    prune = getattr(request, "param", "on")
    project = make(tmp_path, prune)
    shutil.copytree(others[prune], project.home / "runs")
    return project


def make(folder: Path, prune: str) -> Project:
    return Project.make(folder / "project", SUITE, ini=f"shard_prune = {prune}")


def is_pruned(project: Project) -> bool:
    return "shard_prune = on" in (project.root / "pytest.ini").read_text("utf-8")


def own_journal(project: Project) -> Journal | None:
    """The journal of shard 1, where it has begun one."""
    path = project.home / "runs" / RUN / SEGMENT / "0-1-of-2-1.jsonl"
    return Journal.read(path) if path.exists() else None


def finished(journal: Journal | None) -> Counter[str]:
    """The node ids that it has to the end."""
    return Counter(f"{line['file']}::{line['test']}" for line in journal.tests) if journal else Counter()


def expected_lines(project: Project, journal: Journal | None, begun: Sequence[str]) -> tuple[str, ...]:
    """All that a merge has to say where shard 1 left *journal*, and was in *begun*."""
    begun = sorted(begun)
    done = finished(journal)
    left = [test for test in MINE if not done[test]]
    never = [test for test in left if test not in begun]
    store = f"{project.store_path} now knows {many(len(done) + len(OTHERS))}"
    if journal is None and is_pruned(project):
        # Nobody has collected its file.
        what = "1 file (its tests are not known) did not run to the end"
        lost = ["1 file (its tests are not known) assigned and not run, by shard 1/2: test_a.py"]
    else:
        what = (
            f"{len(left)} of 5 tests did not run to the end"
            if left
            else "the journals do not show that every test ran exactly once"
        )
        groups = {
            f"{many(len(begun))} started and not finished, by shard 1/2: {names(begun)}": begun,
            f"{many(len(never))} assigned and not run, by shard 1/2: {names(never)}": never,
        }
        lost = sorted((line for line, group in groups.items() if group), key=lambda line: groups[line][0])
    lines = [f"{2 if journal else 1} {'journals' if journal else 'journal'} read, {store}", f"NOT PROVED: {what}"]
    if journal is None:
        lines.append(f"run {RUN} lacks shard 1 of 2{GIVE_ALL}")
    else:
        running = f" while it ran {names(begun)}" if begun else ""
        lines.append(f"shard 1/2 died in attempt 1{running}: its journal has no end")
    lines.extend(lost)
    rest = f"run what is left with pytest --shard-rerun={project.home / 'runs'}"
    return (*(f"{SEGMENT}: {line}" for line in lines), rest)


def heals(project: Project, done: Counter[str], *arguments: str, verdict: str = "") -> None:
    """Run what is left of all but *done*: exactly that is run, and then the whole is proved."""
    record = Record(project.root.parent / "record-of-rest")
    result = rerun(project, *arguments, env=record.env)
    assert (result.code, result.errors) == (0, ())
    assert record.done == Counter(MINE) - done
    proved(project, f", then what was left in 1 shard{verdict}", code=0)


def killed(project: Project, moment: str, *arguments: str) -> tuple[Result, Record]:
    """Run shard 1, of which a process dies at *moment*."""
    record = Record(project.root.parent / "record")
    return project.run(1, 2, *arguments, env={**CI, **record.env, "DIE_AT": moment}), record


def judged(project: Project, record: Record) -> Counter[str]:
    """What a killed shard left agrees with what its tests did, and merge says so; returns what it finished."""
    journal = own_journal(project)
    done = finished(journal)
    # A test is written down between its tear-down and what other plugins are told of it.
    assert record.told("reported", by="main") <= done <= record.done
    if journal is not None and journal.footer is not None:
        assert done == Counter(MINE)
        proved(project, code=0)
    else:
        begun = unfinished(journal) if journal else []
        # Ours is written before other plugins are told that a test begins.
        assert set(begun) >= {test for test in record.told("begun", by="main") if not done[test]}
        result = merged(project)
        assert (result.code, result.lines) == (3, expected_lines(project, journal, begun))
    return done


def unfinished(journal: Journal) -> list[str]:
    """Tests that it says have begun, and not that they have ended."""
    done = finished(journal)
    return [name for line in journal.begun if not done[name := f"{line['file']}::{line['test']}"]]


def proved(project: Project, verdict: str = "", *, code: int) -> None:
    result = merged(project)
    line = f"{SEGMENT}: proved: 5 tests ran exactly once in 2 shards{verdict}"
    assert (result.code, result.lines[1:]) == (code, (line,))


@pytest.mark.parametrize("project", PRUNE, indirect=True)
@pytest.mark.parametrize("moment", BEFORE_IT_RECORDS)
def test_a_shard_that_is_killed_before_it_records_is_missed(project: Project, moment: str) -> None:
    result, record = killed(project, f"main:{moment}")
    assert result.code == -9
    assert own_journal(project) is None
    heals(project, judged(project, record))


@pytest.mark.parametrize("moment", [*IN_TESTS, *AT_THE_END])
def test_a_shard_that_is_killed_is_found_out_and_its_rest_is_run(project: Project, moment: str) -> None:
    result, record = killed(project, f"main:{moment}")
    assert result.code == -9
    assert own_journal(project) is not None
    heals(project, judged(project, record))


@pytest.mark.parametrize("prune", PRUNE)
def test_a_shard_that_is_killed_whenever_it_touches_a_file_of_ours_is_found_out(
    tmp_path: Path, others: dict[str, Path], prune: str
) -> None:
    """While the folder, the plan, the list of tests and the journal are made, and while the footer is written."""
    without_journal = with_journal = 0
    for number in itertools.count(1):
        project = make(tmp_path / str(number), prune)
        shutil.copytree(others[prune], project.home / "runs")
        result, record = killed(project, f"main:touch {number}")
        if result.code == 0:
            break
        assert result.code == -9
        if own_journal(project) is None:
            without_journal += 1
        else:
            with_journal += 1
        judged(project, record)
    else:
        pytest.fail("it never came to its end")
    assert without_journal >= 6
    assert with_journal >= 2


@pytest.mark.parametrize("moment", ["collection", f"before {FIRST}", f"reported {MIDDLE}", "before footer"])
def test_a_controller_of_workers_that_is_killed_is_found_out_and_its_rest_is_run(
    project: Project, moment: str
) -> None:
    result, record = killed(project, f"main:{moment}", "-n2")
    assert result.code == -9
    heals(project, judged(project, record), "-n2")


@pytest.mark.parametrize("moment", ["configure", "import a", "collected", "before footer"])
def test_a_worker_that_is_killed_while_it_runs_no_test_is_replaced(project: Project, moment: str) -> None:
    result, record = killed(project, f"worker:{moment}", "-n2")
    if moment == "collected" and result.code == BROKE_DOWN:
        # xdist itself breaks down where it is just giving that worker its first tests.
        assert merged(project).code == 3
        heals(project, finished(own_journal(project)), "-n2")
        return
    assert result.code == 0
    assert finished(own_journal(project)) == record.done == Counter(MINE)
    proved(project, code=0)


@pytest.mark.parametrize("phase", ["setup", "call", "teardown", "reported", "after"])
def test_a_test_whose_worker_is_killed_is_red_and_is_run_again(project: Project, phase: str) -> None:
    """Also where it had ended: its worker dies before it says that it goes on to the next."""
    result, record = killed(project, f"worker:{phase} {MIDDLE if phase != 'call' else 'test_a[1]'}", "-n2")
    assert result.code == 1
    journal = own_journal(project)
    assert journal is not None
    assert journal.outcomes == {"test_a[0]": "passed", "test_a[1]": "crashed", "test_a[2]": "passed"}
    assert journal.footer is not None
    assert journal.footer["ran"] == 3
    assert record.done == Counter(MINE) - (Counter() if phase in ("reported", "after") else Counter([MIDDLE]))
    proved(project, ", 1 failed", code=1)
    heals(project, Counter([FIRST, LAST]), "-n2", verdict=", 1 flaky")


def test_a_worker_that_is_killed_in_the_last_teardown_makes_its_last_test_red(project: Project) -> None:
    result, _ = killed(project, "worker:last teardown of a", "-n2")
    assert result.code == 1
    journal = own_journal(project)
    assert journal is not None
    proved(project, ", 1 failed", code=1)
    green = (f"{line['file']}::{line['test']}" for line in journal.tests if line["outcome"] == "passed")
    heals(project, Counter(green), verdict=", 1 flaky")
