"""The report of a merge for people, word for word, and that it keeps within its bounds."""

from __future__ import annotations

import pytest
from merged_runs import DETAILS, FILE, SEGMENT, bad_run, counted, green_segment

from pytest_smartshard.model.merged import CoverageTotal, MergedRun, StoreChange
from pytest_smartshard.model.proof import EarlierOutcome
from pytest_smartshard.reports.merge_markdown import MOST_BYTES, merge_markdown


def test_a_run_in_which_everything_is_wrong() -> None:
    assert merge_markdown(bad_run()) == EVERYTHING


def test_a_green_run_is_short() -> None:
    total = CoverageTotal(percent=91.256, fail_under=80, is_met=True, precision=2)
    merged = MergedRun(run="r1", segments=(green_segment(counted("a"), counted("b")),), coverage=total)
    assert merge_markdown(merged) == (
        "## ✅ Proved and green: run `r1`\n\n"
        "- root@<!-- -->linux-3.12@<!-- -->all: proved: 2 tests ran exactly once in 3 shards\n"
        "- coverage of all shards: 91.26 % reaches fail_under=80\n"
    )


def test_the_course_of_a_flaky_test_is_told() -> None:
    failed = EarlierOutcome(generation=0, attempt=1, outcome="failed")
    crashed = EarlierOutcome(generation=0, attempt=2, outcome="crashed")
    flaky = counted("a", attempt=3, reruns=1, earlier=(failed, crashed))
    text = merge_markdown(MergedRun(run="r1", segments=(green_segment(flaky),)))
    assert f"| 1/3 | failed in attempt 1, crashed in attempt 2, failed 1 ×, then passed | `{FILE}::a` |\n" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (StoreChange(path="p", journals=1, tests=2, written=False), "No test came or went; 2 tests in all."),
        (
            StoreChange(path="p", journals=1, tests=2, written=True, added=1, dropped=3),
            "1 test added, 3 tests dropped; 2 tests in all.",
        ),
    ],
)
def test_what_changed_in_the_store(change: StoreChange, said: str) -> None:
    segment = green_segment(counted("a"))
    merged = MergedRun(run="r1", segments=(type(segment)(proof=segment.proof, store=change),))
    assert merge_markdown(merged).endswith(f"#### What changed in the store\n\n{said}\n")


def test_a_page_has_a_bound_and_says_what_was_left_out() -> None:
    details = "E   <&>\n" + "<&>\n" * 20_000
    tests = [counted(f"test_{number}", "failed", details=details) for number in range(20_000)]
    text = merge_markdown(MergedRun(run="r1", segments=(green_segment(*tests),)))
    assert len(text.encode("utf-8")) < MOST_BYTES
    shown = text.count("<details>")
    assert 10 < shown < 50
    assert "### 20,000 failed tests\n" in text
    assert text.endswith(
        f"\n\nLeft out, because a summary may not be longer: {20_000 - shown:,} failed tests. "
        "`report.json` has all.\n"
    )
    assert "characters left out …" in text


def test_more_than_fifty_failures_are_counted() -> None:
    tests = [counted(f"test_{number}", "failed", details=DETAILS) for number in range(51)]
    text = merge_markdown(MergedRun(run="r1", segments=(green_segment(*tests),)))
    assert text.count("<details>") == 50
    assert "longer: 1 failed test. " in text


def test_of_several_segments_a_failure_names_its_own() -> None:
    other = type(SEGMENT)("root", "linux-3.13")
    segments = (green_segment(counted("a")), green_segment(counted("b", "failed"), segment=other))
    text = merge_markdown(MergedRun(run="r1", segments=segments))
    said = f"<code>{FILE}::b</code> failed in shard 1/3 of <code>{other.slug}</code>"
    assert f"<summary>{said}</summary>" in text


@pytest.mark.parametrize(
    "command", ["::error::x", "  ::error::x", "##[error]x", "##vso[task.complete]", "a ##[x]"]
)
def test_who_prints_a_page_into_a_log_runs_no_command(command: str) -> None:
    text = merge_markdown(bad_run(command, details=f"E   {command}\n{command}\n\x1b[31m{command}"))
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert "##[" not in text
    assert "##vso[" not in text


