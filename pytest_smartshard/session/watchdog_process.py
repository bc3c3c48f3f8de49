"""The watchdog: a process of its own, which ends the one that runs tests when a deadline has passed.

Run as a script with nothing but the standard library, and not as a child of the process that it watches: a test
that waits for its own children must not find another one.

Arguments: process id to watch; file of two doubles, the deadline and when that was set, in seconds of the
performance counter, which all processes share (0: no deadline); number of the signal that makes that process
write its stacks down (0 for none). Standard input stays open as long as it is needed. The path of the file to
write to comes in that, a line each time that it changes.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import signal
import struct
import sys
import threading
import time

PERIOD = 0.25
"""Seconds between two looks at the deadline."""

LOOKS = 20
BETWEEN_LOOKS = 0.05
"""So often, and with so many seconds between, it is looked at whether the process has written down its stacks."""


class Watching:
    """Looks at the deadline, as long as somebody is there."""

    def __init__(self, pid: int, deadline: mmap.mmap, dump: int) -> None:
        self._pid = pid
        self._deadline = deadline
        self._dump = dump
        self._path = ""

    def listen(self) -> None:
        """Take in what is written to standard input; at its end nobody is there any more."""
        for line in sys.stdin.buffer:
            self._path = os.fsdecode(line.removesuffix(b"\n"))
        os._exit(0)

    def watch(self) -> None:
        while self._is_alive():
            deadline, since = struct.unpack_from("dd", self._deadline)
            if 0 < deadline < time.perf_counter():
                self._end(time.perf_counter() - since)
                return
            time.sleep(PERIOD)

    def _is_alive(self) -> bool:
        try:
            if sys.platform != "win32":
                os.kill(self._pid, 0)
        except OSError:
            return False
        return True

    def _end(self, seconds: float) -> None:
        """What the process did, after a line that says how long, and then its end."""
        with contextlib.suppress(OSError), open(self._path, "ab", buffering=0) as file:
            whole = int(seconds)
            file.write(
                b"Timeout (%d:%02d:%02d.%06d)!\n"
                % (whole // 3600, whole // 60 % 60, whole % 60, int(seconds % 1 * 1e6))
            )
        with contextlib.suppress(OSError):
            if self._dump:
                self._have_dumped()
            os.kill(self._pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)

    def _have_dumped(self) -> None:
        before = now = os.path.getsize(self._path)
        os.kill(self._pid, self._dump)
        for _ in range(LOOKS):
            time.sleep(BETWEEN_LOOKS)
            last, now = now, os.path.getsize(self._path)
            if before < last == now:
                return


def main() -> None:
    pid, path, dump = sys.argv[1:]
    with open(path, "r+b") as file:
        deadline = mmap.mmap(file.fileno(), 16)
    if sys.platform != "win32" and os.fork():
        os._exit(0)
    watching = Watching(int(pid), deadline, int(dump))
    threading.Thread(target=watching.listen, daemon=True).start()
    watching.watch()


if __name__ == "__main__":
    main()
