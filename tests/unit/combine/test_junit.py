"""From the files and journals of shards to one JUnit file."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from junit_files import cases_in, properties_in, suite_in
from making import FILE, finished

from pytest_smartshard.combine.beside import junit_beside
from pytest_smartshard.combine.junit import CombinedJunit, JunitPart, JunitStyle, JunitTest, combine
from pytest_smartshard.errors import UsageError
from pytest_smartshard.model.record import FinishedTest
from pytest_smartshard.model.suite import ItemKey

CLASSNAME = "tests.test_a"
STYLE = JunitStyle()


def part(
    cases: str | None,
    *tests: FinishedTest,
    name: str = "1.xml",
    started: float = 0.0,
    superseded: tuple[str, ...] = (),
    suite: str = "",
) -> JunitPart:
    """A shard whose suite holds *cases*; of its *tests* those in *superseded* do not count."""
    return JunitPart(
        name=name,
        document=None
        if cases is None
        else f"<testsuites><testsuite {suite}>{cases}</testsuite></testsuites>".encode(),
        tests=[JunitTest(test=test, counts=test.key.tail not in superseded) for test in tests],
        started=started,
    )


def case(name: str, inner: str = "", *, classname: str = CLASSNAME, time: str = "0.250") -> str:
    return f'<testcase classname="{classname}" name="{name}" time="{time}">{inner}</testcase>'


def names(whole: CombinedJunit) -> list[str]:
    return [dict(case.attributes)["name"] for case in cases_in(whole.document)]


def the_case(whole: CombinedJunit) -> dict[str, Any]:
    """The only case, with its results as (tag, attributes, text)."""
    (found,) = ET.fromstring(whole.document).iter("testcase")
    return {**found.attrib, "results": [(child.tag, child.attrib, child.text) for child in found]}


def test_cases_are_ordered_by_file_whoever_ran_them() -> None:
    other = FinishedTest(key=ItemKey("a.py", "test_x"), stored_tail="test_x", outcome="passed")
    first = part(case("test_b") + case("test_a"), finished("test_b"), finished("test_a"), name="1.xml")
    second = part(case("test_x", classname="a") + case("test_c"), other, finished("test_c"), name="2.xml")
    whole = combine([second, first], STYLE)
    assert names(whole) == ["test_x", "test_b", "test_a", "test_c"]
    assert whole.document == combine([first, second], STYLE).document
    assert (whole.made, whole.notes) == (0, ())


def test_totals_are_those_of_the_cases() -> None:
    failed = case("test_a", '<failure message="m">t</failure>', time="1.5") + case(
        "test_a", "<error/>", time="0.125"
    )
    first = part(
        failed + case("test_b", "<skipped/>"),
        finished("test_a", outcome="failed"),
        finished("test_b", outcome="skipped"),
        suite='name="x" tests="99" errors="9" failures="9" skipped="9" time="99" '
        'timestamp="2026-01-02T03:04:05" hostname="one"',
        started=20.0,
        name="1.xml",
    )
    second = part(
        case("test_c"),
        finished("test_c"),
        suite='timestamp="2026-01-02T03:04:01" hostname="two"',
        started=10.0,
        name="2.xml",
    )
    suite = suite_in(combine([first, second], JunitStyle(suite_name="mine")).document)
    assert suite == {
        "name": "mine",
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "2.125",
        "timestamp": "2026-01-02T03:04:01",
        "hostname": "two, one",
    }


def test_nothing_at_all_is_an_empty_suite() -> None:
    for parts in ([], [part("")], [part(None)]):
        suite = suite_in(combine(parts, STYLE).document)
        assert (suite["tests"], suite["failures"], suite["time"]) == ("0", "0", "0")


def test_the_start_of_a_shard_without_a_file_is_that_of_its_journal() -> None:
    assert (
        suite_in(combine([part(None, started=86_400.0)], STYLE).document)["timestamp"]
        == "1970-01-02T00:00:00+00:00"
    )
    assert "timestamp" not in suite_in(combine([part(None, started=1e300)], STYLE).document)


def test_what_is_in_a_case_is_kept() -> None:
    inner = (
        '<properties><property name="ticket" value="7"/></properties><failure message="a&#10;b" type="T">'
        "é &lt;x&gt; #x1B</failure><failure>second</failure><system-out>out</system-out>"
        "<system-err>err</system-err>"
    )
    before = case("test_a", inner)
    whole = combine([part(before, finished("test_a", outcome="failed"))], STYLE)
    assert cases_in(whole.document) == cases_in(f"<a>{before}</a>".encode())


def test_properties_of_the_suite_are_there_as_often_as_one_shard_has_them() -> None:
    def told(*values: str) -> str:
        inner = "".join(f'<property name="n" value="{value}"/>' for value in values)
        return f"<properties>{inner}</properties>"

    parts = [part(told("1", "1", "2"), name="1.xml"), part(told("1", "3"), name="2.xml")]
    assert properties_in(combine(parts, STYLE).document) == [("n", "1"), ("n", "1"), ("n", "2"), ("n", "3")]


def test_a_superseded_test_leaves_no_case() -> None:
    failed = part(
        case("test_a", "<failure/>") + case("test_b"),
        finished("test_a", outcome="failed"),
        finished("test_b"),
        superseded=("test_a",),
    )
    again = part(case("test_a"), finished("test_a"), name="2.xml", started=1.0)
    suite = suite_in(combine([failed, again], STYLE).document)
    assert (suite["tests"], suite["failures"]) == ("2", "0")


def test_tests_with_one_name_are_told_apart_by_their_order() -> None:
    """As ``a/b.py`` and ``a.b.py`` are. A failure with an error in its tear-down has two cases."""
    first = FinishedTest(key=ItemKey("a/b.py", "test_x"), stored_tail="test_x", outcome="failed")
    second = FinishedTest(key=ItemKey("a.b.py", "test_x"), stored_tail="test_x", outcome="passed")
    written = [
        case("test_x", '<failure message="f"/>', classname="a.b"),
        case("test_x", '<error message="failed on teardown with &quot;e&quot;"/>', classname="a.b"),
        case("test_x", "<system-out>second</system-out>", classname="a.b"),
    ]
    for counting, expected in ((first, written[:2]), (second, written[2:])):
        tests = [JunitTest(test=test, counts=test is counting) for test in (first, second)]
        one = JunitPart(name="1.xml", document=f"<testsuite>{''.join(written)}</testsuite>".encode(), tests=tests)
        whole = combine([one], STYLE)
        assert cases_in(whole.document) == cases_in(f"<a>{''.join(expected)}</a>".encode())
        assert whole.made == 0


def test_a_case_is_found_by_the_end_of_its_class_name() -> None:
    """The file of a package outside rootdir has its module for a key, and its path in the file."""
    inside = FinishedTest(key=ItemKey("package.tests.test_a", "test_x"), stored_tail="test_x", outcome="passed")
    whole = combine([part(case("test_x", classname="....lib.package.tests.test_a"), inside)], STYLE)
    assert (whole.made, names(whole)) == (0, ["test_x"])


def test_a_case_is_found_by_the_node_id_where_that_is_known() -> None:
    test = JunitTest(test=finished("test_a", nodeid="elsewhere.py::test_a"))
    document = f"<testsuite>{case('test_a', classname='elsewhere')}</testsuite>".encode()
    assert combine([JunitPart(name="1.xml", document=document, tests=[test])], STYLE).made == 0
    lost = combine([JunitPart(name="1.xml", document=None, tests=[test])], STYLE)
    assert the_case(lost)["classname"] == "elsewhere"


def test_what_belongs_to_no_test_is_kept_once() -> None:
    broken = case("test_broken", '<error message="collection failure">0x1</error>', classname="")
    twice = case("test_broken", 2 * '<error message="collection failure">0x2</error>', classname="")
    workers = part(twice, finished("test_a", lane="gw0"), name="1.xml")
    alone = part(broken, finished("test_b"), name="2.xml", started=5.0)
    found = cases_in(combine([workers, alone], STYLE).document)
    assert [case.held for case in found if case.held] == [(("error", (("message", "collection failure"),), "?"),)]


def test_every_internal_error_is_kept() -> None:
    def fault(text: str) -> str:
        return case("internal", f'<error message="internal error">{text}</error>', classname="pytest")

    parts = [part(fault("one"), name="1"), part(fault("two"), name="2"), part(fault("one"), name="3")]
    assert suite_in(combine(parts, STYLE).document)["errors"] == "2"


def test_a_case_of_another_shards_test_is_left_out() -> None:
    """As where two shards wrote to one path at the same time; and that of an interrupted test has no name."""
    written = case("test_a") + case("test_b") + '<testcase time="0.1"/>'
    parts = [part(written, finished("test_a"), name="1"), part(written, finished("test_b"), name="2")]
    assert names(combine(parts, STYLE)) == ["test_a", "test_b"]


TRACE = """
    def test_a():