EVERYTHING = """\
## ❌ Not proved: run `r1`

- root@<!-- -->linux-3.12@<!-- -->all: NOT PROVED: 2 of 7 tests and 1 file (its tests are not known) did \
not run to the end, 1 test ran more than once
- root@<!-- -->linux-3.12@<!-- -->all: run r1 lacks shard 3 of 3; give merge the .smartshard/runs folders \
of all its jobs, kept also where tests fail, or run what is missing
- root@<!-- -->linux-3.12@<!-- -->all: shard 2/3 died in attempt 1 while it ran tests/test_a.py::test_x: \
its journal has no end
- root@<!-- -->linux-3.12@<!-- -->all: the shards of run r1 followed different plans (d1, d2), so tests \
may have run twice or never; give all shards the same store, options and environment
- root@<!-- -->linux-3.12@<!-- -->all: shards saw different tests in test_x
- root@<!-- -->linux-3.12@<!-- -->all: 1 test started and not finished, by shard 2/3: \
tests/test_a.py::test_x
- root@<!-- -->linux-3.12@<!-- -->all: 1 test in no journal that is there: test_x::test_x
- root@<!-- -->linux-3.12@<!-- -->all: 1 file (its tests are not known) in no journal that is there: test_x
- root@<!-- -->linux-3.12@<!-- -->all: 1 test ran more than once: tests/test_a.py::test_x in shards 1/3, 2/3
- root@<!-- -->linux-3.12@<!-- -->all: probably the option test_x differs: test_x in 1
- root@<!-- -->linux-3.12@<!-- -->all: shard 1/3 exited with 1 although none of its tests says why; see \
its log
- root@<!-- -->linux-3.12@<!-- -->all: could not be collected: tests/test_a.py::test_x
- root@<!-- -->linux-3.12@<!-- -->all: 1 test that were left are no longer collected: \
tests/test_a.py::test_x
- root@<!-- -->linux-3.12@<!-- -->all: test_x failed only where other files were left out: unless it was \
mended since, it may need something that another file imports; import it there, or switch pruning off \
with shard_prune = off
- root@<!-- -->linux-3.13@<!-- -->all: run r1 left nothing of this segment, which the last complete run \
had; see that its jobs ran and kept their journals, or say with --expect which segments there should be
- probably the index counts every cell
- coverage of test_x was not judged
- coverage of all shards: 71.2 % is below fail_under=80
- run what is left with pytest --shard-rerun=test_x

### 2 failed tests

<details>
<summary><code>tests/test_a.py::test_x</code> failed in shard 1/3, attempt 2<br><code>assert 1 == \
2</code></summary>

<pre>def test_x():
&gt;   assert 1 == 2
E   assert 1 == 2

tests/test_a.py:2: AssertionError</pre>

</details>

<details>
<summary><code>tests/test_a.py::test_xb</code> crashed its worker in shard 1/3<br><code>worker 'gw0' \
crashed</code></summary>

<pre>worker 'gw0' crashed</pre>

</details>

### Not collected

<details>
<summary><code>tests/test_a.py::test_x</code><br><code>assert 1 == 2</code></summary>

<pre>def test_x():
&gt;   assert 1 == 2
E   assert 1 == 2

tests/test_a.py:2: AssertionError</pre>

</details>

### 2 flaky tests

| Shard | Outcomes | Test |
| ---: | ---: | :--- |
| 1/3 | failed in attempt 1, then passed | `tests/test_a.py::test_xc` |
| 1/3 | failed 2 ×, then passed | `tests/test_a.py::test_xd` |

### Run `r1`, segment `root@linux-3.12@all`

4 tests in 3 shards, 2 failed; 4.00 s of tests in all.

**Warning.** The shards planned differently (digests `d1`, `d2`), so tests may have run twice or never: \
give all shards the same store, options and environment.

**Warning.** Missing: 2-3 (2 of 3 shards without a finished journal). The figures count only what was \
recorded.

| Shard | Tests | Failed | Predicted | Actual | Time |
| ---: | ---: | ---: | ---: | ---: | :--- |
| 1/3 | 4 | 2 | - | 4.00 s | `████████████│████████████` |
| 2/3 | - | - | - | - | no journal |
| 3/3 | - | - | - | - | no journal |

Bars: actual time. │ marks the lower bound.

Makespan 4.00 s, lower bound 2.00 s, imbalance 2.00 (1.00 is perfect).

No time was predicted, so nothing rested on history.

One test alone sets the lower bound: 1.00 s in shard 1. More shards do not help; only splitting it or \
speeding it up does: `test_x`

#### Worst mispredictions

| Shard | Predicted | Actual | Test |
| ---: | ---: | ---: | :--- |
| 1 | 0.00 s | 1.00 s | `test_x` |

#### Slowest tests

| Shard | Predicted | Actual | Test |
| ---: | ---: | ---: | :--- |
| 1 | 0.50 s | 1.00 s | `test_x` |

#### What changed in the store

1 test added, 2 tests dropped, 1 test with another cost than expected; 4 tests in all.

| Before | Now | Test |
| ---: | ---: | :--- |
| 1.00 s | 4.00 s | `tests/test_a.py::test_x` |

### Notes

- test_x has no journal header: left out
- Journals of other runs were left out: r0
"""
