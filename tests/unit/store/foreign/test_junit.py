"""Durations in JUnit XML."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_smartshard.store.foreign.junit import Junit
from pytest_smartshard.store.foreign.locating import Checkout
from pytest_smartshard.store.foreign.protocol import ForeignRun, Unreadable


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "test_a.py").touch()
    return Checkout(tmp_path)


def case(name: str, time: str = "1.5", inside: str = "", classname: str = "test_a") -> str:
    return f'<testcase classname="{classname}" name="{name}" time="{time}">{inside}</testcase>'


def suite(*cases: str, timestamp: str = "2024-05-01T12:00:00") -> str:
    return f'<testsuite name="pytest" timestamp="{timestamp}">{"".join(cases)}</testsuite>'


def read(text: str | bytes, checkout: Checkout) -> ForeignRun:
    (run,) = Junit().read(text if isinstance(text, bytes) else text.encode(), checkout).runs
    return run


def told(run: ForeignRun) -> dict[str, tuple[str, int]]:
    return {key.tail: (timing.outcome, timing.duration) for key, timing in run.timings.items()}


def test_how_a_test_ended_is_kept_and_a_skipped_one_has_no_duration(checkout: Checkout) -> None:
    run = read(
        suite(
            case("passed", inside="<system-out>x &lt;failure&gt;</system-out><properties/>"),
            case("failed", inside='<failure message="x">why</failure>'),
            case("error", inside='<error message="x"/>'),
            case("both", inside="<failure/><error/>"),
            case("flaky", inside="<flakyFailure/><rerunFailure/>"),
            case("skipped", "0.000", inside='<skipped type="pytest.skip" message="x">why</skipped>'),
            case("slowly_skipped", inside="<skipped/>"),
            case("xfailed", inside='<skipped type="pytest.xfail" message="" />'),
            case("nested", inside="<properties><failure/></properties>"),
        ),
        checkout,
    )
    assert told(run) == {
        "passed": ("passed", 1_500_000),
        "failed": ("failed", 1_500_000),
        "error": ("error", 1_500_000),
        "both": ("error", 1_500_000),
        "flaky": ("passed", 1_500_000),
        "xfailed": ("xfailed", 1_500_000),
        "nested": ("passed", 1_500_000),
    }
    assert (run.untimed, run.nameless) == (2, ())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0", 0),
        ("0.001", 1_000),
        (" 2 ", 2_000_000),
        ("1,234.5", 1_234_500_000),
        ("1,234,567", 1_234_567_000_000),
        ("1e-3", 1_000),
    ],
)
def test_a_time_is_seconds_with_or_without_commas(checkout: Checkout, written: str, expected: int) -> None:
    assert told(read(suite(case("t", written)), checkout)) == {"t": ("passed", expected)}


@pytest.mark.parametrize("written", ["", "-0.5", "nan", "inf", "1,5", "x", "0x10"])
def test_what_is_no_time_is_no_duration(checkout: Checkout, written: str) -> None:
    run = read(suite(case("t", written), case("u")), checkout)
    assert (told(run), run.untimed) == ({"u": ("passed", 1_500_000)}, 1)
    run = read('<testsuite><testcase classname="test_a" name="t"/></testsuite>', checkout)
    assert (told(run), run.untimed) == ({}, 1)


def test_of_several_cases_of_one_name_the_newest_counts(checkout: Checkout) -> None:
    """Reruns, a failed tear-down after a failed test, reports that were put into one file."""
    rerun = suite(case("t", "1"), case("t", "2"), case("u", "3"), case("u", "4", "<error/>"))
    assert told(read(rerun, checkout)) == {"t": ("passed", 2_000_000), "u": ("error", 4_000_000)}
    newer, older = suite(case("t", "1"), timestamp="2024-05-02T00:00:00"), suite(case("t", "2"))
    run = read(f"<testsuites>{newer}{older}</testsuites>", checkout)
    assert told(run) == {"t": ("passed", 1_000_000)}
    assert run.started == 1_714_564_800.0


def test_suites_within_suites_have_the_time_of_the_outer_one(checkout: Checkout) -> None:
    inner = f"<testsuite>{case('t', '2')}</testsuite>"
    text = (
        f'<testsuites><testsuite timestamp="2024-05-02T00:00:00">{inner}</testsuite>'
        f"{suite(case('t', '1'))}<testsuite>{case('t', '3')}</testsuite></testsuites>"
    )
    assert told(read(text, checkout)) == {"t": ("passed", 2_000_000)}


def test_cases_within_cases_do_not_confuse_the_reader(checkout: Checkout) -> None:
    inner = suite(case("inner"))
    assert list(told(read(suite(case("t", inside=inner), case("u")), checkout))) == ["t", "u"]


def test_without_a_time_of_its_own_a_run_does_not_say_when_it_was(checkout: Checkout) -> None:
    assert read(f"<testsuite>{case('t')}</testsuite>", checkout).started is None


def test_tests_of_which_no_file_is_here_are_named(checkout: Checkout) -> None:
    run = read(suite(case("t", classname="test_gone.TestA"), case("u", "0", "<skipped/>", "test_gone")), checkout)
    assert run.nameless == ("test_gone.TestA::t",)
    assert run.untimed == 1


def test_a_test_that_was_interrupted_has_no_name_and_is_none(checkout: Checkout) -> None:
    assert told(read('<testsuite><testcase time="1"/></testsuite>', checkout)) == {}


def test_namespaces_comments_and_marks_of_byte_order_are_no_matter(checkout: Checkout) -> None:
    text = (
        "\ufeff<?xml version='1.0' encoding='utf-8'?>\n<!-- <!DOCTYPE x> --><?style x?>\n"
        f'<testsuite xmlns="http://example.org/junit">{case("t")}</testsuite>'
    )
    assert list(told(read(text, checkout))) == ["t"]
    latin = f"<?xml version='1.0' encoding='latin-1'?>{suite(case('é'))}".encode("latin-1")
    assert list(told(read(latin, checkout))) == ["é"]


LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "'
    + "x" * 1_000
    + '">'
    + "".join(
        f'<!ENTITY {after} "{f"&{before};" * 10}">' for before, after in zip("abcdefg", "bcdefgh", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize(
    "head",
    [
        LAUGHS,
        "<!DOCTYPE testsuite>",
        '<!DOCTYPE testsuite SYSTEM "file:///etc/passwd">',
        '<?xml version="1.0"?>\n<!-- x --><!DOCTYPE t [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    ],
    ids=["laughs", "bare", "system", "external"],
)
def test_a_document_type_is_refused_before_anything_is_parsed(checkout: Checkout, head: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(f"{head}<testsuite>{case('&h;')}</testsuite>", checkout)
    assert str(refused.value) == "has a document type, which is not read"


def test_the_words_of_a_document_type_within_output_are_output(checkout: Checkout) -> None:
    page = "<system-out><![CDATA[<!DOCTYPE html><!ENTITY x>]]></system-out>"
    assert list(told(read(suite(case("t", inside=page)), checkout))) == ["t"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<html><body/></html>", "is XML, but no JUnit report"),
        (b"<testcase/>", "is XML, but no JUnit report"),
        (b"<testsuite>", "is no complete XML"),
        (b"<testsuite>&e;</testsuite>", "is no complete XML"),
        (b"<testsuite/><testsuite/>", "is no complete XML"),
        (b"<?xml", "is no complete XML"),
        (b"<!-- <testsuite/>", "is no complete XML"),
        (b"<", "is no complete XML"),
        (b"<?xml version='1.0' encoding='klingon'?><testsuite/>", "is no complete XML"),
        (b"<?xml version='1.0' encoding='shift_jis'?><testsuite/>", "is no complete XML"),
        (b"<?xml version='1.0' encoding='utf-16'?><testsuite/>", "is no complete XML"),
        (b"<testsuite name='\xff'/>", "is no complete XML"),
        ("<testsuite/>".encode("utf-16"), "is no complete XML"),
        ("<!DOCTYPE x><testsuite/>".encode("utf-16-le"), "is no complete XML"),
        (b"<!ELEMENT x>", "has a document type, which is not read"),
    ],
)
def test_other_xml_is_refused_in_words(checkout: Checkout, raw: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(raw, checkout)
    assert str(refused.value) == reason


def test_depth_is_no_danger(checkout: Checkout) -> None:
    deep = 100_000
    run = read(f"{'<testsuite>' * deep}{case('t')}{'</testsuite>' * deep}", checkout)
    assert list(told(run)) == ["t"]
