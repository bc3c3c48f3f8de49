"""A bar reaches the mark exactly if its shard took as long as the lower bound."""

from __future__ import annotations

import pytest

from pytest_smartshard.reports.bars import ASCII, BLOCKS, SHADED, Bars, Glyphs


def bars(longest: int, bound: int, glyphs: Glyphs = BLOCKS) -> Bars:
    return Bars(longest=longest, bound=bound, width=10, glyphs=glyphs)


@pytest.mark.parametrize(
    ("busy", "drawn"),
    [
        (0, "        │  "),
        (1, "▏       │  "),
        (40, "████    │  "),
        (45, "████▌   │  "),
        (79, "███████▉│  "),
        (80, "████████│  "),
        (81, "████████│▏ "),
        (100, "████████│██"),
    ],
)
def test_bars_with_a_mark(busy: int, drawn: str) -> None:
    assert bars(100, 80).draw(busy) == drawn


def test_a_perfect_shard_ends_at_the_mark() -> None:
    assert bars(100, 100).draw(100) == "██████████│"


def test_one_microsecond_over_the_bound_shows() -> None:
    assert bars(1_000_001, 1_000_000, ASCII).draw(1_000_001) == "#########|#"


def test_other_glyphs() -> None:
    assert bars(100, 80, SHADED).draw(45) == "████▌░░░│░░"
    assert bars(100, 80, ASCII).draw(45) == "####    |  "


@pytest.mark.parametrize("bound", [0, 1])
def test_no_mark_where_there_is_no_room_for_it(bound: int) -> None:
    drawing = bars(100, bound)
    assert drawing.mark_at == 0
    assert drawing.draw(50) == "█████     "
    assert drawing.draw(100) == "██████████"


def test_nothing_took_any_time() -> None:
    assert bars(0, 0).draw(0) == " " * 10


def test_no_bar_is_wider_than_it_may_be() -> None:
    for longest in range(1, 60):
        for bound in range(longest + 1):
            drawing = bars(longest, bound)
            widths = {len(drawing.draw(busy)) for busy in range(longest + 1)}
            assert widths == {11 if drawing.mark_at else 10}
