"""The reference names what the code has: options, markers, formats, exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from merged_runs import bad_run

from pytest_smartshard import exits
from pytest_smartshard.checked import parse_table
from pytest_smartshard.journal import inventory_file, lines, plan_file
from pytest_smartshard.journal.inventory_file import inventory_text
from pytest_smartshard.journal.plan_file import plan_text
from pytest_smartshard.model.history import FileHistory, History, MeasuredRun
from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.plan import Forecast, Plan
from pytest_smartshard.model.record import (
    CollectionError,
    FinishedTest,
    JournalFooter,
    JournalHeader,
    OwnedFile,
)
from pytest_smartshard.model.segment import RunIdentity, Segment, ShardIndex
from pytest_smartshard.model.shared import SharedTime
from pytest_smartshard.model.suite import ItemKey
from pytest_smartshard.reports import merge_json as merge_report
from pytest_smartshard.reports.merge_json import merge_json
from pytest_smartshard.settings.options import OPTIONS, Option
from pytest_smartshard.store import format as store_format
from pytest_smartshard.store.format import history_text

PAGES = Path(__file__).parents[2] / "docs" / "reference"


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """The part of a page below a heading of the second level."""
    return page(name).split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_an_option_has_a_section_with_its_choices(option: Option) -> None:
    name = option.flag or option.ini
    headings = [line for line in page("options").splitlines() if line.startswith("## ")]
    (heading,) = [line for line in headings if f"`{name}`" in line]
    below = section("options", heading.removeprefix("## "))
    assert all(f"`{choice}`" in below for choice in option.choices)


def test_the_variables_are_those_of_the_options() -> None:
    table = section("environment-variables", "Read as options")
    listed = dict(re.findall(r"^\| `(\w+)` \| `([\w-]+)`", table, re.MULTILINE))
    assert listed == {option.env: option.flag for option in OPTIONS if option.env}


def test_the_exit_codes_are_those_of_the_command() -> None:
    table = section("exit-codes", "`smartshard`")
    assert [int(code) for code in re.findall(r"^\| (\d) \|", table, re.MULTILINE)] == [
        exits.OK,
        exits.FINDINGS,
        exits.MISSING,
        exits.USAGE,
        exits.BROKEN,
    ]


def keys_in(text: str) -> set[str]:
    """Keys of all objects in a JSON text."""
    return set(re.findall(r'"(\w+)": ?', text))


def named(name: str) -> set[str]:
    """Keys that a section on a format has in the first column of its tables."""
    rows = re.findall(r"^\| (`.+?`) \|", section("files", name), re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`(\w+)`", row)}


def test_the_store_is_described_key_by_key() -> None:
    known = FileHistory(["t", "u"], [1, 1], ["1 1"], [("module db",), ()], [0, 1])
    history = History(
        runs=(MeasuredRun(run="r"),),
        files={"test_a.py": known},
        shared={"": FileHistory(["start-up"], [1], ["1"])},
    )
    text = history_text(history, Segment("s", "e")).replace('"test_a.py"', "")
    assert named(f"Store, format {store_format.FORMAT}") == keys_in(text)


def test_the_journal_is_described_key_by_key() -> None:
    header = JournalHeader(
        segment=Segment("s", "e"),
        identity=RunIdentity(run="r"),
        shard=ShardIndex(1, 1),
        digest="d",
        started=0.0,
        selected=1,
        inventory="i",
        pruned=True,
        start_up=1,
    )
    test = FinishedTest(
        key=ItemKey("f", "t"),
        stored_tail="s",
        outcome="failed",
        cpu=1,
        memory=1,
        predicted=1,
        reruns=1,
        lane="gw0",
        details="why",
        nodeid="n",
        shared=(SharedTime("f", "module db", 1, 1),),
        limit=1,
    )
    owned = OwnedFile(
        file="f",
        collected=1,
        collected_digest="d",
        remaining=1,
        remaining_digest="d",
        selected=("t",),
        owners=(1,),
        collecting=1,
        cold=True,
        is_first=True,
        needs=(("module db",),),
        needing=(0,),
    )
    written = [
        lines.header_line(header),
        lines.file_line(owned),
        lines.error_line(CollectionError(node="f", details="why")),
        parse_table(lines.encode_start(test.key)),
        parse_table(lines.encode_test(test)),
        lines.footer_line(JournalFooter(exit_code=0, ran=1, seconds=1.0, each_test=1, each_test_of={"f": 1})),
    ]
    assert named(f"Journal, format {lines.FORMAT}") == {key for line in written for key in line}


def test_the_list_of_tests_is_described_key_by_key() -> None:
    text = inventory_text(Inventory.of([ItemKey("f", "t")], ["g"])).replace('"f"', "")
    assert named(f"List of tests, format {inventory_file.FORMAT}") == keys_in(text)


def test_the_report_of_a_merge_is_described_key_by_key() -> None:
    below = section("report", "What a merge leaves")
    cells = re.findall(r"^\| (`.+?`) \| (.+) \|$", below, re.MULTILINE)
    described = {key for row in cells for cell in row for key in re.findall(r"`(\w+)`", cell)}
    document = json.loads(merge_json(bad_run()))
    for segment in document["segments"]:
        del segment["figures"][:]  # described above, for the report of a run
    written = keys_in(json.dumps({**document, "written": {"report_json": 0, "report_markdown": 0}}))
    assert described - {"figures", "segments"} == written - {"figures", "segments"}
    assert f'"{merge_report.FORMAT}"`, {merge_report.VERSION} |' in below


def test_the_plan_is_described_key_by_key() -> None:
    forecast = Forecast(loads=(1,), bound=1, total=1, known=1)
    plan = Plan(shards=1, packer="lpt", owners={"f": (1,)}, forecast=forecast, digest="d", pruned=False)
    assert named(f"Plan, format {plan_file.FORMAT}") == keys_in(plan_text(plan))
