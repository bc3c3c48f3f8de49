"""A history in which every test took no time still spreads the tests, and divides nothing by zero."""

from __future__ import annotations

import json
from pathlib import Path

from sharded import Project, exactly_once, functions


def test_zero_durations_are_spread_evenly(tmp_path: Path) -> None:
    names = [f"n{number}" for number in range(6)]
    project = Project.make(
        tmp_path / "project", {"test_a.py": functions(*names), "folder/test_b.py": functions(*names)}
    )
    plain = project.pytest()
    durations = project.root / ".test_durations"
    durations.write_text(
        json.dumps({f"{file}::test_{n}": 0.0 for file in ("test_a.py", "folder/test_b.py") for n in names}),
        encoding="utf-8",
    )

    results = project.run_all(4)

    exactly_once(results, plain)
    assert [len(result.ran) for result in results] == [3, 3, 3, 3]
    assert f"smartshard: no store yet: durations taken from {durations}" in results[0].lines
    assert (
        "3 tests in 2 of 2 files, 0.00 s predicted, imbalance 1.00, 100 % of the time from history"
        in results[0].collected_line
    )
