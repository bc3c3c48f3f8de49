"""The schema that JUnit files are held to.

Apart from junit_files.py, so that a test can read JUnit files without lxml.
"""

from __future__ import annotations

import os

import pytest
from lxml import etree

VARIABLE = "SMARTSHARD_JUNIT_SCHEMA"
"""Holds the path of the schema, which is in pytest's source distribution (see noxfile.py)."""

# Read here, because no test sees such variables.
SCHEMA = os.environ.get(VARIABLE, "")
IN_CI = "CI" in os.environ


def schema() -> etree.XMLSchema:
    """The schema that pytest's own tests hold its files to, Jenkins' for xUnit."""
    if not SCHEMA and IN_CI:
        pytest.fail(f"{VARIABLE} is not set; in CI the schema is there")
    if not SCHEMA:
        pytest.skip(f"{VARIABLE} is not set: nox sets it to the schema in pytest's source distribution")
    return etree.XMLSchema(etree.parse(SCHEMA))
