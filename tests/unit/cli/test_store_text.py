"""What ``smartshard store`` shows to persons and to machines."""

from __future__ import annotations

import json
import textwrap
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from stored import CostsByName, run_of, with_shared_costs, write

from pytest_smartshard.cli import store_json, store_phrases, store_text
from pytest_smartshard.model.record import Journal
from pytest_smartshard.model.segment import Segment
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.operations.comparing import compare
from pytest_smartshard.operations.ghosts import FilesHere
from pytest_smartshard.operations.inspecting import StoreView, look_into
from pytest_smartshard.operations.pruning import Rule, prune
from pytest_smartshard.operations.rearranging import Change
from pytest_smartshard.reports.display import printable
from pytest_smartshard.store.place import StorePlace

APP, LIB = Segment("app", "linux-3.12"), Segment("lib", "linux-3.12")
TESTS: CostsByName = {
    "tests/test_a.py": {"x": 12_300_000, "y[ü\x1b]": 1_000_000},
    "gone/test_b.py": {"z": 5_000_000},
    "gone/test_c.py": {"z": 20_000},
}
STARTED = 1_769_500_000.0  # 2026-01-27 07:46:40 UTC


@pytest.fixture
def view(tmp_path: Path) -> StoreView:
    (tmp_path / "root" / "tests").mkdir(parents=True)
    (tmp_path / "root" / "tests" / "test_a.py").touch()
    later = run_of({"tests/test_a.py": {"x": 12_300_000}}, "gh-2", started=STARTED + 3_600, done=False)
    write(tmp_path / "store", APP, run_of(TESTS, "gh-1", started=STARTED), later)
    write(tmp_path / "store", LIB)
    (tmp_path / "store" / "x@y@z.json").write_text("{", encoding="ascii")
    here = FilesHere(tmp_path / "root", [])
    return look_into(StorePlace.at(tmp_path / "store"), [], "app", here, 2)


def shown(view: StoreView, *, ascii_only: bool = False) -> str:
    now = STARTED + 3 * 86_400
    return store_text.shown(view, now, "app", partial(printable, ascii_only=ascii_only)) + "\n"


def test_segments(view: StoreView) -> None:
    assert shown(view) == textwrap.dedent(
        """\
        segment             tests  files    time  ghosts  newest run
        app@linux-3.12@all      4      3  18.3 s       2  gh-2, 2 days ago
        lib@linux-3.12@all      0      0  0.00 s       ?  -

        app@linux-3.12@all
          tests         4 of 3 files, 18.3 s in all
          top           1 test (1 in 100) holds 67 % of the time
          runs          2 with samples, 0 without
          newest run    gh-2, 2026-01-27 08:46:40 UTC, 2 days ago; incomplete, 3 tests not seen by it
          complete run  gh-1, 2026-01-27 07:46:40 UTC, 3 days ago; complete, every test was in it
          ghosts        2 tests of 2 files that are gone (5.02 s): gone/test_b.py, gone/test_c.py

            time  share  test
          12.3 s   67 %  tests/test_a.py::x
          5.00 s   27 %  gone/test_b.py::z

        lib@linux-3.12@all
          tests       0 of 0 files, 0.00 s in all
          top         0 tests (1 in 100) hold 0 % of the time
          runs        0 with samples, 0 without
          newest run  -
          ghosts      not looked for: this is the root folder of app; start it in that of lib
        """
    )


def shared_run(*, module: int = 3_000_000, needs: str = "module db[1]") -> Journal:
    """A run that measured what its tests share."""
    tests: CostsByName = {
        "tests/test_a.py": {"x": 2_000_000, "y": 1_000_000},
        "tests/test_b.py": {"z": 1_000_000},
    }
    return with_shared_costs(
        run_of(tests, "gh-1", started=STARTED),
        start_up=1_200_000,
        each_test=180,
        collecting={"tests/test_a.py": 600_000, "tests/test_b.py": 300_000, "tests/none\x1b.py": 100_000},
        needs={"tests/test_a.py": [needs, "session ü"], "tests/test_b.py": ["session ü"]},
        paid={
            "tests/test_a.py": [
                SharedTime("tests/test_a.py", "module db[1]", module, 0),
                SharedTime("", "session ü", 2_000_000, 0),
            ]
        },
    )


