"""The data files of coverage that shards leave, combined and reported as those of one run.

Reading, combining and reporting is coverage's own, by its public interface. Data files come from other machines:
they are looked at in copies, and nothing but coverage opens them.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_smartshard.errors import UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.wording import listed, plural

if TYPE_CHECKING:
    from coverage import Coverage

DATA_NAME = "coverage.data"
"""Without the dot that coverage would give it: steps that upload artifacts leave out hidden files."""

XML_NAME = "coverage.xml"
HTML_NAME = "htmlcov"

_SQLITE = b"SQLite format 3\0"


class CoverageMissing(UsageError):
    """The package that reads and combines is not installed."""


class NotCombined(UsageError):
    """Data or configuration that coverage cannot make one of. ``problems`` has a line for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedCoverage:
    """What one run would have left.

    ``data``, ``xml`` and ``html`` (a folder) have been written. ``text``: coverage's own summary. ``percent``: 0
    to 100, not rounded; ``shown`` is how coverage prints it. ``fail_under``: the percentage asked for, 0.0 where
    none is; ``is_met`` says whether it is reached, rounded as coverage rounds. ``foreign``: measured files that
    are not here and have another folder's path, so that they are in no report. ``notes``: lines for the user.
    """

    data: Path
    xml: Path
    html: Path
    text: str
    percent: float
    shown: str
    fail_under: float
    is_met: bool
    foreign: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def combine(
    files: Sequence[Path],
    project: Path,
    out: Path,
    *,
    fail_under: float | None = None,
    config: Path | None = None,
) -> CombinedCoverage:
    """Combine *files*, which are kept, and write data and reports into the folder *out*.

    The configuration is what coverage finds in the folder *project*, or *config*; *fail_under* is judged instead
    of the one that stands there. Coverage counts relative paths from the current folder, which is *project*
    meanwhile: nothing else may run in this process.

    Raises CoverageMissing, NotCombined with all that is wrong, and OSError where *out* cannot be written.
    """
    require_coverage()
    out = out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".coverage-", dir=out) as name, contextlib.ExitStack() as stack:
        draft = Path(name)
        copies, notes = _readable_copies(files, draft)
        stack.enter_context(_inside(project))
        warned = stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        # coverage leaves a database open for each report; found by the collector later, each would be a warning.
        stack.callback(gc.collect)
        found, foreign, gone = _combined_and_reported(copies, draft, out, project, config, fail_under)
        notes += [*_notes_on(foreign, gone), *_notes_of_coverage(warned, (*foreign, *gone))]
        for finished in (DATA_NAME, XML_NAME):
            (draft / finished).replace(out / finished)
    return CombinedCoverage(
        data=out / DATA_NAME,
        xml=out / XML_NAME,
        html=out / HTML_NAME,
        text=found.text,
        percent=found.percent,
        shown=found.shown,
        fail_under=found.fail_under,
        is_met=found.is_met,
        foreign=foreign,
        notes=tuple(dict.fromkeys(notes)),
    )


