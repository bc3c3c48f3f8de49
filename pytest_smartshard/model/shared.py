"""Costs that are paid once in each shard that needs them, however many of its tests do: what they are called.

A shared cost has a *place*: the key of the file whose tests alone need it, or :data:`WHOLE_SUITE`. Within its
place it has a *name*, one of these:

``start-up``
    of the process, until tests are collected and between files; place: whole suite
``each test``
    what running one test costs pytest itself, beside the test; place: whole suite, and for its own tests the file
``collect``, ``collect cold``
    importing a file and making its tests, with its rewritten form in the cache and without; place: the file
``module db``, ``class TestA::TestB db``, ``package tests/unit db``, ``session db``
    setting up and tearing down a fixture of that scope, with ``[2]`` behind it for the third of its parameters;
    place: the file, or for package and session the whole suite
``together xdist_group:db``
    no cost, but what a test must stay together with; place: whole suite

The names that a test has to do with are its *needs*.
"""

from __future__ import annotations

from typing import NamedTuple

WHOLE_SUITE = ""

START_UP = "start-up"
EACH_TEST = "each test"
COLLECT = "collect"
COLLECT_COLD = "collect cold"

SESSION, PACKAGE, MODULE, CLASS = "session", "package", "module", "class"
HIGHER_SCOPES = (SESSION, PACKAGE, MODULE, CLASS)
"""Scopes of fixtures that several tests share, the widest first."""

TOGETHER = "together"


class SharedTime(NamedTuple):
    """What a test paid of a shared cost because it came first or last: microseconds.

    ``place`` and ``name`` as in this module's text.
    """

    place: str
    name: str
    setup: int
    teardown: int


def fixture_need(scope: str, within: str, fixture: str, parameter: int | None = None) -> str:
    """The name of a fixture's cost. *within*: tail of the class, key of the package's folder, else ``""``.

    *parameter* is its 0-based index, None where the fixture has none.
    """
    which = fixture if parameter is None else f"{fixture}[{parameter}]"
    return " ".join(filter(None, (scope, within, which)))


def together_need(label: str) -> str:
    """The need of a test that must stay together with all others of *label*."""
    return f"{TOGETHER} {label}"


def label_of_need(need: str) -> str:
    """The label of a :func:`together_need`, ``""`` for another need."""
    kind, _, label = need.partition(" ")
    return label if kind == TOGETHER else ""


def place_of_need(need: str, file: str) -> str:
    """Where the cost of a need of a test in *file* has its place."""
    return file if need.partition(" ")[0] in (MODULE, CLASS) else WHOLE_SUITE
