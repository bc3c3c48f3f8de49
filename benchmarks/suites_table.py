"""Suites of other projects, pinned, each for something that this project's own tests would not think of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSuite:
    """A suite and how it is run.

    ``stands_for``: what is special about it. ``sdist``: the source distribution that is unpacked and whose folder
    is rootdir; None where the wheel ships the tests and rootdir is an empty folder. ``arguments``: what pytest is
    given. ``requirements``: what is installed, with the project itself. ``addopts``: for ``PYTEST_ADDOPTS``.
    ``numpy``: this project's own need, in a version that the suite can live with. ``findings``: the codes of what
    ``smartshard doctor`` rightly says about it.
    """

    name: str
    stands_for: str
    arguments: tuple[str, ...] = ()
    requirements: tuple[str, ...]
    sdist: str | None = None
    addopts: str = ""
    numpy: str = "numpy==2.4.6"
    findings: tuple[str, ...] = ()


def _from_sdist(
    pin: str, stands_for: str, *needs: str, arguments: tuple[str, ...] = (), addopts: str = ""
) -> RealSuite:
    """A suite whose tests come with the sources; what is tested is the installed release."""
    return RealSuite(
        name=pin.partition("==")[0],
        stands_for=stands_for,
        arguments=arguments,
        requirements=(pin, *needs),
        sdist=pin,
        addopts=addopts,
    )


def _from_wheel(pin: str, stands_for: str, *packages: str) -> RealSuite:
    """A suite that is installed, run by the names of its *packages* from a folder that has nothing in it."""
    return RealSuite(
        name=pin.partition("==")[0],
        stands_for=stands_for,
        arguments=("--pyargs", *packages),
        requirements=(pin,),
    )


SUITES = (
    _from_wheel("simplejson==4.3.0", "unittest classes, outside rootdir", "simplejson"),
    _from_wheel("toolz==1.2.0", "plain functions, outside rootdir", "toolz"),
    _from_wheel(
        "networkx==3.6.1",
        "several packages outside rootdir whose files have the same names",
        "networkx.classes",
        "networkx.readwrite",
        "networkx.utils",
    ),
    RealSuite(
        name="redengine",
        stands_for="parametrised over a set, outside rootdir; tests that start threads and processes",
        arguments=("--pyargs", "redengine.test.condition", "redengine.test.time"),
        requirements=("redengine==2.0.1", "pandas==1.5.3", "pydantic==1.10.27"),
        numpy="numpy==1.26.4",
        findings=("unstable-ids",),
    ),
    _from_sdist(
        "packaging==26.3",
        "10,000 tests, most of them parameters with odd ids; warnings are errors, strict markers",
        "hypothesis==6.170.15",
        "pretend==1.0.9",
        "tomli_w==1.2.0",
        arguments=("--ignore=tests/test_version.py",),
    ),
    _from_sdist("boltons==26.2.0", "doctests of modules", arguments=("--doctest-modules", "boltons", "tests")),
    _from_sdist(
        "structlog==26.1.0",
        "asyncio tests by pytest-asyncio; importlib mode, strict markers",
        "pytest-asyncio==1.5.0",
        "freezegun==1.5.5",
        "pretend==1.0.9",
        "rich==15.0.0",
        "time-machine==3.6.0",
    ),
    _from_sdist("PyYAML==6.0.3", "a collector and items of its own, one for each data file"),
    _from_sdist(
        "testfixtures==12.4.0",
        "examples in documents and docstrings, collected by sybil; unittest classes",
        "sybil==10.1.0",
    ),
    _from_sdist(
        "attrs==26.1.0",
        "-n auto in addopts; importlib mode, strict markers, hypothesis",
        "cloudpickle==3.1.2",
        "hypothesis==6.170.15",
        "psutil==7.2.2",
        "pympler==1.1",
        addopts="-n auto",
    ),
)