>       assert 1 == 2, "no\\x00"
E       AssertionError: no\x00
E       assert 1 == 2

test_a.py:3: AssertionError
--- Captured stdout call ---
E   this was printed"""

MADE: dict[str, tuple[dict[str, Any], list[tuple[str, dict[str, str], str | None]]]] = {
    "passed": ({}, []),
    "xpassed": ({"outcome": "xpassed"}, []),
    "failed": (
        {"outcome": "failed", "details": TRACE},
        [("failure", {"message": "AssertionError: no#x00\nassert 1 == 2"}, TRACE.replace("no\x00", "no#x00"))],
    ),
    "error in set-up": (
        {"outcome": "error", "details": "E   RuntimeError: no", "call": 0},
        [("error", {"message": 'failed on setup with "RuntimeError: no"'}, "E   RuntimeError: no")],
    ),
    "error in tear-down": (
        {"outcome": "error", "details": "E   RuntimeError: no"},
        [("error", {"message": 'failed on teardown with "RuntimeError: no"'}, "E   RuntimeError: no")],
    ),
    "crashed": (
        {"outcome": "crashed", "details": "worker 'gw0' crashed while running 'a'"},
        [
            (
                "error",
                {"message": "failed on setup with \"worker 'gw0' crashed while running 'a'\""},
                "worker 'gw0' crashed while running 'a'",
            )
        ],
    ),
    "skipped": (
        {"outcome": "skipped", "details": "Skipped: not now"},
        [("skipped", {"message": "not now", "type": "pytest.skip"}, f"{FILE}: not now")],
    ),
    "xfailed": (
        {"outcome": "xfailed", "details": "reason: known"},
        [("skipped", {"message": "known", "type": "pytest.xfail"}, None)],
    ),
    "xpassed strictly": (
        {"outcome": "failed", "details": "[XPASS(strict)] why"},
        [("failure", {"message": "[XPASS(strict)] why"}, "[XPASS(strict)] why")],
    ),
    "native traceback": (
        {"outcome": "failed", "details": "Traceback (most recent call last):\n  File x\nValueError: no"},
        [
            (
                "failure",
                {"message": "ValueError: no"},
                "Traceback (most recent call last):\n  File x\nValueError: no",
            )
        ],
    ),
    "nothing told": ({"outcome": "failed", "details": ""}, [("failure", {}, None)]),
}


@pytest.mark.parametrize("kind", MADE)
def test_a_lost_case_is_made_as_pytest_would_have(kind: str) -> None:
    fields, results = MADE[kind]
    test = finished(
        "TestA::test_a[é\x1b]", **{"setup": 250_000, "call": 1_000_000, "teardown": 500_000, **fields}
    )
    whole = combine([part(None, test)], STYLE)
    assert whole.made == 1
    seconds = "0.75" if test.call == 0 else "1.75"
    assert the_case(whole) == {
        "classname": f"{CLASSNAME}.TestA",
        "name": "test_a[é#x1B]",
        "time": seconds,
        "results": results,
    }


def test_a_made_case_is_in_the_style_of_the_run() -> None:
    style = JunitStyle(family="xunit1", prefix="ci", calls_only=True)
    made = the_case(combine([part(None, finished("test_a", 2_000_000, setup=1_000_000))], style))
    assert made == {"classname": f"ci.{CLASSNAME}", "name": "test_a", "file": FILE, "time": "2.0", "results": []}
    module = FinishedTest(key=ItemKey("package.test_a", "test_x"), stored_tail="test_x", outcome="passed")
    assert "file" not in the_case(combine([part(None, module)], style))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("E   " + "x" * 501, "x" * 500 + "...\n[truncated; full report in element text]"),
        (f"E   {'a' * 300}\nE   {'b' * 300}", "a" * 300 + "\n[+1 more line; full report in element text]"),
        (f"E   {'a' * 501}\nE   b\nE   c", "a" * 500 + "...\n[+2 more lines; full report in element text]"),
    ],
)
def test_a_long_message_is_shortened(text: str, expected: str) -> None:
    made = the_case(combine([part(None, finished("test_a", outcome="failed", details=text))], STYLE))
    assert made["results"][0][1]["message"] == expected


def test_a_test_that_its_own_file_lacks_is_made_too() -> None:
    whole = combine([part(case("test_a"), finished("test_a"), finished("test_b"))], STYLE)
    assert (names(whole), whole.made) == (["test_a", "test_b"], 1)


DEEP = "<x>" * 60 + "</x>" * 60
BOMB = '<!DOCTYPE t [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>'
OUTSIDE = '<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/hostname">]><testsuite name="&a;"/>'


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "is no complete XML"),
        (b"<testsuite>", "is no complete XML"),
        (b"<testsuite>&nothing;</testsuite>", "is no complete XML"),
        (b"<testsuite name='\x01'/>", "is no complete XML"),
        ("<testsuite/>".encode("utf-16"), "is no complete XML"),
        (b"<?xml version='1.0' encoding='no-such'?><testsuite/>", "is no complete XML"),
        (BOMB.encode(), "has a document type, which is not read"),
        (OUTSIDE.encode(), "has a document type, which is not read"),
        (b"<html/>", "is XML, but no JUnit report"),
        (b"<testsuites xmlns='u'/>", "is XML, but no JUnit report"),
        (f"<testsuite>{DEEP}</testsuite>".encode(), "is XML, but no JUnit report"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(document: bytes, reason: str) -> None:
    broken = JunitPart(name="runs/2.xml", document=document, tests=[JunitTest(test=finished("test_a"))])
    whole = combine([broken, part(case("test_b"), finished("test_b"))], STYLE)
    assert whole.notes == (f"runs/2.xml {reason}: its test cases are made from the journal",)
    assert (sorted(names(whole)), whole.made) == (["test_a", "test_b"], 1)


@pytest.mark.parametrize("time", ["abc", "nan", "inf", "-1", "1e300", "1,2,3x"])
def test_a_time_that_is_none_counts_nothing(time: str) -> None:
    whole = combine(
        [part(case("test_a", time=time) + case("test_b", time="1.5"), finished("test_a"), finished("test_b"))],
        STYLE,
    )
    assert suite_in(whole.document)["time"] == "1.5"


def test_instructions_and_comments_do_no_harm() -> None:
    document = f"<!-- a --><?x y?><testsuite><!-- b -->{case('test_a', '<!-- c --><?p i?>')}</testsuite>".encode()
    whole = combine([JunitPart(name="1", document=document, tests=[JunitTest(test=finished("test_a"))])], STYLE)
    assert (names(whole), whole.made) == (["test_a"], 0)


def test_the_style_of_a_run_survives_its_journal() -> None:
    style = JunitStyle(family="xunit1", suite_name="nightly \ud800", prefix="ci", calls_only=True)
    assert JunitStyle.from_facts(style.facts()) == style
    assert JunitStyle.from_facts({}) == JunitStyle()
    assert JunitStyle.from_facts({"family": "xunit9"}).family == "xunit2"
    assert suite_in(combine([], style).document)["name"] == "nightly #xD800"


def test_the_file_of_a_journal_lies_beside_it() -> None:
    assert junit_beside(Path("runs/r/0-2-of-6-1.jsonl")) == Path("runs/r/0-2-of-6-1.xml")


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_smartshard.combine.junit.find_spec", lambda name: None)
    with pytest.raises(UsageError) as refused:
        combine([], STYLE)
    assert str(refused.value) == (
        "JUnit files are not combined, because that needs junitparser; run pip install 'pytest-smartshard[junit]'"
    )


WITHOUT_LXML = """
import sys
if sys.argv[1] == "without":
    sys.modules["lxml"] = None
from test_junit import mixed
sys.stdout.buffer.write(mixed())
assert ("lxml.etree" in sys.modules) == (sys.argv[1] == "with")
"""


def mixed() -> bytes:
    """A file of cases that are kept and cases that are made."""
    kept = part(
        case("test_a", '<failure message="a&#10;b">é\n&lt;😀</failure>')
        + "<properties><property name='a' value='b'/></properties>",
        finished("test_a", outcome="failed"),
        suite='hostname="é"',
    )
    return combine(
        [kept, part(None, finished("test_b[é]", outcome="failed", details="é\x00"), name="2")], STYLE
    ).document


def test_it_makes_no_difference_whether_lxml_is_installed() -> None:
    """junitparser takes it where it is there."""
    written = {}
    for which in ("with", "without"):
        here = Path(__file__).parent
        program = f"import sys; sys.path[:0] = [{str(here)!r}, {str(here.parents[1])!r}]\n{WITHOUT_LXML}"
        done = subprocess.run(
            [sys.executable, "-c", program, which], capture_output=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()
        written[which] = ET.canonicalize(done.stdout.decode())
    assert written["with"] == written["without"]
