"""``--shard-report``: after a run, or alone about the last one."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest

from pytest_smartshard.model.summary import RunSummary
from pytest_smartshard.operations.summarising import last_run, summarise
from pytest_smartshard.reports.table import REPORTS
from pytest_smartshard.reports.text import TextReport
from pytest_smartshard.session.start import settings_of, values_of
from pytest_smartshard.settings.resolve import OFF


def report_alone(config: pytest.Config) -> int | None:
    """Print the report of the last run; None where tests are to be run instead, sharded or recorded.

    ``--shard=auto`` is such a case even where it means off: a green run in which nothing ran must not be.
    Raises pytest.UsageError for mistakes, and where there is no run to report.
    """
    given = values_of(config)
    runs_anyway = given["shard_rerun"].is_given or given["shard_record"].origin.startswith("--")
    if given["shard"].text not in ("", OFF) or runs_anyway:
        return None
    problems: list[str] = []
    settings = settings_of(config, problems)
    if problems:
        raise pytest.UsageError(*problems)
    journals = last_run(settings.home)
    if not journals:
        raise pytest.UsageError(
            f"--shard-report: no run is recorded in {settings.home}; run with --shard=K/N or --shard-record first"
        )
    text = rendered(summarise(journals), settings.report_format)
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    return int(pytest.ExitCode.OK)


def rendered(summaries: Sequence[RunSummary], form: str) -> str:
    """The report, in characters that standard output can encode."""
    text = REPORTS[form].render(summaries)
    if form == "text" and not _can_encode(text):
        return TextReport(ascii_only=True).render(summaries)
    return text


def _can_encode(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
