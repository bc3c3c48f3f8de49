"""``--junitxml`` in a sharded run: a copy of the file that pytest writes, beside the journal of the shard."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_smartshard.combine.beside import junit_beside
from pytest_smartshard.store.replacing import replace


def junit_facts(config: pytest.Config) -> dict[str, str]:
    """How this run writes its JUnit file, for the header of its journal; nothing where it writes none.

    See :class:`~pytest_smartshard.combine.junit.JunitStyle`, which reads it back.
    """
    if _written_file(config) is None:
        return {}
    from pytest_smartshard.combine.junit import FAMILIES, JunitStyle  # Few runs need it.

    family = str(config.getini("junit_family"))
    return JunitStyle(
        family=family if family in FAMILIES else "xunit1",  # `legacy` is its name of old.
        suite_name=str(config.getini("junit_suite_name")),
        prefix=str(config.getoption("junitprefix", None) or ""),
        calls_only=config.getini("junit_duration_report") == "call",
    ).facts()


def keep_junit(config: pytest.Config, journal: Path, say: Callable[[str], None]) -> None:
    """See to it that the file of this run, if it writes one, is copied beside *journal*.

    *say* is given a line for the end of the run where that fails.
    """
    written = _written_file(config)
    if written is not None:
        config.pluginmanager.register(KeptJunit(written, junit_beside(journal), say), "smartshard-junit")


class KeptJunit:
    """Copies the file once pytest has written it, and again where a plugin changed it after that.

    A file that was there before is not this run's: where pytest cannot write its own, nothing is copied.
    """

    def __init__(self, written: Path, target: Path, say: Callable[[str], None]) -> None:
        self._written = written
        self._target = target
        self._say = say
        self._copied = _state(written)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        try:
            self._copy()
        except OSError as error:
            self._say(
                f"{self._target} cannot be written ({error.strerror}), so merging has no JUnit file of this "
                "shard and makes its test cases from the journal; give it room to write there"
            )

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        with contextlib.suppress(OSError):
            self._copy()

    def _copy(self) -> None:
        state = _state(self._written)
        if state is None or state == self._copied:
            return
        replace(self._target, self._written.read_bytes())
        self._copied = state


def _written_file(config: pytest.Config) -> Path | None:
    """The file of ``--junitxml``, found as pytest finds it; None where there is none."""
    given = config.getoption("xmlpath", None)
    if not given or hasattr(config, "workerinput"):
        return None
    return Path(os.path.abspath(os.path.expanduser(os.path.expandvars(given))))


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
