"""Points in time as other tools write them."""

from __future__ import annotations

import pytest

from pytest_smartshard.store.foreign.instants import seconds_since_epoch

NOON = 1_714_564_800.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01T12:00:00", NOON),
        ("2024-05-01 12:00:00", NOON),
        (" 2024-05-01T12:00:00Z\n", NOON),
        ("2024-05-01T12:00:00+00:00", NOON),
        ("2024-05-01T14:30:00+0230", NOON),
        ("2024-05-01T07:00:00-05:00", NOON),
        ("2024-05-01T12:00:00.25", NOON + 0.25),
        ("2024-05-01T12:00:00,123456789Z", NOON + 0.123),
        ("1970-01-01T00:00:00", 0.0),
    ],
)
def test_an_instant_is_seconds_and_utc_where_no_zone_is_told(text: str, expected: float) -> None:
    assert seconds_since_epoch(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-05-01",
        "12:00:00",
        "2024-02-31T12:00:00",
        "2024-05-01T25:00:00",
        "1969-12-31T23:59:59",
        "0000-01-01T00:00:00",
    ],
)
def test_other_text_is_no_instant(text: str) -> None:
    assert seconds_since_epoch(text) is None
