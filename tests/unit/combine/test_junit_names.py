"""Names in JUnit files: those that pytest gives."""

from __future__ import annotations

import pytest
from _pytest.junitxml import bin_xml_escape, mangle_test_address
from hypothesis import given
from hypothesis import strategies as st

from pytest_smartshard.combine.junit_names import Address, addresses_of, akin, escaped, without_group


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("test_a.py::test_b", Address("test_a", "test_b")),
        ("sub/folder/test_a.py::TestA::TestB::test_c[x]", Address("sub.folder.test_a.TestA.TestB", "test_c[x]")),
        ("test_a.py::test_b[a/b.py::c]", Address("test_a", "test_b[a/b.py::c]")),
        ("notes.txt::notes.txt", Address("notes.txt", "notes.txt")),
        ("test_a.py::test_b[\x1b\ud800\uffff]", Address("test_a", "test_b[#x1B#xD800#xFFFF]")),
        ("test_a.py", Address("", "test_a")),
        ("../out/test_a.py::test_b", Address("...out.test_a", "test_b")),
    ],
)
def test_the_first_address_is_that_of_the_newest_pytest(nodeid: str, expected: Address) -> None:
    assert addresses_of(nodeid, "")[0] == expected
    classname = f"ci.{expected.classname}" if expected.classname else "ci"
    assert addresses_of(nodeid, "ci")[0] == Address(classname, expected.name)


def test_older_releases_name_some_tests_otherwise() -> None:
    assert addresses_of("a[b]/test_a.py::test_b", "") == (
        Address("a[b].test_a", "test_b"),
        Address("", "a[b]/test_a.py::test_b"),
    )
    assert addresses_of("test_a.py::test_b[\U0001f600]", "") == (
        Address("test_a", "test_b[\U0001f600]"),
        Address("test_a", "test_b[#x1F600]"),
    )


@given(
    st.lists(
        st.sampled_from(["/", ".py", "::", "[", "]", "@", "a", "B", ".", " ", "é", "\x1b", "😀", "\x7f"])
    ).map("".join)
)
def test_one_of_them_is_what_this_pytest_writes(nodeid: str) -> None:
    *classes, name = mangle_test_address(nodeid)
    written = Address(escaped(".".join(classes)), bin_xml_escape(name))
    assert written in addresses_of(nodeid, "")


@given(st.text(alphabet=st.characters(max_codepoint=0xFFFF, exclude_characters="\x7f")))
def test_characters_are_escaped_as_pytest_does(text: str) -> None:
    """But for those that releases differ in."""
    assert escaped(text) == bin_xml_escape(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("test_a@db", "test_a"), ("test_a[x@y]@db", "test_a[x@y]"), ("test_a[x@y]", "test_a[x@y]"), ("a", "a")],
)
def test_the_group_of_workers_is_what_follows_the_parameters(name: str, expected: str) -> None:
    assert without_group(Address("c", name)) == Address("c", expected)


def test_akin_is_the_only_one_with_a_common_end() -> None:
    address = Address("package.tests.test_a", "test_b")
    longer, shorter = Address("...lib.package.tests.test_a", "test_b"), Address("test_a", "test_b")
    other = Address("contest_a", "test_b")
    assert akin(address, [longer, other], "") == longer
    assert akin(address, [shorter, other], "") == shorter
    assert akin(address, [shorter, longer], "") is None
    assert akin(address, [Address("test_a", "test_c")], "") is None


@pytest.mark.parametrize("prefix", ["", "ci"])
def test_a_file_given_by_itself_may_have_no_name(prefix: str) -> None:
    address = Address(f"{prefix}.package.test_a.TestB" if prefix else "package.test_a.TestB", "test_c")
    nameless = Address(f"{prefix}..TestB" if prefix else ".TestB", "test_c")
    assert akin(address, [nameless], prefix) == nameless
    assert akin(address, [Address(prefix, "test_c")], prefix) == Address(prefix, "test_c")
    assert akin(address, [Address("ci.x.TestC", "test_c")], prefix) is None
