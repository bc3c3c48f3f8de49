"""Coverage's configuration, versions, and sets in test files, as they are read from a checkout."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import pytest

from pytest_smartshard.operations.examining.configuration import coverage_config, versions_in_use
from pytest_smartshard.operations.examining.repository import Repository
from pytest_smartshard.operations.examining.test_files import sets_of_texts


def checkout(folder: Path, files: Mapping[str, str]) -> Repository:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return Repository(folder.resolve())


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, (".coveragerc", False, False, 0)),
        (
            {".coveragerc": "[run]\nrelative_files = yes\n[report]\nfail_under = 99.5\n"},
            (".coveragerc", True, False, 99.5),
        ),
        ({".coveragerc": "[coverage:run]\nrelative_files = 1\n"}, (".coveragerc", True, False, 0)),
        (
            {".coveragerc": "", "tox.ini": "[coverage:run]\nrelative_files = true\n"},
            (".coveragerc", False, False, 0),
        ),
        ({"setup.cfg": "[metadata]\n", "tox.ini": "[coverage:paths]\na = b\n"}, ("tox.ini", False, True, 0)),
        (
            {"pyproject.toml": "[tool.coverage]\nrun.relative_files = true\nreport.fail_under = 80\n"},
            ("pyproject.toml", True, False, 80),
        ),
        (
            {"pyproject.toml": "[tool.coverage.report]\nfail_under = '$LIMIT'\n"},
            ("pyproject.toml", False, False, 0),
        ),
    ],
)
def test_the_first_file_with_settings_counts(
    files: Mapping[str, str], expected: tuple[object, ...], tmp_path: Path
) -> None:
    found = coverage_config(checkout(tmp_path, files))
    assert found is not None
    assert (str(found.spot), found.relative_files, found.remaps, found.fail_under) == expected


@pytest.mark.parametrize(
    "files",
    [
        {".coveragerc": "no section\n"},
        {".coveragerc": "[run]\nrelative_files = ${RELATIVE}\n"},
        {".coveragerc.toml": ""},
        {"pyproject.toml": "[tool.coverage"},
    ],
)
def test_what_is_not_certain_is_not_known(files: Mapping[str, str], tmp_path: Path) -> None:
    assert coverage_config(checkout(tmp_path, files)) is None


def test_pins_go_before_what_is_installed(tmp_path: Path) -> None:
    files = {
        "poetry.lock": '[[package]]\nname = "pytest"\nversion = "9.2.0"\n',
        "requirements/test.txt": "pytest==8.4.0  # why\npytest-cov==1.0\npytest_xdist[psutil]==3.8.0\n",
    }
    found = versions_in_use(checkout(tmp_path, files), [])
    assert found == {"pytest": {"9.2.0", "8.4.0"}, "pytest-xdist": {"3.8.0"}}


def test_installed_versions_count_unless_a_bound_leaves_it_open(tmp_path: Path) -> None:
    repository = checkout(tmp_path, {"pyproject.toml": "dependencies = ['pytest>=8', 'pytest-xdist >= 3, < 4']"})
    assert versions_in_use(repository, []) == {"pytest": {version("pytest")}, "pytest-xdist": {"?"}}
    assert versions_in_use(repository, ["run: pip install pytest==8.*"])["pytest"] == {"?"}


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ("{'a', 'b'}", True),
        ("set(['a', 'b'])", True),
        ("frozenset({'a', 'b'})", True),
        ("set('ab')", True),
        ("{('a', 1), ('b', 2)}", True),
        ("set('a')", False),
        ("{1, 2.5}", False),
        ("{'a', *OTHERS}", False),
        ("list({'a', 'b'})", False),
        ("{'a': 1, 'b': 2}", False),
        ("set()", False),
        ("[{'a', 'b'}]", False),
    ],
)
def test_sets_of_texts(values: str, found: bool) -> None:
    source = (
        f"import pytest\n@pytest.mark.parametrize('x', {values})\nclass TestA:\n    def test_a(self, x): pass\n"
    )
    assert list(sets_of_texts(source)) == ([(2, "TestA")] if found else [])
    by_name = f"from pytest import mark\n@mark.parametrize('x', argvalues={values})\nasync def test_a(x): pass\n"
    assert bool(list(sets_of_texts(by_name))) is found


def test_helpers_and_broken_files_are_passed_over() -> None:
    assert list(sets_of_texts("@pytest.mark.parametrize('x', {'a', 'b'})\ndef helper(x): pass\n")) == []
    assert list(sets_of_texts("def (")) == list(sets_of_texts("'\\d'\n\0")) == []


def test_nothing_outside_the_repository_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.yml").write_text("a: b\n", encoding="utf-8")
    repository = checkout(tmp_path / "checkout", {"in.yml": "a: b\n"})
    assert repository.read("in.yml") == b"a: b\n"
    assert repository.read("../secret.yml") is None
    assert repository.read(str(tmp_path / "secret.yml")) is None
    assert repository.read("none.yml") is None
    assert repository.read("\0") is None
