"""The JUnit files of a run's shards, made the one that an unsharded run would have left.

The library is junitparser; what it reads has been looked over before (:mod:`.junit_documents`). It keeps all that
a test case holds, whatever that is. What it is not asked for is joining suites: that adds up what ran twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

from pytest_smartshard.errors import UsageError
from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.record import FinishedTest

FAMILIES = ("xunit1", "xunit2")
"""The two forms that pytest writes; ``xunit1`` has the file of each test as an attribute."""

SUITE_NAME = "pytest"
"""Name of the suite where none is configured, as in pytest."""

MISSING = (
    "JUnit files are not combined, because that needs junitparser; run pip install 'pytest-smartshard[junit]'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JunitStyle:
    """How pytest was told to write JUnit files.

    ``prefix`` stands before every class name. ``calls_only``: the time of a test is that of its call alone.
    """

    family: str = "xunit2"
    suite_name: str = SUITE_NAME
    prefix: str = ""
    calls_only: bool = False

    def facts(self) -> dict[str, str]:
        """As texts, for the header of a journal."""
        return {
            "family": self.family,
            "suite_name": self.suite_name,
            "prefix": self.prefix,
            "duration_report": "call" if self.calls_only else "total",
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, str]) -> JunitStyle:
        """From a journal's header. What is not there, or is none of what it may be, is as in pytest."""
        family = facts.get("family", "")
        return cls(
            family=family if family in FAMILIES else "xunit2",
            suite_name=facts.get("suite_name", SUITE_NAME),
            prefix=facts.get("prefix", ""),
            calls_only=facts.get("duration_report") == "call",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JunitTest:
    """A test of a journal.

    ``counts``: this run of it is the one that counts; another shard or attempt has not superseded it.
    """

    test: FinishedTest
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class JunitPart:
    """What one shard left. ``tests`` are all that its journal holds, in that order.

    ``name`` is that of the file, for notes. ``document``: what is in it, None where a killed shard wrote none.
    ``started``: seconds since the epoch.
    """

    name: str
    document: bytes | None
    tests: Sequence[JunitTest]
    started: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedJunit:
    """The one file, UTF-8. ``made`` counts the test cases that no shard's file held, made from journals.

    ``notes`` name the files that could not be read.
    """

    document: bytes
    made: int
    notes: tuple[str, ...]


def require_junitparser() -> None:
    """Raises UsageError where it is not installed."""
    if find_spec("junitparser") is None:
        raise UsageError([MISSING])


def combine(parts: Sequence[JunitPart], style: JunitStyle) -> CombinedJunit:
    """The suite that *parts* make up: for each test that counts, the case that its shard wrote, or one made.

    What belongs to no test, such as a file that cannot be collected, is kept once: every shard tells of it. So
    leave parts out that another attempt has replaced as a whole. The order of parts does not matter, but where
    shards of one start tell of the same in different words.

    Raises UsageError where junitparser is not installed.
    """
    require_junitparser()
    from pytest_smartshard.combine.junit_joining import joined

    return joined(parts, style)
