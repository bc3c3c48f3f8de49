"""What ``smartshard import`` says, and how it ends."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_smartshard.cli.main import main
from pytest_smartshard.settings.naming import environment_name

SEGMENT = f"root@{environment_name()}@all"

Command = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a project, which is the current one."""
    for name in ("pytest.ini", "tests/test_a.py", ".git/config"):
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path / "root")
    for name in ("SMARTSHARD_STORE", "SMARTSHARD_ENV"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "root"


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command; returns its exit code, its lines, and those of its errors."""

    def run(*arguments: object) -> tuple[int, list[str], list[str]]:
        code = main(["import", *map(str, arguments)])
        printed = capsys.readouterr()
        return code, printed.out.splitlines(), printed.err.splitlines()

    return run


def split(path: Path, *nodeids: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict.fromkeys(nodeids, 1)))
    return path


def test_it_says_what_was_read_and_what_of_it_is_here(root: Path, command: Command) -> None:
    path = split(root / "split.json", "tests/test_a.py::a", "tests/test_a.py::b")
    report = root / "junit.xml"
    report.write_text(
        '<testsuite><testcase classname="tests.test_a" name="c" time="1"><failure/></testcase>'
        '<testcase classname="tests.test_a" name="d" time="0"><skipped/></testcase>'
        '<testcase classname="TestX" name="e" time="1"/></testsuite>'
    )
    store = root / ".smartshard" / "durations" / f"{SEGMENT}.json"
    said = [
        "3 tests with a duration in 1 file, of which 1 is here (100 %)",
        "1 test of these never passed: kept apart until a run passes",
        "1 test skipped or without a time: no duration",
        (
            "1 test left out, as no file here fits the class: TestX::e; with --tests=FILE they are looked for "
            "among the suite's tests"
        ),
    ]
    read = f"{SEGMENT}: 2 files read (1 of JUnit, 1 of pytest-split), 2 runs; {store}"
    assert command(path, report) == (0, [f"{read} now knows 3 tests", *said], [])
    assert command(report, path) == (0, [f"{read} already knew all of it: 3 tests", *said], [])
    assert (root / ".smartshard" / ".gitignore").is_file()


def test_quiet_it_says_only_what_is_wrong(root: Path, command: Command) -> None:
    assert command("--quiet", split(root / "split.json", "tests/test_a.py::a")) == (0, [], [])
    (root / "torn.json").write_text("{")
    code, lines, _ = command("--quiet", root / "torn.json", split(root / "split.json", "test_x.py::a"))
    assert code == 0
    assert lines == [
        f"{root / 'torn.json'} is no complete JSON: left out",
        "not here: test_x.py",
        (
            "smartshard: WARNING: only 0 of 1 imported test are in files that are here (0 %), so the durations "
            f"are of another suite, or of another root folder than {root}; start the import in the folder that "
            "pytest showed as rootdir when they were measured"
        ),
    ]


@pytest.mark.parametrize("here", [1, 2])
def test_under_half_is_said_aloud(root: Path, command: Command, here: int) -> None:
    nodeids = [f"tests/test_a.py::{number}" for number in range(here)]
    _, lines, _ = command(split(root / "split.json", *nodeids, "b/test_b.py::x", "c/test_c.py::x"))
    assert any(line.startswith("smartshard: WARNING: only 1 of 3 imported tests") for line in lines) == (
        here == 1
    )
    assert "not here: b/test_b.py, c/test_c.py" in lines


@pytest.mark.parametrize("source", ["-", "tests.txt"])
def test_with_the_suites_tests_it_says_which_have_a_duration(
    root: Path, command: Command, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    ids = "".join(f"tests/test_a.py::{name}\n" for name in "abcdefgh") + "\n8 tests collected in 0.01s\n"
    (root / "tests.txt").write_text(ids)
    monkeypatch.setattr(sys, "stdin", io.StringIO(ids))
    code, lines, _ = command(f"--tests={source}", split(root / "split.json", "tests/test_a.py::a"))
    assert code == 0
    assert lines[1:] == [
        "1 test with a duration in 1 file, of which 1 is here (100 %)",
        "1 of 8 tests of the suite now has a duration (12 %)",
        (
            "tests without a duration: tests/test_a.py::b, tests/test_a.py::c, tests/test_a.py::d, "
            "tests/test_a.py::e, tests/test_a.py::f and 2 more"
        ),
        (
            "smartshard: WARNING: only 1 of 8 tests of the suite have a duration now (12 %), so a plan will be "
            "mostly a guess; import the files of all jobs of a run, and see that they are of this suite"
        ),
    ]


def test_store_and_segment_can_be_named(root: Path, command: Command) -> None:
    path = split(root / "split.json", "tests/test_a.py::a")
    for store, file in ((root / "folder", "folder/app@linux-3.12@all.json"), (root / "x.json", "x.json")):
        code, lines, _ = command("--store", store, "--segment=app@linux-3.12@all", path)
        assert code == 0
        assert lines[0].startswith(
            f"app@linux-3.12@all: 1 file read (1 of pytest-split), 1 run; {root / file} now"
        )
        assert (root / file).is_file()
    assert not (root / ".smartshard").exists()


def test_a_folder_is_searched_and_a_file_that_is_named_too_is_read_once(root: Path, command: Command) -> None:
    path = split(root / "artifacts" / "1" / ".test_durations", "tests/test_a.py::a")
    split(root / "artifacts" / "2" / "durations.json", "tests/test_a.py::b")
    _, lines, _ = command(root / "artifacts", path)
    assert lines[0].startswith(f"{SEGMENT}: 2 files read (2 of pytest-split), 2 runs; ")


def test_all_mistakes_are_told_at_once(root: Path, command: Command) -> None:
    (root / "empty").mkdir()
    (root / "ids").write_text("none\n")
    code, lines, errors = command("--segment=x", "--store=", "--tests=ids", root / "none", root / "empty")
    assert (code, lines) == (4, [])
    assert sorted(errors) == sorted(
        [
            "smartshard: --store=: no value; give one, or leave the option out",
            (
                "smartshard: --segment=x: not the name of a segment; write suite@environment@selection, as in "
                "the file names of a store"
            ),
            (
                "smartshard: --tests=ids: no test is there; write a node id on each line, such as "
                "test_a.py::test_b"
            ),
            (
                f"smartshard: PATH={root / 'none'}: does not exist; name a file with durations, or a folder of "
                "such files"
            ),
            (
                f"smartshard: PATH={root / 'empty'}: no file of durations is there; name files, or a folder with "
                ".xml, .json, .jsonl or .test_durations"
            ),
        ]
    )
    assert not (root / ".smartshard").exists()


def test_names_that_a_terminal_could_act_on_are_escaped(root: Path, command: Command) -> None:
    _, lines, _ = command(split(root / "split.json", "x\x1b]0;\n.py::a", f"{'y' * 500}.py::a"))
    (absent,) = [line for line in lines if line.startswith("not here: ")]
    assert absent.startswith("not here: x\\x1b]0;\\n.py, yyy")
    assert len(absent) < 150
