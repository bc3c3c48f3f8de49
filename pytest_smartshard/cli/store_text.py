"""What ``smartshard store`` shows to a person. Names of tests and runs come from elsewhere and are made safe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from pytest_smartshard.operations.comparing import ChangedCost, Comparison
from pytest_smartshard.operations.inspecting import (
    TOP_SHARE,
    Fixture,
    Ghosts,
    KnownTest,
    RunSeen,
    SegmentView,
    SharedView,
    StoreView,
)
from pytest_smartshard.wording import listed, percent, plural, seconds

Safe = Callable[[str], str]
"""Makes a foreign name safe to print."""

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def shown(view: StoreView, now: float, suite: str, safe: Safe) -> str:
    """All segments, with a table of them at the top where there are several.

    *now* is seconds since the epoch, *suite* the one whose files were looked for.
    """
    blocks = [_overview(view.segments, now, safe)] if len(view.segments) > 1 else []
    blocks += [_segment(segment, now, suite, safe) for segment in view.segments]
    return "\n\n".join(blocks)


def moment(started: float) -> dt.datetime | None:
    """Seconds since the epoch as date and time in UTC; None for what no calendar has."""
    try:
        return dt.datetime.fromtimestamp(started, dt.timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None


def age(passed: float) -> str:
    """How long ago something was, *passed* in seconds."""
    if passed < 0:
        return "in the future of this clock"
    for length, unit in _UNITS:
        if passed >= length:
            return f"{plural(int(passed // length), unit)} ago"
    return "just now"


def difference(comparisons: Iterable[Comparison], top: int, safe: Safe) -> str:
    """All segments of two stores; of each kind of difference the first *top* tests."""
    return "\n\n".join(_comparison(found, top, safe) for found in comparisons)


def _overview(segments: Iterable[SegmentView], now: float, safe: Safe) -> str:
    rows = [("segment", "tests", "files", "time", "ghosts", "newest run")]
    rows += [
        (
            found.stored.segment.slug,
            f"{found.tests:,}",
            f"{found.files:,}",
            seconds(found.total),
            "?" if found.ghosts is None else f"{found.ghosts.tests:,}",
            "-" if found.newest is None else f"{safe(found.newest.run)}, {age(now - found.newest.started)}",
        )
        for found in segments
    ]
    return "\n".join(_aligned(rows, left={0, 5}))


def _segment(found: SegmentView, now: float, suite: str, safe: Safe) -> str:
    rows = [
        ("tests", f"{found.tests:,} of {plural(found.files, 'file')}, {seconds(found.total)} in all"),
        ("top", _top(found)),
        ("runs", f"{found.runs:,} with samples, {found.other_runs:,} without"),
        ("newest run", "-" if found.newest is None else _run(found.newest, now, safe)),
    ]
    if found.complete is not None and found.complete != found.newest:
        rows.append(("complete run", _run(found.complete, now, safe)))
    rows.append(("ghosts", _not_judged(found, suite) if found.ghosts is None else _ghosts(found.ghosts, safe)))
    if found.ghosts is not None and found.ghosts.tests > found.tests // 2:
        rows.append(("note", "over half are ghosts: see that this is the root folder of the suite"))
    if found.shared is not None:
        rows.append(("each shard", _each_shard(found.shared)))
        rows.append(("shared", _shared(found.shared)))
    if found.said:
        rows.append(("note", f"the file says that it is of {safe(found.said)}"))
    lines = [found.stored.segment.slug, *_indented(_aligned(rows, left={0, 1}))]
    if found.biggest:
        lines += ["", *_indented(_tests(found.biggest, found.total, safe))]
    if found.shared is not None and found.shared.dearest_files:
        lines += ["", *_indented(_files(found.shared.dearest_files, found.shared.collecting, safe))]
    if found.shared is not None and found.shared.dearest_fixtures:
        lines += ["", *_indented(_fixtures(found.shared.dearest_fixtures, safe))]
    return "\n".join(lines)


def _each_shard(found: SharedView) -> str:
    start_up = seconds(found.start_up) if found.start_up else "not known"
    each_test = f"{found.each_test / 1_000:.2f} ms" if found.each_test else "not known"
    return f"start-up {start_up}, beside each test {each_test}"


def _shared(found: SharedView) -> str:
    return (
        f"{plural(found.collected, 'file')} to collect, {seconds(found.collecting)}; "
        f"{plural(found.fixtures, 'fixture')}, {seconds(found.fixtures_cost)} to set up each once"
    )


def _top(found: SegmentView) -> str:
    share = percent(found.top_cost, found.total)
    verb = "holds" if found.top_tests == 1 else "hold"
    return f"{plural(found.top_tests, 'test')} (1 in {TOP_SHARE}) {verb} {share} of the time"


def _run(found: RunSeen, now: float, safe: Safe) -> str:
    when = moment(found.started)
    words = [safe(found.run)]
    if when is not None:
        words += [f"{when:%Y-%m-%d %H:%M:%S} UTC", age(now - found.started)]
    state = "complete" if found.is_complete else "incomplete"
    if found.unseen is None:
        return f"{', '.join(words)}; {state}"
    unseen = "every test was in it" if not found.unseen else f"{plural(found.unseen, 'test')} not seen by it"
    return f"{', '.join(words)}; {state}, {unseen}"


def _ghosts(found: Ghosts, safe: Safe) -> str:
    parts = []
    if found.tests:
        names = listed([safe(name) for name in found.files])
        files = plural(len(found.files), "file")
        are = "is" if len(found.files) == 1 else "are"
        parts.append(f"{plural(found.tests, 'test')} of {files} that {are} gone ({seconds(found.cost)}): {names}")
    if found.unjudged:
        parts.append(f"{plural(found.unjudged, 'test')} of packages that are not installed here")
    return "; ".join(parts) or "none"


def _not_judged(found: SegmentView, suite: str) -> str:
    own = found.stored.segment.suite
    return f"not looked for: this is the root folder of {suite}; start it in that of {own}"


def _tests(tests: Sequence[KnownTest], total: int, safe: Safe) -> list[str]:
    rows = [("time", "share", "test")]
    rows += [(seconds(test.cost), percent(test.cost, total), safe(str(test.key))) for test in tests]
    return _aligned(rows, left={2})


def _files(files: Sequence[KnownTest], total: int, safe: Safe) -> list[str]:
    rows = [("time", "share", "file to collect")]
    rows += [(seconds(file.cost), percent(file.cost, total), safe(file.key.file)) for file in files]
    return _aligned(rows, left={2})


def _fixtures(fixtures: Sequence[Fixture], safe: Safe) -> list[str]:
    rows = [("time", "tests", "fixture")]
    rows += [
        (seconds(found.cost), f"{found.tests:,}", _shared_name(found.place, found.name, safe))
        for found in fixtures
    ]
    return _aligned(rows, left={2})


def _comparison(found: Comparison, top: int, safe: Safe) -> str:
    if found.is_equal:
        runs = "" if found.same_runs else "; the runs differ"
        return f"{_title(found)}: equal, {plural(found.tests_a, 'test')}, {seconds(found.total_a)}{runs}"
    totals = [
        ("tests", f"{found.tests_a:,} -> {found.tests_b:,}"),
        ("time", f"{seconds(found.total_a)} -> {seconds(found.total_b)}"),
    ]
    lines = [_title(found), *_indented(_aligned(totals, left={0, 1}))]
    for heading, tests in (("only in A", found.only_a), ("only in B", found.only_b)):
        if tests:
            cost = seconds(sum(test.cost for test in tests))
            rows = [(seconds(test.cost), safe(str(test.key))) for test in tests[:top]]
            lines += ["", f"  {heading}: {plural(len(tests), 'test')}, {cost}"]
            lines += _indented(_aligned(rows, left={1}), 4)
    if found.changed:
        lines += ["", f"  changed: {plural(len(found.changed), 'test')}"]
        changed = [_changed(test, safe) for test in found.changed[:top]]
        lines += _indented(_aligned(changed, left={1, 4}), 4)
    if not found.shared.is_none or found.other_needs:
        lines += ["", *_indented(_shared_difference(found, top, safe))]
    return "\n".join(lines)


def _shared_difference(found: Comparison, top: int, safe: Safe) -> list[str]:
    shared = found.shared
    only_a, only_b, changed = (f"{len(costs):,}" for costs in (shared.only_a, shared.only_b, shared.changed))
    lines = [f"shared costs: {only_a} only in A, {only_b} only in B, {changed} changed"]
    rows = [
        (seconds(cost.before), "->", seconds(cost.after), _shared_name(*cost.key, safe))
        for cost in shared.changed[:top]
    ]
    lines += _indented(_aligned(rows, left={1, 3}))
    if found.other_needs:
        lines.append(f"{plural(len(found.other_needs), 'test')} with other needs")
    return lines


def _shared_name(place: str, name: str, safe: Safe) -> str:
    return safe(f"{place}: {name}" if place else name)


def _changed(test: ChangedCost, safe: Safe) -> tuple[str, str, str, str, str]:
    factor = f"x{test.after / test.before:.2f}"
    return seconds(test.before), "->", seconds(test.after), factor, safe(str(test.key))


def _title(found: Comparison) -> str:
    a, b = ("" if segment is None else segment.slug for segment in (found.a, found.b))
    if not (a and b):
        return f"{a}, only in A" if a else f"{b}, only in B"
    return a if a == b else f"{a} -> {b}"


def _aligned(rows: Sequence[Sequence[str]], left: set[int]) -> list[str]:
    """Rows of equally many cells as lines; the columns in *left* are flush left, the others right.

    The last column, which alone may hold wide characters, is not padded.
    """
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(len(rows[0]) if rows else 0)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _indented(lines: Iterable[str], by: int = 2) -> list[str]:
    return [f"{' ' * by}{line}" for line in lines]
