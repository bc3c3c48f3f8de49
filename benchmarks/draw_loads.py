"""Draw what the time of each shard of a run went into: start-up, collecting, shared fixtures, tests.

Reads the journals in a folder of ``.smartshard/runs`` and writes an SVG: a bar for each shard, of its slowest
lane, with a mark where the plan expected its end. The page ``docs/explanation/plan.md`` shows one.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from pytest_smartshard.journal.run_folder import journals_below
from pytest_smartshard.model.record import FinishedTest, Journal
from pytest_smartshard.operations.gathering import read_journals
from pytest_smartshard.wording import plural, seconds

KINDS = ("start-up", "collecting", "fixtures", "tests")
WIDTH, LEFT, RIGHT = 760, 150, 70
TOP, ROW, BAR, BELOW = 52, 52, 28, 36

# The card under it all has a colour of its own: a page's light or dark may be another one than the system's.
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e }
  .card { fill: #ffffff; stroke: #d1d9e0 }
  .axis { stroke: #d1d9e0 }
  .predicted { stroke: #1f2328; stroke-width: 2 }
  .start-up { fill: #8c959f } .collecting { fill: #e69f00 } .fixtures { fill: #0072b2 } .tests { fill: #56b4a0 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .small { fill: #9198a1 }
    .card { fill: #161b22; stroke: #3d444d }
    .axis { stroke: #3d444d }
    .predicted { stroke: #e6edf3 }
    .start-up { fill: #7d8590 } .collecting { fill: #d99a1b } .fixtures { fill: #3f8fd0 } .tests { fill: #4fa893 }
  }
"""


class Bar(NamedTuple):
    """One shard: ``tests`` and ``files`` that it had; in microseconds its ``parts`` by KINDS, and what was
    ``predicted`` for all of them, 0 for nothing.
    """

    shard: int
    tests: int
    files: int
    parts: tuple[int, int, int, int]
    predicted: int

    @property
    def taken(self) -> int:
        return sum(self.parts)


def bar_of(journal: Journal) -> Bar:
    """What is said of the shard by its journal."""
    header, footer = journal.header, journal.footer
    each = footer.each_test if footer else 0
    lanes: dict[str, list[FinishedTest]] = defaultdict(list)
    for test in journal.tests:
        lanes[test.lane].append(test)
    slowest = max(lanes.values(), key=lambda tests: sum(test.duration + each for test in tests), default=[])
    own = sum(test.own + each for test in slowest)
    fixtures = sum(shared.setup + shared.teardown for test in slowest for shared in test.shared)
    collecting = sum(file.collecting or 0 for file in journal.files)
    return Bar(
        shard=header.shard.number,
        tests=len(journal.tests),
        files=len(journal.files),
        parts=(header.start_up, collecting, fixtures, own),
        predicted=header.predicted,
    )


def last_attempts(journals: Iterable[Journal]) -> Sequence[Journal]:
    """Of the run itself, without what was run of its rest: the last attempt at each shard, by number."""
    found: dict[int, Journal] = {}
    for journal in sorted(journals, key=lambda journal: journal.header.identity.attempt):
        if journal.header.identity.generation == 0:
            found[journal.header.shard.number] = journal
    return [found[number] for number in sorted(found)]


def step_of(longest: float) -> float:
    """Distance of the marks on an axis of so many seconds: four to ten of them."""
    step = 0.01
    while longest > 10 * step:
        for factor in (2, 2.5, 2):  # 1, 2, 5, 10
            step *= factor
            if longest <= 10 * step:
                break
    return step


def drawing_of(bars: Sequence[Bar], title: str) -> str:
    """The SVG."""
    longest = max(max(bar.taken, bar.predicted) for bar in bars) / 1e6
    scale = (WIDTH - LEFT - RIGHT) / max(longest, 1e-6)
    bottom = TOP + ROW * len(bars)
    height = bottom + BELOW
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape('; '.join(map(_in_words, bars)))}</desc>",
        f"<style>{STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>',
        *_legend(has_predicted=any(bar.predicted for bar in bars)),
        *_axis(longest, scale, bottom),
    ]
    for row, bar in enumerate(bars):
        lines += _bar(bar, TOP + ROW * row + (ROW - BAR) // 2, scale)
    return "\n".join([*lines, "</svg>", ""])


def _in_words(bar: Bar) -> str:
    parts = ", ".join(f"{kind} {seconds(part)}" for kind, part in zip(KINDS, bar.parts, strict=True))
    return f"shard {bar.shard}: {seconds(bar.taken)} taken ({parts}), {seconds(bar.predicted)} predicted"


def _legend(*, has_predicted: bool) -> list[str]:
    lines, x = [], LEFT
    for kind in KINDS:
        lines.append(f'<rect class="{kind}" x="{x}" y="19" width="13" height="13" rx="2"/>')
        lines.append(f'<text x="{x + 19}" y="30">{kind}</text>')
        x += 110
    if has_predicted:
        lines.append(f'<line class="predicted" x1="{x + 4}" y1="16" x2="{x + 4}" y2="35"/>')
        lines.append(f'<text x="{x + 12}" y="30">predicted</text>')
    return lines


def _axis(longest: float, scale: float, bottom: int) -> list[str]:
    step = step_of(longest)
    lines = []
    for mark in range(int(longest / step) + 1):
        x = round(LEFT + mark * step * scale, 1)
        lines.append(f'<line class="axis" x1="{x}" y1="{TOP - 4}" x2="{x}" y2="{bottom}"/>')
        lines.append(
            f'<text class="small" x="{x}" y="{bottom + 16}" text-anchor="middle">{mark * step:g} s</text>'
        )
    return lines


def _bar(bar: Bar, y: int, scale: float) -> list[str]:
    what = f"{plural(bar.tests, 'test')}, {plural(bar.files, 'file')}"
    lines = [
        f'<text x="16" y="{y + 12}">shard {bar.shard}</text>',
        f'<text class="small" x="16" y="{y + 27}">{what}</text>',
    ]
    x = float(LEFT)
    for kind, part in zip(KINDS, bar.parts, strict=True):
        width = part / 1e6 * scale
        if width >= 0.1:
            # Neighbours are a hair apart, so that they can be told without their colours.
            drawn = max(0.4, width - 1)
            lines.append(f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{drawn:.1f}" height="{BAR}"/>')
        x += width
    end = x
    if bar.predicted:
        mark = LEFT + bar.predicted / 1e6 * scale
        lines.append(f'<line class="predicted" x1="{mark:.1f}" y1="{y - 5}" x2="{mark:.1f}" y2="{y + BAR + 5}"/>')
        end = max(end, mark)
    lines.append(f'<text x="{end + 8:.1f}" y="{y + 19}">{seconds(bar.taken)}</text>')
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="of a run, or of one segment of it")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.svg")
    parser.add_argument("--title", default="What the time of each shard went into")
    options = parser.parse_args()
    journals, notes = read_journals(journals_below(options.folder))
    for note in notes:
        print(note)
    segments = sorted({journal.header.segment.slug for journal in journals})
    if len(segments) != 1:
        print(f"{options.folder} has journals of {plural(len(segments), 'segment')}: {', '.join(segments)}")
        return 2
    bars = [bar_of(journal) for journal in last_attempts(journals)]
    options.out.write_text(drawing_of(bars, options.title), encoding="utf-8")
    for bar in bars:
        print(_in_words(bar))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
