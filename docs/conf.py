"""Sphinx configuration."""

from __future__ import annotations

import sys
from pathlib import Path

_docs = Path(__file__).parent
# The table of options and the version are read from the source: the build needs no installed package.
sys.path[:0] = [str(_docs / "_ext"), str(_docs.parent)]

import pytest_smartshard  # noqa: E402 - found by the line above

project = "pytest-smartshard"
author = "The pytest-smartshard developers"
copyright = author
release = version = pytest_smartshard.__version__

extensions = ["myst_parser", "option_table"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "_ext"]

html_theme = "furo"
html_title = f"pytest-smartshard {release}"
