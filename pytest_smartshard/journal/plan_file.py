"""A plan as a JSON file, beside the journals of the shards that followed it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_smartshard.checked import (
    MOST_LANES,
    Table,
    as_list,
    as_table,
    count,
    flag,
    number,
    parse_table,
    text,
    texts,
    version,
)
from pytest_smartshard.errors import NewerFormat, UnusableFile
from pytest_smartshard.model.plan import Forecast, Plan
from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

FORMAT = 1
KIND = "smartshard-plan"


def plan_text(plan: Plan) -> str:
    """The plan as JSON: for each shard the files it owns alone, and its tests of files that are split.

    Ends with a newline; equal plans give equal text.
    """
    forecast = plan.forecast
    document = {
        "kind": KIND,
        "format": FORMAT,
        "digest": plan.digest,
        "packer": plan.packer,
        "scope": plan.scope,
        "lanes": plan.lanes,
        "lower_bound_seconds": _seconds(forecast.bound),
        "total_seconds": _seconds(forecast.total),
        "known_seconds": _seconds(forecast.known),
        "imbalance": round(forecast.makespan / forecast.bound, 4) if forecast.bound else None,
        "known_share": round(forecast.known / forecast.total, 4) if forecast.total else None,
        "together": plan.together,
        **({} if plan.pruned else {"pruned": False}),
        "shards": _shards(plan),
    }
    return f"{_indented(document)}\n"


def parse_plan(content: str, path: str) -> Plan:
    """The plan in *content*, read from *path* (for messages). Raises UnusableFile or NewerFormat."""
    try:
        document = parse_table(content)
        if document.get("kind") != KIND:
            raise ValueError("another kind of file")
        found = version(document)
        if found > FORMAT:
            raise NewerFormat(path, found, FORMAT)
        return _parse(document)
    except ValueError as error:
        raise UnusableFile(path, f"is no plan ({error})") from error


def read_plan(path: Path) -> Plan:
    """Raises UnusableFile or NewerFormat."""
    try:
        content = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableFile(str(path), "is no plan (no text)") from error
    except OSError as error:
        raise UnusableFile(str(path), f"cannot be read ({error.strerror})") from error
    return parse_plan(content, str(path))


def _shards(plan: Plan) -> list[dict[str, Any]]:
    shards: list[dict[str, Any]] = [
        {"index": number, "predicted_seconds": _seconds(load), "files": [], "tests": {}}
        for number, load in enumerate(plan.forecast.loads, start=1)
    ]
    for file, owners in plan.owners.items():
        units = plan.cuts.get(file)
        if units is None:
            for number in owners:
                shards[number - 1]["files"].append(file)
            continue
        tails: dict[int, list[str]] = {number: [] for number in owners}
        for tail, number in units.items():
            tails[number].append(tail)
        for number, own in tails.items():
            shards[number - 1]["tests"][file] = own
    return shards


def _indented(value: object, margin: str = "\n") -> str:
    """JSON with an item to a line, as ``json.dumps`` writes it with an indent of 1.

    Every shard writes the plan, and with an indent that function takes ten times as long for long lists of texts.
    """
    inner = f"{margin} "
    if isinstance(value, dict) and value:
        items = [f"{json.dumps(name)}: {_indented(item, inner)}" for name, item in value.items()]
        return f"{{{inner}{f',{inner}'.join(items)}{margin}}}"
    if isinstance(value, list) and value:
        if isinstance(value[0], str):
            return f"[{inner}{json.dumps(value, separators=(f',{inner}', ': '))[1:-1]}{margin}]"
        return f"[{inner}{f',{inner}'.join([_indented(item, inner) for item in value])}{margin}]"
    return json.dumps(value)


def _parse(document: Table) -> Plan:
    owners: dict[str, list[int]] = {}
    cuts: dict[str, dict[str, int]] = {}
    shards = [as_table(shard, "a shard") for shard in as_list(document.get("shards"), "shards")]
    for place, shard in enumerate(shards, start=1):
        # What no shard has for its own, nobody would run.
        owner = count(shard, "index", least=place, most=place)
        tests = as_table(shard.get("tests"), "tests")
        for file in (*texts(shard, "files"), *tests):
            owners.setdefault(file, []).append(owner)
        for file in tests:
            cuts.setdefault(file, {}).update((tail, owner) for tail in texts(tests, file))
    together = as_table(document.get("together"), "together")
    return Plan(
        shards=len(shards),
        lanes=count(document, "lanes", least=1, most=MOST_LANES),
        packer=text(document, "packer"),
        scope=text(document, "scope"),
        owners={file: tuple(sorted(numbers)) for file, numbers in sorted(owners.items())},
        cuts={file: dict(sorted(units.items())) for file, units in sorted(cuts.items())},
        together={label: count(together, label, least=1, most=len(shards)) for label in together},
        forecast=Forecast(
            loads=tuple(_microseconds(shard, "predicted_seconds") for shard in shards),
            bound=_microseconds(document, "lower_bound_seconds"),
            total=_microseconds(document, "total_seconds"),
            known=_microseconds(document, "known_seconds"),
        ),
        digest=text(document, "digest"),
        pruned=flag(document, "pruned") if "pruned" in document else True,
    )


def _seconds(microseconds: int) -> float:
    return microseconds / MICROSECONDS_PER_SECOND


def _microseconds(table: Table, name: str) -> int:
    return round(number(table, name) * MICROSECONDS_PER_SECOND)
