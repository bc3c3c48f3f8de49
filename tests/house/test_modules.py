"""Every module says what it is, and is one concept of readable size."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "pytest_smartshard").rglob("*.py"))
PYTHON = sorted(
    [
        *ROOT.glob("*.py"),
        *(
            path
            for room in ("pytest_smartshard", "tests", "benchmarks", "docs")
            for path in (ROOT / room).rglob("*.py")
        ),
    ]
)

USUAL_LINES = 300
MOST_LINES = 400

UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")))
SILENCER = re.compile(
    r"#\s*(?:type:\s*ignore(?P<types>\[[\w, -]+\])?|noqa(?P<rules>:\s*[A-Z]+\d+(?:[, ]+[A-Z]+\d+)*)?)"
)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_what_it_is(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said, f"{name(path)} has no docstring"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_dataclasses_are_those_that_cost_a_shard_little(path: Path) -> None:
    imported = {
        alias.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        for alias in node.names
    }
    lazy = path.name == "lazy_dataclasses.py"
    assert lazy or "dataclass" not in imported, (
        f"{name(path)}: take dataclass from pytest_smartshard.lazy_dataclasses"
    )


def test_modules_are_one_concept_each() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}
    long = {path: count for path, count in lines.items() if count > USUAL_LINES}
    assert len(long) <= len(lines) / 10, f"more than one module in ten is over {USUAL_LINES} lines: {long}"


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_nothing_is_left_unfinished_or_silenced_without_a_reason(path: Path) -> None:
    wrong = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if UNFINISHED.search(line):
            wrong.append(f"{name(path)}:{number}: unfinished: {line.strip()}")
        silencers = list(SILENCER.finditer(line))
        if any(not (found["types"] or found["rules"]) for found in silencers):
            wrong.append(f"{name(path)}:{number}: names no rule: {line.strip()}")
        if silencers and not reason(line[silencers[0].start() :]):
            wrong.append(f"{name(path)}:{number}: gives no reason: {line.strip()}")
    assert not wrong, "\n".join(wrong)


def reason(comment: str) -> bool:
    """Whether words remain once the silencers themselves are taken away."""
    return len(re.findall(r"\w+", SILENCER.sub("", comment))) >= 2


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# no" + "qa: BLE001", False),
        ("# type: " + "ignore[arg-type]", False),
        ("# type: " + "ignore[arg-type]  # no" + "qa: A001, B002", False),
        ("# no" + "qa: BLE001 - recording never fails a run", True),
        ("# type: " + "ignore[attr-defined]  # set by xdist only", True),
    ],
)
def test_what_counts_as_a_reason(comment: str, expected: bool) -> None:
    assert reason(comment) is expected
