"""A run that pytest-cov measures: its data file beside the journal, its limit left to the merge.

pytest-cov is known by its plugin object ``_cov`` and by the options that it keeps there; of coverage nothing is
imported here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from pytest_smartshard.combine.beside import coverage_beside
from pytest_smartshard.errors import UsageError
from pytest_smartshard.journal.run_folder import RUNS
from pytest_smartshard.model.segment import ShardIndex
from pytest_smartshard.providers.detect import shard_from_environment
from pytest_smartshard.settings.resolve import AUTO, HOME, OFF
from pytest_smartshard.store.replacing import replace

DATA_FILE = "COVERAGE_FILE"
"""The environment variable by which coverage is told where to write."""

WORKER_FILE = "smartshard_coverage"
"""Name under which a worker finds in ``workerinput`` the data file that the controller chose."""


class Told(Protocol):
    """The run: where its journal is, None where it has none, and what takes lines for the user.

    ``note_coverage`` tells it that pytest-cov measures, and the percentage to which it is not held, because it
    runs a part of the tests; 0.0 where there is none.
    """

    @property
    def journal(self) -> Path | None: ...

    def say(self, line: str) -> None: ...

    def note_coverage(self, fail_under: float) -> None: ...


_CHOSEN = pytest.StashKey[Path]()


@contextlib.contextmanager
def own_data_file(config: pytest.Config) -> Iterator[None]:
    """While pytest-cov starts, have it write where no other shard does.

    A data file that the environment names already is left alone: somebody's own, or the controller's in a worker.
    The journal, beside which the file belongs, has no name before collection, hence a place of its own first.
    In the end the variable is unset again, so that what the suite starts does not write there.
    """
    runs = config.rootpath / HOME / RUNS
    if os.environ.get(DATA_FILE) or not _measures_shard(config) or not _can_be_made(runs):
        yield
        return
    folder = runs / f"coverage-{os.urandom(4).hex()}"
    config.stash[_CHOSEN] = folder / "data"
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ[DATA_FILE] = str(folder / "data")
    try:
        yield
    finally:
        os.environ.pop(DATA_FILE, None)


def _measures_shard(config: pytest.Config) -> bool:
    """Whether a shard is asked for and pytest-cov is; what is wrong with the shard is told later."""
    given = config.known_args_namespace
    shard = str(getattr(given, "shard", None) or OFF)
    if shard == OFF or getattr(given, "no_cov", False):
        return False
    if shard != AUTO:
        return True
    try:
        return shard_from_environment(os.environ) is not None
    except UsageError:
        return False


def _can_be_made(folder: Path) -> bool:
    """Whether *folder* is there and may be written in, or could be made; nothing is made yet."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def begin_coverage(
    config: pytest.Config, shard: ShardIndex, run: Told, *, is_part: bool, controls_lanes: bool
) -> None:
    """Where pytest-cov measures this run, see to its data file, and defer a limit that a part cannot reach."""
    plugin = config.pluginmanager.getplugin("_cov")
    measuring = getattr(getattr(plugin, "cov_controller", None), "cov", None)
    if measuring is None:  # also under --no-cov
        return
    fail_under = _deferred_limit(plugin.options) if is_part else 0.0
    run.note_coverage(fail_under)
    chosen = config.stash.get(_CHOSEN, None)
    if config.getoption("collectonly"):
        return
    if fail_under:
        run.say(_deferred_line(config, shard, fail_under))
    if chosen is not None and plugin.options.cov_append:
        run.say(
            "coverage: --cov-append has nothing to append to, because each shard writes a data file of its own; "
            "smartshard merge --cov adds them up"
        )
    if chosen is not None and controls_lanes:
        config.pluginmanager.register(_Lanes(chosen), "smartshard-coverage-lanes")
    written = config.invocation_params.dir / os.path.expanduser(measuring.get_option("run:data_file"))
    config.pluginmanager.register(_Keeping(run, written, is_ours=chosen is not None), "smartshard-coverage")


def _deferred_limit(options: Any) -> float:
    """The limit, taken off: 0 is what coverage has where none is set, and no version of pytest-cov judges it."""
    limit = float(options.cov_fail_under or 0)
    if limit:
        options.cov_fail_under = 0
    return limit


def _deferred_line(config: pytest.Config, shard: ShardIndex, fail_under: float) -> str:
    on_line = config.getoption("cov_fail_under", None) is not None
    option = f"--cov-fail-under={fail_under:g}" if on_line else f"fail_under = {fail_under:g}"
    return (
        f"coverage: {option} is not judged here, because shard {shard} measures only its part; "
        "smartshard merge --cov judges it for all shards together"
    )


class _Keeping:
    """Puts the data file beside the journal, once pytest-cov has saved and reported."""

    def __init__(self, run: Told, written: Path, *, is_ours: bool) -> None:
        self._run = run
        self._written = written
        self._is_ours = is_ours

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        journal = self._run.journal
        if not self._written.is_file():
            self._run.say(
                "coverage: pytest-cov has saved nothing, as where a run is stopped early, so this shard is "
                "missing in smartshard merge --cov; run it again, to its end"
            )
        elif journal is not None:
            self._keep(coverage_beside(journal))
        elif self._is_ours:
            self._run.say(
                "coverage: this run keeps no journal to put its data beside, so that is gone; set COVERAGE_FILE "
                "to a file of yours to keep it"
            )

    def _keep(self, place: Path) -> None:
        try:
            if self._is_ours:
                self._written.replace(place)
            else:
                replace(place, self._written.read_bytes())
        except OSError as error:
            self._run.say(
                f"coverage: {place} cannot be written ({error.strerror or error}), so this shard is missing in "
                "smartshard merge --cov; let this user write there, and run it again"
            )


class _Lanes:
    """In the controller: workers, also those that take the place of a crashed one, inherit the environment."""

    def __init__(self, data_file: Path) -> None:
        self._data_file = data_file
        os.environ[DATA_FILE] = str(data_file)

    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[WORKER_FILE] = str(self._data_file)

    def pytest_unconfigure(self) -> None:
        os.environ.pop(DATA_FILE, None)


class _Forgetting:
    """In a worker: what the suite starts must not write into the shard's data file."""

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionstart(self) -> Iterator[None]:
        yield  # pytest-cov reads the variable once more.
        os.environ.pop(DATA_FILE, None)


def begin_coverage_in_worker(config: pytest.Config) -> None:
    """Once pytest-cov has started, take the data file that the controller chose out of the environment."""
    given: dict[str, Any] = getattr(config, "workerinput", {})
    if WORKER_FILE in given:
        config.pluginmanager.register(_Forgetting(), "smartshard-coverage")
