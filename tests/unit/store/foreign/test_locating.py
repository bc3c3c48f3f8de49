"""From node ids and dotted names to keys, by what lies in the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.store.foreign.locating import Checkout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (
        "root/tests/test_a.py",
        "root/tests/test_a/TestB.py",
        "root/tests/v1.2/test_x.py",
        "root/.hidden/test_h.py",
        "root/docs/usage.rst",
        "root/src/pkg/__init__.py",
        "root/src/pkg/test_in.py",
        "root/build",
        "other/lib3.11/dist/__init__.py",
        "other/lib3.11/dist/tests/__init__.py",
        "other/lib3.11/dist/tests/test_d.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("classname", "name", "expected"),
    [
        ("tests.test_a", "test_f", "tests/test_a.py::test_f"),
        ("tests.test_a.TestX", "test_m[a.b]", "tests/test_a.py::TestX::test_m[a.b]"),
        ("tests.test_a.TestX.TestY", "test_m", "tests/test_a.py::TestX::TestY::test_m"),
        # The longest beginning that is a file.
        ("tests.test_a.TestB", "test_m", "tests/test_a/TestB.py::test_m"),
        # Dots in the names of folders and files.
        ("tests.v1.2.test_x.TestX", "test_m", "tests/v1.2/test_x.py::TestX::test_m"),
        (".hidden.test_h", "test_m", ".hidden/test_h.py::test_m"),
        ("docs.usage.rst", "usage.rst", "docs/usage.rst::usage.rst"),
        # Outside of rootdir: pytest writes `../other/lib3.11/…` with dots.
        ("...other.lib3.11.dist.tests.test_d.TestD", "test_m", "dist.tests.test_d::TestD::test_m"),
    ],
)
def test_the_longest_beginning_that_is_a_file_is_the_file(
    root: Path, classname: str, name: str, expected: str
) -> None:
    assert str(Checkout(root).key_of_address(classname, name)) == expected


@pytest.mark.parametrize(
    "classname",
    [
        "",
        ".",
        "..",
        "...",
        "tests",
        "tests.test_b.TestX",
        "TestX",
        "build.x",
        "/etc/passwd",
        "a\0b",
        "tests/test_a",
        "." * 9_000,
        "." * 200,
        "tests." * 3_000,
    ],
)
def test_what_is_no_file_here_has_no_key(root: Path, classname: str) -> None:
    assert Checkout(root).key_of_address(classname, "test_m") is None


def test_a_package_that_can_be_imported_is_found_without_importing_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "src" / "pkg" / "__init__.py").write_text("raise SystemExit")
    (root.parent / "other" / "lib3.11" / "dist" / "__init__.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(root / "src")
    monkeypatch.syspath_prepend(root.parent / "other" / "lib3.11")
    checkout = Checkout(root)
    inside, outside = (
        checkout.key_of_address("pkg.test_in.TestP", "test_m"),
        checkout.key_of_address("dist.tests.test_d", "test_m"),
    )
    assert inside == ItemKey("src/pkg/test_in.py", "TestP::test_m")
    assert outside == ItemKey("dist.tests.test_d", "test_m")
    assert checkout.has("src/pkg/test_in.py")
    assert checkout.has("dist.tests.test_d")


@pytest.mark.parametrize(
    ("classname", "file", "expected"),
    [
        # What pytest says of a method that is inherited: its base class lies elsewhere.
        ("tests.test_a.TestX", "tests/v1.2/test_x.py", "tests/test_a.py::TestX::t"),
        ("prefix.tests.test_a.TestX", "tests/test_a.py", "tests/test_a.py::TestX::t"),
        ("TestX", "tests/test_a.py", "tests/test_a.py::TestX::t"),
        ("some.name.TestX", "tests/test_a.py", "tests/test_a.py::TestX::t"),
        ("", "tests/test_a.py", "tests/test_a.py::t"),
        ("test_a", "tests\\test_a.py", "tests/test_a.py::t"),
    ],
)
def test_a_path_that_a_tool_gives_counts_where_the_class_leads_nowhere(
    root: Path, classname: str, file: str, expected: str
) -> None:
    assert str(Checkout(root).key_of_address(classname, "t", file)) == expected


def test_an_absolute_path_and_one_that_is_not_there(root: Path) -> None:
    checkout = Checkout(root)
    assert checkout.key_of_address("", "t", str(root / "tests" / "test_a.py")) == ItemKey("tests/test_a.py", "t")
    assert checkout.key_of_address("", "t", "/nowhere/ci/tests/test_a.py") is None


SUITE = [
    ItemKey("tests/test_gone.py", "TestOne::test_m"),
    ItemKey("tests/test_gone.py", "TestTwin::test_m"),
    ItemKey("tests/test_lost.py", "TestTwin::test_m"),
    ItemKey("tests/test_gone.py", "test_f[a::b]"),
]


@pytest.mark.parametrize(
    ("classname", "name", "expected"),
    [
        ("tests.test_gone.TestOne", "test_m", "tests/test_gone.py::TestOne::test_m"),
        ("TestOne", "test_m", "tests/test_gone.py::TestOne::test_m"),
        ("test_gone.TestOne", "test_m", "tests/test_gone.py::TestOne::test_m"),
        ("backend.tests.test_gone.TestOne", "test_m", "tests/test_gone.py::TestOne::test_m"),
        ("test_gone", "test_f[a::b]", "tests/test_gone.py::test_f[a::b]"),
        ("test_gone.TestTwin", "test_m", "tests/test_gone.py::TestTwin::test_m"),
    ],
)
def test_the_suites_own_tests_are_found_by_the_end_of_an_address(
    root: Path, classname: str, name: str, expected: str
) -> None:
    assert str(Checkout(root, SUITE).key_of_address(classname, name)) == expected


@pytest.mark.parametrize(
    ("classname", "name"),
    [("TestTwin", "test_m"), ("One", "test_m"), ("", "test_m"), ("TestOne", "test_n"), ("x.TestOne", "test_m")],
)
def test_an_end_that_several_tests_have_or_none_is_no_name(root: Path, classname: str, name: str) -> None:
    assert Checkout(root, SUITE).key_of_address(classname, name) is None


def test_the_suite_goes_before_what_lies_there(root: Path) -> None:
    """`tests.test_a.TestB` may be a class of one file or another file."""
    suite = [ItemKey("tests/test_a.py", "TestB::test_m")]
    assert Checkout(root, suite).key_of_address("tests.test_a.TestB", "test_m") == suite[0]


def test_a_given_path_goes_before_a_test_of_the_suite_that_has_no_file(root: Path) -> None:
    """With ``--pyargs`` the ids that pytest prints lack the package: `tests/test_d.py`."""
    checkout = Checkout(root, [ItemKey("tests/test_d.py", "test_m")])
    given = "../other/lib3.11/dist/tests/test_d.py"
    assert checkout.key_of_address("tests.test_d", "test_m", given) == ItemKey("dist.tests.test_d", "test_m")
    assert checkout.key_of_address("tests.test_d", "test_m") == ItemKey("tests/test_d.py", "test_m")


def test_files_of_node_ids_are_here_or_not(root: Path) -> None:
    checkout = Checkout(root)
    keys = [
        checkout.key_of_nodeid(nodeid).file
        for nodeid in (
            "tests/test_a.py::t",
            "tests/test_gone.py::t",
            "../other/lib3.11/dist/tests/test_d.py::t",
            "../other/lib3.11/dist/tests/test_gone.py::t",
            "a\0b.py::t",
            f"{'x' * 9_000}.py::t",
            f"../{'x' * 9_000}/test_x.py::t",
            "../a\0b/test_x.py::t",
        )
    ]
    assert keys[2:4] == ["dist.tests.test_d", "dist.tests.test_gone"]
    assert [checkout.has(key) for key in keys] == [True, False, True, False, False, False, False, False]
