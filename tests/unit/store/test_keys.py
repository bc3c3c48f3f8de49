"""Names of tests: from paths and node ids to keys."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_smartshard.store.keys import NodeIds, file_key, split_nodeid


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("a.py::t", ("a.py", "t")),
        ("a.py::A::B::t[x::y]", ("a.py", "A::B::t[x::y]")),
        ("a.py::t[::]", ("a.py", "t[::]")),
        ("a.py::t[a[b]::c]", ("a.py", "t[a[b]::c]")),
        ("a.py", ("a.py", "")),
        ("dir/README.rst::README.rst", ("dir/README.rst", "README.rst")),
        ("", ("", "")),
    ],
)
def test_parameters_may_hold_the_separator(nodeid: str, expected: tuple[str, str]) -> None:
    assert split_nodeid(nodeid) == expected


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root folder, with a package and a loose file outside it."""
    for path in ("root/tests/test_in.py", "site/pack/__init__.py", "site/pack/tests/__init__.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("root/tests/test_in.py", "tests/test_in.py"),
        ("site/pack/tests/test_out.py", "pack.tests.test_out"),
        ("site/pack/tests/table.yaml", "pack.tests.table.yaml"),
        ("site/pack/__init__.py", "pack"),
        ("site/loose.py", "../site/loose.py"),
    ],
)
def test_a_file_outside_the_root_goes_by_its_package(root: Path, path: str, expected: str) -> None:
    file = root.parent / path
    assert file_key(file, root) == expected
    relative = Path(os.path.relpath(file, root)).as_posix()
    assert NodeIds(root).key_of(f"{relative}::TestA::test_b[x::y]") == (expected, "TestA::test_b[x::y]")
    assert NodeIds(root).key_of(f"{file}::test_b") == (expected, "test_b")
