"""Suites for ``whole_process.py``, pinned, each for what makes it hard to divide."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeSuite:
    """A suite and how it is run.

    ``requirements``: what is installed, the tested project first. ``sdist``: the source distribution that holds
    the tests and is unpacked as rootdir; "" where the installed packages hold them, of which a copy is used.
    ``folder``: where pytest starts, below that. ``arguments``: what it is given; paths, as pytest-fsplit knows
    no others.
    """

    name: str
    stands_for: str = ""
    requirements: tuple[str, ...] = ()
    sdist: str = ""
    folder: str = ""
    arguments: tuple[str, ...] = ()


SUITES = (
    WholeSuite(
        name="networkx",
        stands_for="300 files, most of the time in a few slow tests",
        requirements=("networkx==3.4.2",),
        arguments=("networkx",),
    ),
    WholeSuite(
        name="attrs",
        stands_for="a short run, of which starting and importing are a large part",
        requirements=("attrs==26.1.0", "cloudpickle==3.1.2", "hypothesis==6.170.15", "pympler==1.1"),
        sdist="attrs==26.1.0",
        arguments=("tests",),
    ),
    WholeSuite(
        name="jinja2",
        stands_for="a short run in few files",
        requirements=("jinja2==3.1.6", "trio==0.31.0"),
        sdist="jinja2==3.1.6",
        arguments=("tests",),
    ),
    WholeSuite(
        name="packaging",
        stands_for="one file holds most of the time",
        requirements=("packaging==26.3", "hypothesis==6.170.15", "pretend==1.0.9", "tomli_w==1.2.0"),
        sdist="packaging==26.3",
        arguments=("tests",),
    ),
    WholeSuite(
        name="pandas-frame",
        stands_for="collecting is a large part, and one file's collection dominates",
        requirements=("pandas==3.1.1", "hypothesis==6.170.15"),
        folder="pandas",
        arguments=("tests/frame",),
    ),
    WholeSuite(
        name="statsmodels-discrete",
        stands_for="a third of the time is in ``setup_class`` methods that fit a model",
        requirements=("statsmodels==0.15.0", "pandas==3.1.1", "scipy==1.17.1"),
        folder="statsmodels",
        # Its own addopts ask for pytest-randomly, and for a JUnit file.
        arguments=("-o", "addopts=", "discrete/tests"),
    ),
    WholeSuite(
        name="mdanalysis",
        stands_for="files with class and module fixtures that analyse a trajectory; starting takes long",
        requirements=("MDAnalysisTests==2.11.0",),
        folder="MDAnalysisTests/analysis",
        arguments=(
            "test_diffusionmap.py",
            "test_hydrogenbonds_analysis.py",
            "test_nucleicacids.py",
            "test_nuclinfo.py",
            "test_pca.py",
            "test_rdf_s.py",
        ),
    ),
)
