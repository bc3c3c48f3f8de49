"""Measuring what collecting each test file takes, and what the process takes until and between them."""

from __future__ import annotations

import fnmatch
import importlib.util
import os
import sys
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_smartshard.session.nodes import file_of
from pytest_smartshard.store.keys import file_key

_MICROSECOND = 1000
"""In nanoseconds."""

_HEADER = 16
"""Bytes of a compiled file that say what it was made from."""

_BY_TIME, _BY_HASH = b"\0\0\0\0", b"\3\0\0\0"
"""Flags of a compiled file: it holds its source's time and size or, since some version of pytest, a hash."""


class FileCost(NamedTuple):
    """Microseconds of ``collecting`` one file: of importing it, making its tests, and what plugins do with these.

    ``cold``: it had to be rewritten, because that form was not in the cache. ``is_first``: no test file was
    collected before it in this process, so it paid for imports that all have in common.
    """

    collecting: int
    cold: bool
    is_first: bool


class CollectionCosts:
    """To be registered, before tests are collected, in the process that collects them."""

    def __init__(self, config: pytest.Config) -> None:
        self._rootdir = config.rootpath
        self._cache = RewriteCache(config)
        # Kept here, where plugins that set the clock do not find it.
        self._now = time.perf_counter_ns
        self._until_collection = time.process_time_ns()
        self._since = self._now()
        self._until: int | None = None
        self._last_end: int | None = None
        self._files: dict[str, _File] = {}
        self._keys: dict[Path, str] = {}
        self._begun: pytest.Collector | None = None
        self._begun_at = 0
        self._left_out: pytest.Collector | None = None

    def of(self, file: str) -> FileCost | None:
        """What the file with that key cost; None where it was not collected here."""
        found = self._files.get(file)
        if found is None:
            return None
        return FileCost(found.nanoseconds // _MICROSECOND, found.cold, found.is_first)

    def start_up(self) -> int:
        """Microseconds of the process until now, or until collection ended, without those of single files.

        Until collection began that is the process's processor time: nobody can say since when it was waited for.
        """
        until = self._now() if self._until is None else self._until
        between = until - self._since - sum(file.nanoseconds for file in self._files.values())
        return (self._until_collection + max(0, between)) // _MICROSECOND

    def leave_out(self, collector: pytest.Collector) -> None:
        """Not to count *collector*, whose report is being made by who calls this, without collecting anything."""
        self._left_out = collector

    def spread(self, tests: Mapping[str, int]) -> None:
        """Give what passed since the last file was collected to all files, by the number of their *tests*.

        pytest puts all tests in order then, and plugins look at each: a shard pays for those it collected.
        """
        total = sum(tests.values())
        if self._last_end is None or not total:
            return
        passed = self._now() - self._last_end
        for file, count in tests.items():
            if file in self._files:
                self._files[file].nanoseconds += passed * count // total

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        self._until_collection = time.process_time_ns()
        self._since = self._now()
        try:
            return (yield)
        finally:
            self._until = self._now()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Some plugins have a file imported here already."""
        if isinstance(collector, pytest.File):
            self._begin(collector)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        file = file_of(collector)
        if file is None:
            return (yield)
        if self._begun is not collector:
            self._begin(collector)
        try:
            return (yield)
        finally:
            self._end(collector, file.path)

    def _begin(self, collector: pytest.Collector) -> None:
        file = file_of(collector)
        if file is not None and file.path not in self._keys:
            self._keys[file.path] = file_key(file.path, self._rootdir)
            self._cache.look_at(file.path)
        self._begun = collector
        self._begun_at = self._now()

    def _end(self, collector: pytest.Collector, path: Path) -> None:
        self._last_end = self._now()
        took = self._last_end - self._begun_at
        left_out, self._left_out, self._begun = self._left_out, None, None
        if left_out is collector:
            return
        key = self._keys[path]
        if key not in self._files:
            self._files[key] = _File(cold=self._cache.lacked(path), is_first=not self._files)
        self._files[key].nanoseconds += took


class _File:
    __slots__ = ("cold", "is_first", "nanoseconds")

    def __init__(self, *, cold: bool, is_first: bool) -> None:
        self.cold = cold
        self.is_first = is_first
        self.nanoseconds = 0


class RewriteCache:
    """Whether the form of a test file that pytest rewrote, for asserts to explain themselves, is there already.

    pytest says that to nobody; what it does is written down in its ``_pytest.assertion.rewrite``.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._rewrites = config.getoption("assertmode", "plain") == "rewrite"
        self._patterns: list[str] = config.getini("python_files") if self._rewrites else []
        self._ending = (
            f".{sys.implementation.cache_tag}-pytest-{pytest.__version__}.py{'c' if __debug__ else 'o'}"
        )
        self._lacking: set[Path] = set()

    def look_at(self, path: Path) -> None:
        """To be called before it is imported."""
        if self._is_rewritten(path) and not _is_fresh(self._place_of(path), path):
            self._lacking.add(path)

    def lacked(self, path: Path) -> bool:
        """Whether the file at *path*, which was looked at, is one that pytest had to rewrite."""
        return path in self._lacking

    def _is_rewritten(self, path: Path) -> bool:
        """By its name. One that is called otherwise and was named as an argument is taken for one that is not."""
        return path.suffix == ".py" and any(_matches(path, pattern) for pattern in self._patterns)

    def _place_of(self, path: Path) -> Path:
        prefix = sys.pycache_prefix
        folder = Path(prefix) / Path(*path.parts[1:-1]) if prefix else path.parent / "__pycache__"
        return folder / f"{path.stem}{self._ending}"


def _matches(path: Path, pattern: str) -> bool:
    """As pytest does: by the name alone where the pattern has no folder."""
    if os.sep not in pattern and "/" not in pattern:
        return fnmatch.fnmatch(path.name, pattern)
    return fnmatch.fnmatch(str(path), pattern if os.path.isabs(pattern) else f"*{os.sep}{pattern}")


def _is_fresh(compiled: Path, source: Path) -> bool:
    """Whether *compiled* was made from *source* as it is now, by this Python."""
    try:
        with compiled.open("rb") as file:
            header = file.read(_HEADER)
        if header[:4] != importlib.util.MAGIC_NUMBER:
            return False
        if header[4:8] == _BY_HASH:
            return header[8:] == importlib.util.source_hash(source.read_bytes())
        status = source.stat()
    except OSError:
        return False
    numbers = (int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
    return header[4:8] == _BY_TIME and header[8:] == b"".join(number.to_bytes(4, "little") for number in numbers)
