"""What a merged run left, in values that hold no times: its store, its report, its JUnit file."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path


def samples_of(store: Path) -> dict[str, dict[str, str]]:
    """For each segment and test of a store, the class of its newest sample, ``-`` for a pass."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(store.glob("*.json")):
        document = json.loads(path.read_text("ascii"))
        classes = {}
        for file, line in document["files"].items():
            for place, tail in enumerate(line["tests"]):
                samples = [column.split(" ")[place] for column in line["samples"] if column]
                known = [sample for sample in samples if sample[:1].isalnum()]
                classes[f"{file}::{tail}"] = re.sub(r"\d+", "", known[-1]) or "-" if known else "none"
        found[path.name] = classes
    return found


def verdict_of(report: Path) -> object:
    """What a report in JSON says of the run but for times, and for how often it was begun."""
    document = json.loads(report.read_text("ascii"))
    kept = ("verdict", "exit_code", "cause", "absent", "refusals", "coverage")
    of_segment = ("segment", "verdict", "exit_code", "expected", "listed", "lost", "doubled", "gone", "flaky")
    return {
        **{name: document.get(name) for name in kept},
        "segments": [
            {
                **{name: segment.get(name) for name in of_segment},
                "failures": sorted(failure["test"] for failure in segment.get("failures", ())),
            }
            for segment in document["segments"]
        ],
    }


def junit_cases(path: Path) -> Counter[str]:
    """Each case with all that is in it but for times."""
    return Counter(
        f"{case.get('classname')}::{case.get('name')} "
        f"{[(part.tag, part.get('message')) for part in case if not part.tag.startswith('system-')]}"
        for case in ET.parse(path).iter("testcase")
    )