def require_coverage() -> None:
    """Raises CoverageMissing where it is not installed."""
    try:
        import coverage  # noqa: F401 - whether it is there at all
    except ImportError as error:
        problem = (
            "coverage: the package is not installed, so what shards measured cannot be combined; run "
            "pip install 'pytest-smartshard[cov]'"
        )
        raise CoverageMissing([problem]) from error


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """contextlib.chdir, which Python 3.10 does not have."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _readable_copies(files: Sequence[Path], draft: Path) -> tuple[dict[Path, Path], list[str]]:
    """A copy of each file that holds data, by its path, and notes on those that hold none."""
    problems: list[str] = []
    copies: dict[Path, Path] = {}
    branches: dict[bool, list[str]] = {True: [], False: []}
    notes: list[str] = []
    for number, path in enumerate(files):
        copy = draft / f"{number}.coverage"
        try:
            has_branches = _look_at(path, copy)
        except NotCombined as error:
            problems.extend(error.problems)
            continue
        if has_branches is None:
            notes.append(f"coverage: {path} holds no data: nothing of what is measured ran in that shard")
            continue
        branches[has_branches].append(str(path))
        copies[path] = copy
    if branches[True] and branches[False]:
        problems.append(
            f"coverage: {listed(branches[True])} holds branches and {listed(branches[False])} lines only, which "
            "cannot be combined; give all shards the same branch setting ([run] branch, --cov-branch)"
        )
    if not problems and not copies:
        problems.append(
            f"coverage: there is no data in {plural(len(files), 'file')}; run the shards with --cov, and see "
            "that what it names is what the tests import"
        )
    if problems:
        raise NotCombined(problems)
    return copies, notes


def _look_at(path: Path, copy: Path) -> bool | None:
    """Copy, and tell whether it holds branches; None where it holds nothing. Raises NotCombined."""
    from coverage import CoverageData

    try:
        shutil.copyfile(path, copy)
        with open(copy, "rb") as file:
            is_database = file.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        raise NotCombined([f"coverage: {path}: cannot be read ({error.strerror or error}); {_MEND}"]) from error
    if not is_database:
        raise NotCombined([f"coverage: {path}: is not a data file of coverage; {_MEND}"])
    data = CoverageData(str(copy))
    with _telling(path, copy):
        try:
            data.read()
            return data.has_arcs() if data.measured_files() else None
        finally:
            # Newer releases have it, and leave a file that they cannot read open without it.
            getattr(data, "close", lambda **_: None)(force=True)


_MEND = "leave it out, or run that shard again"


@contextlib.contextmanager
def _telling(path: Path, copy: Path) -> Iterator[None]:
    """Whatever a file makes coverage stumble over is told of the file. Raises NotCombined."""
    from coverage.exceptions import CoverageException

    try:
        yield
    except (CoverageException, sqlite3.Error, ValueError, TypeError, LookupError, OverflowError) as error:
        # Where the drafts lie is nobody's business, and gone when this is read.
        reason = str(error).replace(str(copy), path.name).replace(f"{copy.parent}{os.sep}", "")
        raise NotCombined([f"coverage: {path}: cannot be used ({reason}); {_MEND}"]) from error


def _combined_and_reported(
    copies: dict[Path, Path],
    draft: Path,
    out: Path,
    project: Path,
    config: Path | None,
    fail_under: float | None,
) -> tuple[_Figures, tuple[str, ...], tuple[str, ...]]:
    """Figures, and measured files that are not there. Nothing of coverage outlives this. Raises NotCombined."""
    measured = _combined(copies, draft / DATA_NAME, config)
    foreign, gone = _not_here(measured, project)
    return _reported(measured, draft, out, fail_under), foreign, gone


def _combined(copies: dict[Path, Path], data_file: Path, config: Path | None) -> Coverage:
    """Raises NotCombined."""
    from coverage import Coverage
    from coverage.exceptions import ConfigError, CoverageException

    try:
        measured = Coverage(data_file=str(data_file), config_file=str(config) if config is not None else True)
        # Here its plugins are loaded.
        measured.load()
    except (ConfigError, CoverageException, ImportError) as error:
        raise NotCombined([_unusable_configuration(error)]) from error
    for path, copy in copies.items():
        # One at a time, so that a file that cannot be combined has a name.
        with _telling(path, copy):
            measured.combine([str(copy)], strict=True, keep=True)
    measured.save()
    return measured


def _unusable_configuration(error: Exception) -> str:
    return f"coverage: its configuration cannot be used ({error}); mend it, or install here what it names"


def _not_here(measured: Coverage, project: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Measured files that are not there: those below another folder than *project*, and the others."""
    missing = sorted(path for path in measured.get_data().measured_files() if not os.path.exists(path))
    here = project.resolve()
    foreign = [path for path in missing if _is_absolute(path) and not Path(path).is_relative_to(here)]
    return tuple(foreign), tuple(path for path in missing if path not in foreign)


def _is_absolute(path: str) -> bool:
    """On this system or on another one."""
    return path.startswith(("/", "\\")) or path[1:2] == ":"


def _notes_on(foreign: Sequence[str], gone: Sequence[str]) -> Iterator[str]:
    if foreign:
        yield (
            f"coverage: not in this folder, so in no report: {listed(list(foreign))}; set relative_files = true "
            "in coverage's [run] section, or map the other machine's folder in [paths]"
        )
    if gone:
        yield f"coverage: measured, but not there any more, so in no report: {listed(list(gone))}"


def _notes_of_coverage(warned: Sequence[warnings.WarningMessage], told: Sequence[str]) -> Iterator[str]:
    """What coverage warned of, but of files that have been *told* of."""
    from coverage.exceptions import CoverageWarning

    for warning in warned:
        text = str(warning.message)
        if issubclass(warning.category, CoverageWarning) and not any(path in text for path in told):
            yield f"coverage: {text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    text: str
    percent: float
    shown: str
    fail_under: float
    is_met: bool


def _reported(measured: Coverage, draft: Path, out: Path, fail_under: float | None) -> _Figures:
    """Write the reports; files without source are left out, as pytest-cov does. Raises NotCombined."""
    from coverage.exceptions import ConfigError, CoverageException
    from coverage.results import should_fail_under

    text, shown = io.StringIO(), io.StringIO()
    try:
        limit = float(str(measured.get_option("report:fail_under"))) if fail_under is None else fail_under
        percent = measured.report(file=text, ignore_errors=True)
        measured.report(file=shown, ignore_errors=True, output_format="total")
        measured.xml_report(outfile=str(draft / XML_NAME), ignore_errors=True)
        measured.html_report(directory=str(out / HTML_NAME), ignore_errors=True)
        precision = int(str(measured.get_option("report:precision")))
        is_met = not should_fail_under(percent, limit, precision)
    except ConfigError as error:  # in some releases a CoverageException, in others not
        raise NotCombined([_unusable_configuration(error)]) from error
    except CoverageException as error:
        names = listed(sorted(measured.get_data().measured_files()))
        problem = (
            f"coverage: no report of {names} ({error}); combine in the folder that the tests ran in, with the "
            "sources, and with relative_files = true in coverage's [run] section"
        )
        raise NotCombined([problem]) from error
    return _Figures(
        text=text.getvalue(), percent=percent, shown=shown.getvalue().strip(), fail_under=limit, is_met=is_met
    )
