"""Points in time as other tools write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,6})\d*)?\s*(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII
)


def seconds_since_epoch(text: str) -> float | None:
    """The instant that *text* (ISO 8601) tells, in whole milliseconds; None where it tells none.

    Without a time zone it is taken as UTC: which one was meant is known only where it was written, and must not
    depend on where it is read.
    """
    match = _INSTANT.fullmatch(text.strip())
    if not match:
        return None
    date, time, fraction, sign, hours, minutes = match.groups()
    try:
        instant = datetime.fromisoformat(f"{date}T{time}").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:  # The 31st of February.
        return None
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes)).total_seconds()
        instant += offset if sign == "-" else -offset
    instant = round(instant + int((fraction or "0").ljust(6, "0")) / 1_000_000, 3)
    return instant if instant >= 0 else None
