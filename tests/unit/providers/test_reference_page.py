"""The reference page has a row for each provider, with the variables that the code reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_smartshard.providers.table import PROVIDERS, Provider

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "ci-providers.md"
NONE = "–"


def tables() -> list[list[list[str]]]:
    """The cells of each table's rows."""
    blocks = [block.splitlines() for block in PAGE.read_text(encoding="utf-8").split("\n\n")]
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in block]
        for block in blocks
        if block[0].startswith("|")
    ]


def rows() -> dict[str, list[str]]:
    """The cells of the first table's rows by provider name, in the order of the page."""
    header, _rule, *body = tables()[0]
    assert header == [
        "provider",
        "detected by",
        "index",
        "total",
        "first",
        "run id",
        "attempt",
        "`--shard=auto`",
    ]
    return {cells[0]: cells[1:] for cells in body}


def code(variables: list[str | None]) -> str:
    known = [f"`{variable}`" for variable in variables if variable is not None]
    return " and ".join(known) if known else NONE


def test_the_rows_are_the_providers_in_detection_order() -> None:
    assert list(rows()) == [provider.name for provider in PROVIDERS]


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_a_row_names_what_the_code_reads(provider: Provider) -> None:
    cells = rows()[provider.name]
    counted = "" if provider.attempt is None else f" (from {provider.attempt_base})"
    assert cells[:-1] == [
        code([mark.variable for mark in provider.detected_by]),
        code([provider.index]),
        code([provider.total]),
        NONE if provider.base is None else str(provider.base),
        code(list(provider.run)),
        code([provider.attempt]) + counted,
    ]


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.slug)
def test_a_row_says_what_auto_does(provider: Provider) -> None:
    says = rows()[provider.name][-1]
    always_an_error = provider.base is None
    assert says.startswith("error" if always_an_error else "index and total")
    assert ("`CI_JOB_NAME`" in says) == (provider.slug == "gitlab")
    assert provider.excluded is None or f"`{provider.excluded.variable}`" in says


def test_the_page_names_the_status_files() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"`{p.status_file}`" in page for p in PROVIDERS if p.status_file is not None)


def test_the_second_table_says_what_each_provider_is_told() -> None:
    header, _rule, *body = tables()[1]
    assert header == ["provider", "what is wrong", "summary", "results"]
    listening = {provider.name: provider for provider in PROVIDERS if provider.listens}
    assert [cells[0] for cells in body] == list(listening)
    for name, problem, summary, results in body:
        provider = listening[name]
        start = re.split(r"[ {]", provider.dialect.problem)[0] if provider.dialect else NONE
        assert start in problem
        upload = provider.dialect.summary.split("{")[0] if provider.dialect else ""
        shown = [provider.summary or "", upload, " ".join(provider.annotate)]
        assert all(part in summary for part in shown)
        assert (summary == NONE) == (not any(shown))
        assert (provider.outputs or NONE) in results
