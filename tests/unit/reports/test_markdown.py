"""The markdown report, word for word, and that no name ends the code it stands in."""

from __future__ import annotations

import html
import re

import pytest

from pytest_smartshard.model.segment import Segment, ShardIndex
from pytest_smartshard.model.summary import Alternative, RunSummary, ShardSummary, TimedItem
from pytest_smartshard.reports.display import shortened
from pytest_smartshard.reports.markdown import MarkdownReport, code


def shard(number: int, *, failed: int, busy: int | None, finished: bool) -> ShardSummary:
    return ShardSummary(
        shard=ShardIndex(number, 4),
        tests=1_200,
        failed=failed,
        predicted=60_000_000,
        busy=busy,
        wall=None,
        finished=finished,
    )


SUMMARY = RunSummary(
    segment=Segment("app", "linux-3.12", "k-3f"),
    run="gh|1",
    generation=1,
    digests=("4f1d", "77aa"),
    shards=(
        shard(1, failed=0, busy=60_000_000, finished=True),
        shard(2, failed=3, busy=75_000_000, finished=True),
        shard(3, failed=0, busy=30_000_000, finished=False),
    ),
    missing=(3, 4),
    makespan=75_000_000,
    bound=60_000_000,
    total=165_000_000,
    binding=TimedItem(name="tests/test_a.py::test_b[`]", shard=1, predicted=50_000_000, actual=60_000_000),
    mispredicted=(TimedItem(name="tests/test_a.py::test_c[x|y]", shard=2, predicted=1_000, actual=9_000_000),),
    alternatives=(Alternative(shards=3, makespan=75_000_000), Alternative(shards=5, makespan=74_990_000)),
    known=1_000,
    predicted_total=240_000_000,
)


def test_a_report_with_everything_in_it() -> None:
    assert MarkdownReport().render([SUMMARY]) == (
        """\
### Run <code>gh&#124;1</code>, segment `app@linux-3.12@k-3f`, generation 1

3,600 tests in 4 shards, 3 failed; 2 min 45 s of tests in all.

**Warning.** The shards planned differently (digests `4f1d`, `77aa`), so tests may have run twice or never: \
give all shards the same store, options and environment.

**Warning.** Missing: 3-4 (2 of 4 shards without a finished journal). \
The figures count only what was recorded.

| Shard | Tests | Failed | Predicted | Actual | Time |
| ---: | ---: | ---: | ---: | ---: | :--- |
| 1/4 | 1,200 | 0 | 60.0 s | 60.0 s | `███████████████████│░░░░░` |
| 2/4 | 1,200 | 3 | 60.0 s | 75.0 s | `███████████████████│████▊` |
| 3/4 | 1,200 | 0 | 60.0 s | 30.0 s | `█████████▌░░░░░░░░░│░░░░░` unfinished |
| 4/4 | - | - | - | - | no journal |

Bars: actual time. │ marks the lower bound.

Makespan 75.0 s (predicted 60.0 s), lower bound 60.0 s, imbalance 1.25 (1.00 is perfect).

&lt;1 % of the predicted time rested on history (0.00 s of 4 min 00 s).

One test alone sets the lower bound: 60.0 s in shard 1 (predicted 50.0 s). More shards do not help; \
only splitting it or speeding it up does: \
<code>tests&#47;test&#95;a&#46;py&#58;&#58;test&#95;b&#91;&#96;&#93;</code>

#### Worst mispredictions

| Shard | Predicted | Actual | Test |
| ---: | ---: | ---: | :--- |
| 2 | 0.00 s | 9.00 s | <code>tests&#47;test&#95;a&#46;py&#58;&#58;test&#95;c&#91;x&#124;y&#93;</code> |

#### With another number of shards, packed by this run's own durations

- 3 shards: 75.0 s (unchanged)
- 5 shards: 75.0 s (&lt;1 % shorter)
"""
    )


def test_no_run_at_all() -> None:
    assert MarkdownReport().render([]) == "Nothing to report: no run was found.\n"


@pytest.mark.parametrize(
    "name",
    [
        "tests/test_a.py::test_b[1]",
        "",
        " ",
        " padded ",
        "`",
        "``` a ``",
        "a|b",
        r"a\|b",
        r"ends in \\",
        "<script>alert(1)</script>",
        "</code><img src=x>",
        "&#124;&lt;",
        "[text](https://example.com)",
        "*bold* _under_ ~gone~ @user #1 :+1: $x^2$",
        "two\nlines\r\n| a | b |",
        "\x1b[31mred",
        "##vso[task.complete]",
        "x`|" * 7_000,
    ],
)
def test_code_cannot_be_ended_by_what_is_in_it(name: str) -> None:
    written = code(name)
    span = re.fullmatch(r"`([^`|\\<>&\n]+)`", written)
    element = re.fullmatch(r"<code>((?:[^!-/:-@\[-`{-~\n]|&#\d+;)*)</code>", written)
    assert bool(span) != bool(element)
    found = span or element
    assert found
    assert html.unescape(found.group(1)) == shortened(name, 200)
