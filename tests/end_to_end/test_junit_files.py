"""``--junitxml`` in shards: what they leave, put together, is what a plain run would have written."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from junit_files import cases_in, combined, outcomes_in, properties_in, suite_in
from junit_schema import schema
from lxml import etree
from sharded import Journal, Project

from pytest_smartshard.combine.junit import JunitStyle

# xunit2 has no place for the properties of a test: pytest warns of that and writes them all the same.
WITH_PROPERTY = {
    "test_property.py": """
        def test_property(record_property):
            record_property("ticket", "PR-\\x1b-7")
        """
}

SUITE = {
    "conftest.py": """
        import pytest

        @pytest.fixture
        def broken(): raise RuntimeError("no set-up")

        @pytest.fixture
        def leaves_a_mess():
            yield
            raise RuntimeError("no tear-down")
        """,
    "test_outcomes.py": """
        import sys, pytest

        def test_passed():
            print("to \\x1b[31m out \\u20ac")
            print("to err", file=sys.stderr)

        def test_failed(): assert 1 == 2, "numbers & <differ>\\x00"

        def test_long(): assert list(range(200)) == list(range(1, 201)), "many\\nlines " + "x" * 600

        def test_skipped(): pytest.skip("not <now>")

        @pytest.mark.skip(reason="not here")
        def test_marked(): pass

        @pytest.mark.xfail(reason="known")
        def test_xfailed(): assert False

        @pytest.mark.xfail(reason="surprise")
        def test_xpassed(): pass

        @pytest.mark.xfail(reason="strict", strict=True)
        def test_xpassed_strictly(): pass

        def test_error_in_setup(broken): pass

        def test_error_in_teardown(leaves_a_mess): print("before")

        def test_failed_then_error(leaves_a_mess): assert False, "first this"
        """,
    "test_names.py": """
        import unittest, pytest

        IDS = ["a::b", "x[y]", "[", "\\u00e9\\u4e2d", "\\x1b[0m", "a@b", "\\U0001f600"]
        IDS += ["sp ace", "a/b.py::c", "\\x7f"]

        @pytest.mark.parametrize("value", IDS, ids=IDS)
        def test_odd(value): assert "[" not in value

        class TestOuter:
            class TestInner:
                @pytest.mark.parametrize("value", [1, 2])
                def test_deep(self, value): assert value == 1

        class Base:
            def test_inherited(self): pass

        class TestA(Base): pass

        class Case(unittest.TestCase):
            def test_case(self): pass

            @unittest.skip("old")
            def test_skipped_case(self): pass

            @unittest.expectedFailure
            def test_expected(self): self.fail()

            def test_fails(self): self.assertEqual(1, 2)
        """,
    "sub/folder/test_deep.py": """
        def test_a(): pass

        def test_b(): assert 0
        """,
    "package/adding.py": '''
        def good():
            """
            >>> 1 + 1
            2
            """

        def bad():
            """
            >>> 1 + 1
            3
            """
        ''',
    "notes.txt": """
        >>> 2 + 2
        4
        """,
    "test_broken.py": "import module_that_is_not_there",
    "test_skipped_whole.py": 'import pytest\npytest.skip("all of it", allow_module_level=True)',
}

# Without it pytest escapes in ids what is not ASCII.
RAW_IDS = "disable_test_id_escaping_and_forfeit_all_rights_to_community_support = true"

OPTIONS = ("--continue-on-collection-errors", "--doctest-modules", "--doctest-glob=*.txt")


def written(project: Project, name: str, *arguments: str, shard: str = "") -> bytes:
    """The JUnit file of one run."""
    path = project.root.parent / name
    project.pytest(f"--junitxml={path}", *OPTIONS, *([f"--shard={shard}"] if shard else []), *arguments)
    return path.read_bytes()


def in_shards(project: Project, *arguments: str, with_lanes: int = 0) -> None:
    """Three shards, of which one may run its tests in two workers."""
    for shard in (1, 2, 3):
        lanes = ["-n", "2"] if shard == with_lanes else []
        content = written(project, f"shard-{shard}.xml", *arguments, *lanes, shard=f"{shard}/3")
        (copy,) = project.home.rglob(f"0-{shard}-of-3-*.xml")
        assert copy.read_bytes() == content


# What else a run may ask of its file.
STYLES: dict[str, tuple[tuple[str, ...], JunitStyle]] = {
    "xunit2": ((), JunitStyle()),
    "xunit1": (
        ("-o", "junit_family=xunit1", "--junitprefix=ci.linux", "-o", "junit_suite_name=nightly <&>"),
        JunitStyle(family="xunit1", prefix="ci.linux", suite_name="nightly <&>"),
    ),
    "output": (("-o", "junit_logging=all"), JunitStyle()),
    "quiet": (("-o", "junit_logging=all", "-o", "junit_log_passing_tests=False"), JunitStyle()),
}


@pytest.mark.parametrize("kind", STYLES)
def test_shards_make_the_cases_of_a_plain_run(tmp_path: Path, kind: str) -> None:
    arguments, style = STYLES[kind]
    project = Project.make(tmp_path / "project", {**SUITE, **WITH_PROPERTY}, RAW_IDS)
    plain = written(project, "plain.xml", *arguments)
    in_shards(project, *arguments)

    whole = combined(project.journals(), style)

    assert (whole.made, whole.notes) == (0, ())
    assert Counter(cases_in(whole.document)) == Counter(cases_in(plain))
    expected, found = suite_in(plain), suite_in(whole.document)
    assert set(found) == set(expected)
    for name in ("name", "errors", "failures", "skipped", "hostname"):
        assert found[name] == expected[name], name
    # pytest counts a case once for each of its results: a file that cannot be collected, in two ways here, twice.
    again = sum(max(len(case.outcome[1]) - 1, 0) for case in cases_in(plain))
    assert int(found["tests"]) == len(cases_in(plain)) == int(expected["tests"]) - again


@pytest.mark.parametrize("kind", ["xunit2", "xunit1", "output"])
def test_a_shard_with_workers_leaves_the_same_outcomes(tmp_path: Path, kind: str) -> None:
    arguments, style = STYLES[kind]
    project = Project.make(tmp_path / "project", SUITE, RAW_IDS)
    plain = written(project, "plain.xml", *arguments)
    in_shards(project, *arguments, with_lanes=2)

    whole = combined(project.journals(), style)

    assert (whole.made, whole.notes) == (0, ())
    # Of a file that is skipped whole, in two ways here, xdist hands on one result.
    assert each_result_once(outcomes_in(whole.document)) == each_result_once(outcomes_in(plain))


# Older releases of pytest do not shorten messages, and escape other characters.
OTHERWISE_ONCE = {"test_long", *(f"test_odd[{name}]" for name in ("\x7f", "#x7F", "\U0001f600", "#x1F600"))}


@pytest.mark.parametrize("kind", ["xunit2", "xunit1"])
def test_what_a_killed_shard_leaves_is_made_from_its_journal(tmp_path: Path, kind: str) -> None:
    """Without the file of any shard; what tests had printed, and errors at collection, are lost with it."""
    arguments, style = STYLES[kind]
    project = Project.make(tmp_path / "project", SUITE, RAW_IDS)
    plain = written(project, "plain.xml", *arguments)
    in_shards(project, *arguments)
    for copy in project.home.rglob("*.xml"):
        copy.unlink()

    whole = combined(project.journals(), style)

    expected, found = outcomes_in(plain), outcomes_in(whole.document)
    assert whole.made == sum(found.values())
    lost = {names_of(outcome) for outcome in expected - found}
    assert lost - OTHERWISE_ONCE == {"test_broken", "test_skipped_whole", "test_failed_then_error"}
    assert {names_of(outcome) for outcome in found - expected} - OTHERWISE_ONCE == {"test_failed_then_error"}


UNCOLLECTED = ("test_broken", "test_skipped_whole")


def each_result_once(outcomes: Counter[Any]) -> Counter[object]:
    return Counter((names, frozenset(results)) for names, results in outcomes.elements())


def names_of(outcome: Any) -> str:
    return str(dict(outcome[0])["name"])


def test_a_torn_file_is_named_and_its_cases_are_made(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", SUITE, RAW_IDS)
    plain = written(project, "plain.xml")
    in_shards(project)
    (torn,) = project.home.rglob("0-2-of-3-1.xml")
    torn.write_bytes(torn.read_bytes()[:-30])
    (journal,) = project.home.rglob("0-2-of-3-1.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    ended = [place for place, line in enumerate(lines) if b'"kind":"test"' in line]
    journal.write_bytes(b"".join(lines[: ended[-2]]))  # The last two tests are gone, and the footer.

    whole = combined(project.journals())

    assert whole.notes == (f"{torn} is no complete XML: its test cases are made from the journal",)
    assert whole.made == sum(b'"kind":"test"' in line for line in lines) - 2
    lost = Counter(map(names_of, outcomes_in(plain).elements()))
    lost.subtract(map(names_of, outcomes_in(whole.document).elements()))
    # What became of files at collection, no journal's test tells; other shards have not tried to collect them.
    assert sum(count for name, count in lost.items() if name not in UNCOLLECTED) == 2


def test_the_attempt_that_counts_is_there_and_no_other(tmp_path: Path) -> None:
    project = Project.make(
        tmp_path / "project",
        {
            "test_a.py": """
                import os

                def test_flaky(): assert "AGAIN" in os.environ

                def test_steady(): pass
                """,
            "test_b.py": "def test_b(): pass",
        },
    )
    for shard in ("1/2", "2/2"):
        project.pytest(f"--shard={shard}", "--shard-run=r")
    (first,) = (
        journal.path for journal in map(Journal.read, project.journals()) if "test_flaky" in journal.outcomes
    )
    number = first.name.split("-")[1]

    again = project.pytest(f"--shard={number}/2", "--shard-run=r", env={"AGAIN": "1"})
    assert again.code == 0

    whole = combined(project.journals())
    assert suite_in(whole.document)["tests"] == "3"
    assert suite_in(whole.document)["failures"] == "0"


def test_properties_of_the_session_are_there_once(tmp_path: Path) -> None:
    project = Project.make(
        tmp_path / "project",
        {
            "conftest.py": """
                import pytest

                @pytest.fixture(scope="session", autouse=True)
                def told(record_testsuite_property):
                    record_testsuite_property("STORAGE", "CEPH & <co>")
                """,
            **{f"test_{name}.py": f"def test_{name}(): pass" for name in "abc"},
        },
    )
    in_shards(project)
    whole = combined(project.journals())
    assert properties_in(whole.document) == [("STORAGE", "CEPH & <co>")]
    assert suite_in(whole.document)["tests"] == "3"


def test_subtests_stay_as_pytest_tells_them(tmp_path: Path) -> None:
    project = Project.make(
        tmp_path / "project",
        {
            "test_it.py": """
                import unittest

                def test_bad(subtests):
                    for number in range(3):
                        with subtests.test("part", number=number):
                            assert number != 1

                class TestCase(unittest.TestCase):
                    def test_bad(self):
                        for number in range(3):
                            with self.subTest(number=number):
                                self.assertNotEqual(number, 1)
                """,
            "test_other.py": "def test_other(): pass",
        },
    )
    plain = written(project, "plain.xml")
    in_shards(project)
    assert Counter(cases_in(combined(project.journals()).document)) == Counter(cases_in(plain))


def test_files_outside_rootdir_are_found_again(tmp_path: Path) -> None:
    project = Project.make(
        tmp_path / "project",
        {
            "test_in.py": "def test_in(): pass",
            "../elsewhere/pack/__init__.py": "",
            "../elsewhere/pack/test_out.py": "def test_out(): pass",
        },
    )
    arguments = (".", "../elsewhere/pack/test_out.py", "--rootdir=.")
    plain = written(project, "plain.xml", *arguments)
    in_shards(project, *arguments)
    whole = combined(project.journals())
    assert whole.made == 0
    assert Counter(cases_in(whole.document)) == Counter(cases_in(plain))


def test_groups_of_workers_are_found_again(tmp_path: Path) -> None:
    """pytest-xdist adds them to node ids before pytest 9.2."""
    project = Project.make(
        tmp_path / "project",
        {
            "test_a.py": """
                import pytest

                @pytest.mark.xdist_group("database")
                @pytest.mark.parametrize("value", [1, 2])
                def test_grouped(value): pass
                """,
            "test_b.py": "def test_b(): assert 0",
        },
    )
    for shard in (1, 2):
        project.run(shard, 2, "-n", "2", "--dist", "loadgroup")
    whole = combined(project.journals())
    assert (whole.made, len(cases_in(whole.document))) == (0, 3)


def test_the_file_follows_the_schema_of_jenkins(tmp_path: Path) -> None:
    jenkins = schema()
    project = Project.make(tmp_path / "project", SUITE, RAW_IDS)
    jenkins.assertValid(etree.fromstring(written(project, "plain.xml", "-o", "junit_logging=all")))
    in_shards(project, "-o", "junit_logging=all", with_lanes=3)
    jenkins.assertValid(etree.fromstring(combined(project.journals()).document))
    for copy in project.home.rglob("*.xml"):
        copy.unlink()
    jenkins.assertValid(etree.fromstring(combined(project.journals()).document))
