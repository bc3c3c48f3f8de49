"""Bars that show at a glance which shard was busy for how long, against the lower bound."""

from __future__ import annotations

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.summary import RunSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """What bars are drawn with: fillings of one cell in rising order, the last full; mark; empty cell."""

    fillings: str
    mark: str
    empty: str = " "


BLOCKS = Glyphs(fillings="▏▎▍▌▋▊▉█", mark="│")
"""For a terminal."""

SHADED = Glyphs(fillings="▏▎▍▌▋▊▉█", mark="│", empty="░")
"""For HTML, where runs of spaces are collapsed or broken."""

ASCII = Glyphs(fillings="#", mark="|")
"""For a terminal that cannot encode block characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """The bars of one segment. ``longest`` and ``bound`` in microseconds, ``width`` in cells."""

    longest: int
    bound: int
    width: int
    glyphs: Glyphs

    @property
    def mark_at(self) -> int:
        """Cells before the mark of the lower bound; 0 where it cannot be shown."""
        return self.width * self.bound // self.longest if self.longest else 0

    def draw(self, busy: int) -> str:
        """The bar of *busy* microseconds, ``width`` cells and the mark."""
        at = self.mark_at
        full, part = divmod(self._filled(busy), len(self.glyphs.fillings))
        drawn = self.glyphs.fillings[-1] * full + (self.glyphs.fillings[part - 1] if part else "")
        drawn = drawn.ljust(self.width, self.glyphs.empty)
        return f"{drawn[:at]}{self.glyphs.mark}{drawn[at:]}" if at else drawn

    def _filled(self, busy: int) -> int:
        """The bar's length in fillings of a cell."""
        steps = len(self.glyphs.fillings)
        # Measured by the bound where it is shown and rounded away from it, so that a bar reaches the mark
        # only if the shard took that long, and pokes over it if it took any longer.
        at = self.mark_at
        extent, time = (at, self.bound) if at else (self.width, self.longest)
        if busy <= 0 or time <= 0:
            return 0
        if at and busy > self.bound:
            return -(-busy * extent * steps // time)
        # Something must not look like nothing.
        return max(1, busy * extent * steps // time)


def bars_of(summary: RunSummary, *, width: int, glyphs: Glyphs) -> Bars:
    """Bars for *summary*, the longest at most *width* cells (the mark not counted)."""
    busy = [shard.busy for shard in summary.shards if shard.busy is not None]
    longest = max([summary.bound, *busy])
    return Bars(longest=longest, bound=summary.bound, width=width, glyphs=glyphs)