def test_what_tests_share(tmp_path: Path) -> None:
    write(tmp_path / "store", APP, shared_run())
    view = look_into(StorePlace.at(tmp_path / "store"), [], "lib", FilesHere(tmp_path, []), 2)
    assert shown(view) == textwrap.dedent(
        """\
        app@linux-3.12@all
          tests       3 of 2 files, 4.00 s in all
          top         1 test (1 in 100) holds 50 % of the time
          runs        1 with samples, 0 without
          newest run  gh-1, 2026-01-27 07:46:40 UTC, 3 days ago; complete, every test was in it
          ghosts      not looked for: this is the root folder of app; start it in that of app
          each shard  start-up 1.20 s, beside each test 0.18 ms
          shared      3 files to collect, 1.00 s; 2 fixtures, 5.00 s to set up each once

            time  share  test
          2.00 s   50 %  tests/test_a.py::x
          1.00 s   25 %  tests/test_a.py::y

            time  share  file to collect
          0.60 s   60 %  tests/test_a.py
          0.30 s   30 %  tests/test_b.py

            time  tests  fixture
          3.00 s      2  tests/test_a.py: module db[1]
          2.00 s      3  session ü
        """
    )
    document = json.loads(store_json.shown(view, tmp_path))
    assert document["segments"][0]["shared"] == {
        "start_up_seconds": 1.2,
        "each_test_seconds": 0.00018,
        "collected_files": 3,
        "collecting_seconds": 1.0,
        "dearest_files": [
            {"file": "tests/test_a.py", "seconds": 0.6},
            {"file": "tests/test_b.py", "seconds": 0.3},
        ],
        "fixtures": 2,
        "fixtures_seconds": 5.0,
        "dearest_fixtures": [
            {"place": "tests/test_a.py", "name": "module db[1]", "seconds": 3.0, "tests": 2},
            {"place": "", "name": "session ü", "seconds": 2.0, "tests": 3},
        ],
    }


def test_what_is_not_known_of_a_process_is_said(tmp_path: Path) -> None:
    write(tmp_path / "store", APP, with_shared_costs(run_of(TESTS), collecting={"tests/none\x1b.py": 100_000}))
    view = look_into(StorePlace.at(tmp_path / "store"), [], "lib", FilesHere(tmp_path, []), 0)
    said = shown(replace(view, segments=tuple(replace(found, biggest=()) for found in view.segments)))
    assert said.splitlines()[-2:] == [
        "  each shard  start-up not known, beside each test not known",
        "  shared      1 file to collect, 0.10 s; 0 fixtures, 0.00 s to set up each once",
    ]
    view = look_into(StorePlace.at(tmp_path / "store"), [], "lib", FilesHere(tmp_path, []), 1)
    assert shown(view).splitlines()[-1] == "  0.10 s  100 %  tests/none\\x1b.py"
    (found,) = json.loads(store_json.shown(view, tmp_path))["segments"]
    assert (found["shared"]["start_up_seconds"], found["shared"]["each_test_seconds"]) == (None, None)


def test_other_shared_costs_and_needs(tmp_path: Path) -> None:
    a = write(tmp_path / "a.json", APP, shared_run())
    b = write(tmp_path / "b.json", APP, shared_run(module=9_000_000, needs="together x"))
    assert store_text.difference(compare(a, b), 1, printable) + "\n" == textwrap.dedent(
        """\
        app@linux-3.12@all
          tests  3 -> 3
          time   4.00 s -> 4.00 s

          shared costs: 0 only in A, 0 only in B, 1 changed
            3.00 s  ->  9.00 s  tests/test_a.py: module db[1]
          2 tests with other needs
        """
    )
    (found,) = json.loads(store_json.difference(compare(a, b), 1))["segments"]
    assert not found["equal"]
    assert (found["changed_shared"], found["other_needs"]) == (1, 2)
    assert compare(a, a)[0].is_equal


def test_a_file_that_says_that_it_is_of_another_segment(view: StoreView) -> None:
    only = replace(view, segments=(replace(view.segments[1], said="other\n@x"),))
    assert shown(only).splitlines()[-1] == "  note        the file says that it is of other\\n@x"


