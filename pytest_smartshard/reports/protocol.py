"""What every report is: summaries in, the finished text out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pytest_smartshard.model.summary import RunSummary


class Report(Protocol):
    """One format of the report. Pure: the same summaries always give the same text."""

    def render(self, summaries: Sequence[RunSummary]) -> str:
        """The report of *summaries* (the segments of one run, in the order to show); ends with a newline."""
        ...
