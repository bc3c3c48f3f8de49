"""Law 2: a plan is a pure function of suite, history and options, on every machine."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import fixed_plan
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import as_another_process_sees, histories, plan_options, suites

from pytest_smartshard.model.history import History
from pytest_smartshard.model.suite import Suite, SuiteFile
from pytest_smartshard.planning.planner import PlanOptions, make_plan


@given(st.data(), st.lists(st.integers(0, 9), min_size=1, max_size=9))
def test_neither_the_order_of_tests_nor_unstable_ids_change_a_plan(
    data: st.DataObject, shuffled: list[int]
) -> None:
    suite = data.draw(suites())
    history = data.draw(histories(suite))
    options = data.draw(plan_options())
    elsewhere = as_another_process_sees(suite, shuffled)
    assert make_plan(elsewhere, history, options).plan == make_plan(suite, history, options).plan


@given(st.data())
def test_neither_the_order_of_a_history_nor_its_name_nor_planning_before_change_a_plan(
    data: st.DataObject,
) -> None:
    suite = data.draw(suites())
    history = data.draw(histories(suite))
    options = data.draw(plan_options())
    backwards = replace(
        history,
        files=dict(reversed(list(history.files.items()))),
        shared=dict(reversed(list(history.shared.items()))),
        origin="elsewhere",
    )
    before = repr((suite, history, options))
    first = make_plan(suite, history, options).plan
    assert repr((suite, history, options)) == before, "planning changes its arguments"
    assert make_plan(suite, backwards, options).plan == first
    assert make_plan(suite, history, options).plan == first


@given(
    st.data(),
    st.sampled_from(["shards", "lanes", "packer", "scope", "selection", "version", "history", "a file"]),
)
def test_whatever_a_plan_is_made_from_is_in_its_digest(data: st.DataObject, changed: str) -> None:
    suite = data.draw(suites())
    history = data.draw(histories(suite))
    options = data.draw(plan_options())
    other_suite: Suite = suite
    other_history: History = history
    other_options: PlanOptions = options
    if changed == "a file":
        other_suite = Suite(files=(*suite.files, SuiteFile(key="ÿ.py")))
    elif changed == "history":
        other_history = replace(history, digest="ffffffffffff")
    elif changed == "shards":
        other_options = replace(options, shards=options.shards + 1)
    elif changed == "lanes":
        other_options = replace(options, lanes=options.lanes + 1)
    else:
        others = {"packer": ("lpt", "hash"), "scope": ("test", "class")}.get(changed, ("x", "y"))
        other = next(name for name in others if name != getattr(options, changed))
        text: dict[str, Any] = {changed: other}
        other_options = replace(options, **text)
    assert (
        make_plan(other_suite, other_history, other_options).plan.digest
        != make_plan(suite, history, options).plan.digest
    )


PROGRAM = Path(fixed_plan.__file__)

DIGESTS = {
    "costs": "2491747f5fd9",
    "lpt test 6x1": "156d28732114",
    "lpt class 4x2": "fa0f92c8ccfe",
    "lpt file 3x1": "9b608d9fc7cc",
    "lpt test 300x4": "937c6a78e66e",
    "chunks test 6x1": "2ce3c4d784c0",
    "round-robin test 6x1": "b419fa1dc09c",
    "hash test 6x1": "81986dfcbbfb",
    "shared lpt test 6x1": "e9edc5b0230d",
    "shared lpt class 4x2": "975bae17bb56",
    "shared lpt test 50x1": "763e7fe5a137",
    "shared chunks test 6x1": "5fbed57335c6",
}
"""What every machine gets. Who changes one of these changes how is planned, on purpose and with a note."""


def digests(environ: dict[str, str]) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(PROGRAM)],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("seed", ["0", "1", "4294967295"])
def test_hash_seeds_change_nothing(seed: str) -> None:
    assert digests({"PYTHONHASHSEED": seed}) == DIGESTS


def dispatched_features() -> list[str]:
    """Instructions beyond the baseline that numpy would use on this machine."""
    try:
        core = importlib.import_module("numpy._core._multiarray_umath")
    except ModuleNotFoundError:  # numpy 1
        core = importlib.import_module("numpy.core._multiarray_umath")
    return [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]


def test_the_processor_changes_nothing() -> None:
    """Durations are joined with numpy, whose sums differ in their last bits between instruction sets."""
    features = dispatched_features()
    plain = digests({})
    reduced = digests(
        {
            "NPY_DISABLE_CPU_FEATURES": " ".join(features),
            "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX2_Usable,-AVX,-FMA,-FMA4,-ERMS,-SSE4_2",
            "OPENBLAS_CORETYPE": "Prescott",
        }
    )
    assert reduced == plain == DIGESTS


def test_locale_and_time_zone_change_nothing() -> None:
    assert digests({"LC_ALL": "tr_TR.UTF-8", "LANG": "C", "TZ": "Asia/Kathmandu", "PYTHONUTF8": "0"}) == DIGESTS