def test_ghosts_that_cannot_be_judged(view: StoreView) -> None:
    ghosts = view.segments[0].ghosts
    assert ghosts is not None

    def line(tests: int, unjudged: int = 0, files: tuple[str, ...] = ()) -> str:
        found = replace(ghosts, tests=tests, unjudged=unjudged, files=files)
        segment = replace(view.segments[0], ghosts=found, biggest=())
        return shown(replace(view, segments=(segment,))).splitlines()[-1].split("  ")[-1]

    assert line(tests=0, unjudged=3) == "3 tests of packages that are not installed here"
    assert line(tests=0) == "none"
    assert line(tests=3, files=("a.py",)) == "over half are ghosts: see that this is the root folder of the suite"
    assert line(tests=1, unjudged=1, files=("a.py",)) == (
        "1 test of 1 file that is gone (5.02 s): a.py; 1 test of packages that are not installed here"
    )


def test_names_are_safe_to_print(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", APP, run_of(TESTS))
    (found,) = look_into(StorePlace.at(path), [], "app", FilesHere(tmp_path, []), 9).segments
    view = StoreView(segments=(found,), unusable=())
    assert "tests/test_a.py::y[ü\\x1b]" in shown(view)
    assert shown(view, ascii_only=True).isascii()


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        (0.0, "1970-01-01T00:00:00+00:00"),
        (STARTED, "2026-01-27T07:46:40+00:00"),
        (1e300, "None"),
        (1e12, "None"),
    ],
)
def test_moments(started: float, expected: str) -> None:
    found = store_text.moment(started)
    assert (found.isoformat() if found else "None") == expected


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (-5.0, "in the future of this clock"),
        (59.9, "just now"),
        (60.0, "1 minute ago"),
        (7_300.0, "2 hours ago"),
        (86_400.0, "1 day ago"),
        (86_400.0 * 1_500, "1,500 days ago"),
    ],
)
def test_ages(passed: float, expected: str) -> None:
    assert store_text.age(passed) == expected


def test_segments_for_machines(view: StoreView, tmp_path: Path) -> None:
    text = store_json.shown(view, tmp_path / "store")
    assert text.isascii()
    document = json.loads(text)
    first, second = document["segments"]
    assert first == {
        "segment": APP.slug,
        "file": str(tmp_path / "store" / f"{APP.slug}.json"),
        "tests": 4,
        "files": 3,
        "total_seconds": 18.32,
        "runs": 2,
        "other_runs": 0,
        "newest_run": {
            "run": "gh-2",
            "started": "2026-01-27T08:46:40Z",
            "complete": False,
            "unseen_tests": 3,
        },
        "newest_complete_run": {
            "run": "gh-1",
            "started": "2026-01-27T07:46:40Z",
            "complete": True,
            "unseen_tests": 0,
        },
        "ghosts": {
            "gone_files": ["gone/test_b.py", "gone/test_c.py"],
            "gone_tests": 2,
            "gone_seconds": 5.02,
            "unjudged_tests": 0,
        },
        "top_tests": 1,
        "top_seconds": 12.3,
        "biggest": [
            {"test": "tests/test_a.py::x", "seconds": 12.3},
            {"test": "gone/test_b.py::z", "seconds": 5.0},
        ],
        "shared": None,
    }
    assert (second["newest_run"], second["newest_complete_run"], second["ghosts"]) == (None, None, None)
    assert (document["format"], document["version"]) == ("smartshard-store", 1)
    assert document["store"] == str(tmp_path / "store")
    assert document["unusable"] == [
        {
            "file": str(tmp_path / "store" / "x@y@z.json"),
            "reason": "is no complete JSON; remove it, or bring back the file that was there",
        }
    ]


