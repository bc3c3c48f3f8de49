"""Every report by the name that ``--shard-report-format`` knows it by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pytest_smartshard.reports.as_json import JsonReport
from pytest_smartshard.reports.markdown import MarkdownReport
from pytest_smartshard.reports.protocol import Report
from pytest_smartshard.reports.text import TextReport

REPORTS: Mapping[str, Report] = MappingProxyType(
    {
        "text": TextReport(),
        "markdown": MarkdownReport(),
        "json": JsonReport(),
    }
)
"""Name to report. For a terminal that cannot encode block characters use ``TextReport(ascii_only=True)``."""
