"""What a process has used so far of processor time and memory.

Read twice a test: each reading is no more than two calls to the system, and is looked at when two are compared.
"""

from __future__ import annotations

import sys

from pytest_smartshard.wording import MICROSECONDS_PER_SECOND

if sys.platform == "win32":
    from time import process_time as reading

    def used(before: float, after: float) -> tuple[int, None]:
        """Microseconds of processor time between two readings, and that memory is not measurable."""
        return round((after - before) * MICROSECONDS_PER_SECOND), None

else:
    from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage, struct_rusage
    from typing import TypeAlias

    Reading: TypeAlias = tuple[struct_rusage, struct_rusage]

    _PEAK_UNIT = 1 if sys.platform == "darwin" else 1024
    """Bytes that the system counts a process's peak memory in."""

    def reading() -> Reading:
        """Of this process, and of the children that it waited for."""
        return getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)

    def used(before: Reading, after: Reading) -> tuple[int, int]:
        """Microseconds of processor time between two readings, and bytes by which the process's peak grew."""
        own = after[0].ru_utime + after[0].ru_stime - before[0].ru_utime - before[0].ru_stime
        waited_for = after[1].ru_utime + after[1].ru_stime - before[1].ru_utime - before[1].ru_stime
        peak = after[0].ru_maxrss - before[0].ru_maxrss
        return round((own + waited_for) * MICROSECONDS_PER_SECOND), peak * _PEAK_UNIT