def test_differences(tmp_path: Path) -> None:
    one: CostsByName = {"t.py": {"v": 10_000_000, "x": 1_000_000, "y": 500_000, "z": 700_000}}
    two: CostsByName = {"t.py": {"n": 12_000_000, "v": 9_000_000, "x": 3_000_000, "z": 700_000}}
    write(tmp_path / "a", APP, run_of(one))
    write(tmp_path / "b", APP, run_of(two))
    write(tmp_path / "a", LIB, run_of(one, "r1"))
    write(tmp_path / "b", LIB, run_of(one, "r2"))
    write(tmp_path / "b", Segment("new", "linux-3.12"), run_of(one))
    found = compare(tmp_path / "a", tmp_path / "b")
    assert store_text.difference(found, 1, printable) + "\n" == textwrap.dedent(
        """\
        app@linux-3.12@all
          tests  4 -> 4
          time   12.2 s -> 24.7 s

          only in A: 1 test, 0.50 s
            0.50 s  t.py::y

          only in B: 1 test, 12.0 s
            12.0 s  t.py::n

          changed: 2 tests
            1.00 s  ->  3.00 s  x3.00  t.py::x

        lib@linux-3.12@all: equal, 4 tests, 12.2 s; the runs differ

        new@linux-3.12@all, only in B
          tests  0 -> 4
          time   0.00 s -> 12.2 s

          only in B: 4 tests, 12.2 s
            10.0 s  t.py::v
        """
    )
    document = json.loads(store_json.difference(found, 1))
    assert (document["format"], document["version"], document["equal"]) == (
        "smartshard-store-difference",
        1,
        False,
    )
    assert document["segments"][0] == {
        "a": APP.slug,
        "b": APP.slug,
        "equal": False,
        "same_runs": True,
        "a_tests": 4,
        "b_tests": 4,
        "a_seconds": 12.2,
        "b_seconds": 24.7,
        "only_a": 1,
        "only_b": 1,
        "changed": 2,
        "only_a_shared": 0,
        "only_b_shared": 0,
        "changed_shared": 0,
        "other_needs": 0,
        "only_a_tests": [{"test": "t.py::y", "seconds": 0.5}],
        "only_b_tests": [{"test": "t.py::n", "seconds": 12.0}],
        "changed_tests": [{"test": "t.py::x", "before_seconds": 1.0, "after_seconds": 3.0, "factor": 3.0}],
    }
    assert [segment["equal"] for segment in document["segments"]] == [False, True, False]
    assert document["segments"][2]["a"] is None


def test_two_files_of_different_segments_are_named_both(tmp_path: Path) -> None:
    a, b = write(tmp_path / "a.json", APP), write(tmp_path / "b.json", LIB, run_of({"t.py": {"x": 1_000_000}}))
    assert store_text.difference(compare(a, b), 0, printable).splitlines() == [
        f"{APP.slug} -> {LIB.slug}",
        "  tests  0 -> 1",
        "  time   0.00 s -> 1.00 s",
        "",
        "  only in B: 1 test, 1.00 s",
    ]


def test_what_was_pruned(tmp_path: Path) -> None:
    store = write(tmp_path / "store", APP, run_of(TESTS))
    place, rule = StorePlace.at(store.parent), Rule(suite="app", before=2_000.0)

    def said(rule: Rule, *, dry_run: bool) -> str:
        (found,) = prune(place, [], rule, tmp_path, dry_run=dry_run, sure=True).pruned
        return store_phrases.pruned(found, printable, dry_run=dry_run)

    names = "tests/test_a.py::x, gone/test_b.py::z, tests/test_a.py::y[ü\\x1b] and 1 more"
    what = "4 tests of 3 files (18.3 s), 0 left"
    assert said(Rule(suite="app", before=0.0), dry_run=True) == f"{APP.slug}: nothing to take out of 4 tests"
    assert said(rule, dry_run=True) == (
        f"{APP.slug}: would take out {what}, which is over half and needs --yes: {names}"
    )
    assert said(rule, dry_run=False) == f"{APP.slug}: took out {what}: {names}"


def test_what_was_changed() -> None:
    held = Change(segment=APP, path=Path("a.json"), tests=1_000, files=1)
    gone = Change(segment=APP, path=Path("a.json"), tests=0, files=0, is_removed=True)
    assert [store_phrases.changed(held, dry_run=dry_run) for dry_run in (False, True)] == [
        f"{APP.slug}: now holds 1,000 tests of 1 file in a.json",
        f"{APP.slug}: would hold 1,000 tests of 1 file in a.json",
    ]
    assert [store_phrases.changed(gone, dry_run=dry_run) for dry_run in (False, True)] == [
        f"{APP.slug}: removed, its tests are all elsewhere now",
        f"{APP.slug}: would be removed, its tests are all elsewhere now",
    ]
