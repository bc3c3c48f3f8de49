"""What test files say without being run: parameters from sets, and marks of pytest-xdist."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.pipeline import Spot
from pytest_smartshard.operations.examining.repository import Repository
from pytest_smartshard.settings.inifile import Project

_PASSED_OVER = frozenset({"build", "dist", "node_modules", "venv", "CVS", "_darcs", "{arch}", "__pycache__"})
_PATTERNS = ("test_*.py", "*_test.py")
_MOST_BYTES = 2 * 1024 * 1024
_MARK = "xdist_group"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFiles:
    """``set_parameters`` are places of ``parametrize`` over a set of texts, and what it stands on."""

    uses_groups: bool = False
    set_parameters: tuple[tuple[Spot, str], ...] = ()


def read_test_files(repository: Repository, project: Project) -> TestFiles:
    """Look through the files that pytest would collect from by its ini file."""
    patterns = _words(project, "python_files") or _PATTERNS
    uses_groups = False
    found: list[tuple[Spot, str]] = []
    for path in _python_files(project):
        text = _text(path)
        uses_groups = uses_groups or _MARK in text
        if "parametrize" in text and any(fnmatch(path.name, pattern) for pattern in patterns):
            name = repository.name(path)
            found += [(Spot(name, line), function) for line, function in sets_of_texts(text)]
    return TestFiles(uses_groups=uses_groups, set_parameters=tuple(sorted(set(found))))


def sets_of_texts(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of each test or class in *source* that is parametrised over a set whose order is by chance.

    A set of numbers has the same order everywhere; one with at least two different texts in it has not.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if not node.name.startswith("Test" if isinstance(node, ast.ClassDef) else "test"):
            continue
        for decorator in node.decorator_list:
            values = _values(decorator)
            if values is not None and _is_unordered(values):
                yield decorator.lineno, node.name


def _values(decorator: ast.expr) -> ast.expr | None:
    """The values that ``pytest.mark.parametrize`` gets; None for any other decorator."""
    if not isinstance(decorator, ast.Call) or not ast.unparse(decorator.func).endswith("mark.parametrize"):
        return None
    if len(decorator.args) > 1:
        return decorator.args[1]
    return next((keyword.value for keyword in decorator.keywords if keyword.arg == "argvalues"), None)


def _is_unordered(values: ast.expr) -> bool:
    if isinstance(values, ast.Set):
        return _texts_in(values.elts) > 1
    if not (isinstance(values, ast.Call) and isinstance(values.func, ast.Name) and len(values.args) == 1):
        return False
    given = values.args[0]
    if values.func.id not in ("set", "frozenset"):
        return False
    if isinstance(given, (ast.List, ast.Tuple, ast.Set)):
        return _texts_in(given.elts) > 1
    return isinstance(given, ast.Constant) and isinstance(given.value, str) and len(set(given.value)) > 1


def _texts_in(elements: list[ast.expr]) -> int:
    """How many different texts are among the elements, alone or in a tuple."""
    found = set()
    for element in elements:
        parts = element.elts if isinstance(element, ast.Tuple) else [element]
        if any(isinstance(part, ast.Constant) and isinstance(part.value, (str, bytes)) for part in parts):
            found.add(ast.unparse(element))
    return len(found)


def _python_files(project: Project) -> Iterator[Path]:
    """Python files at and below what ``testpaths`` names, by name; links to folders are not followed."""
    root = project.rootdir
    named = [path for pattern in _words(project, "testpaths") for path in _below(root, pattern)]
    seen = set()
    for start in named or [root]:
        for folder, folders, files in os.walk(start):
            folders[:] = sorted(name for name in folders if not _is_passed_over(Path(folder, name)))
            for name in sorted(files):
                path = Path(folder, name)
                if name.endswith(".py") and path not in seen:
                    seen.add(path)
                    yield path


def _below(root: Path, pattern: str) -> list[Path]:
    try:
        return sorted(root.glob(pattern))
    except (ValueError, NotImplementedError, OSError):
        return []


def _is_passed_over(folder: Path) -> bool:
    name = folder.name
    return (
        name.startswith(".") or name.endswith(".egg") or name in _PASSED_OVER or (folder / "pyvenv.cfg").is_file()
    )


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8") if path.stat().st_size <= _MOST_BYTES else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _words(project: Project, name: str) -> list[str]:
    """The words of an ini value of type ``args``."""
    stated = project.values.get(name, "")
    return [str(word) for word in stated] if isinstance(stated, list) else str(stated).split()
