"""Ending this process when a test holds it beyond all limits, also where no Python code can run any more."""

from __future__ import annotations

import contextlib
import faulthandler
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from pytest_smartshard.session import watchdog_process

GRACE = 5.0
"""Seconds beyond a limit after which the process is ended. It is looked at a few times a second."""


class WatchedFile(NamedTuple):
    """An open file in which it is to stand what the process did when it was ended."""

    path: Path
    descriptor: int


class Watchdog:
    """Watches one test after another.

    With a process, which takes some 20 ms to start, and not a thread: while there is one, Python warns of every
    fork, and to end it after each test takes a millisecond where processors are busy. Nothing is watched where
    the process cannot be started.
    """

    def __init__(self) -> None:
        self._now = time.perf_counter  # Plugins that set the clock do not find it here.
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline: mmap.mmap | None = None
        self._watched: WatchedFile | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def start(self) -> None:
        """To be called before the first test, whose time this would be else."""
        # A program that embeds Python has none; and the first process of a container inherits every other one and
        # cannot be killed from within.
        if not sys.executable or os.getpid() == 1:
            return
        with contextlib.suppress(OSError):
            self._start()

    def watch(self, seconds: float, file: WatchedFile) -> None:
        """End the process unless :meth:`rest` is called within so many seconds and :data:`GRACE`."""
        if file != self._watched:
            self._watch_in(file)
        if self._deadline is not None:
            now = self._now()
            struct.pack_into("dd", self._deadline, 0, now + seconds + GRACE, now)

    def rest(self) -> None:
        """There is nothing to watch now."""
        if self._deadline is not None:
            struct.pack_into("d", self._deadline, 0, 0.0)

    def close(self) -> None:
        """To be called at the end; the process ends, too."""
        if self._watched is not None and _dump_signal():
            faulthandler.unregister(_dump_signal())
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            self._process.wait()
        if self._deadline is not None:
            self._deadline.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._process = self._deadline = self._watched = self._folder = None

    def _watch_in(self, file: WatchedFile) -> None:
        self._watched = file
        if _dump_signal():
            faulthandler.register(_dump_signal(), file=file.descriptor, all_threads=True, chain=False)
        with contextlib.suppress(OSError):
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.write(os.fsencode(file.path) + b"\n")
                self._process.stdin.flush()

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="smartshard-watchdog-")
        path = Path(self._folder.name, "deadline")
        path.write_bytes(bytes(16))
        with open(path, "r+b") as file:
            self._deadline = mmap.mmap(file.fileno(), 16)
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-S",
                watchdog_process.__file__,
                str(os.getpid()),
                str(path),
                str(int(_dump_signal())),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Who interrupts the tests does not mean this one.
        )
        if sys.platform != "win32":
            # What is left is no child of ours, and has opened the file: nothing lies around if we are killed.
            self._process.wait()
            self._folder.cleanup()


def _dump_signal() -> int:
    """The signal on which the process writes down its stacks: one that hardly any program uses; 0 for none."""
    if sys.platform == "win32":
        return 0
    if sys.platform == "darwin":
        return signal.SIGUSR2
    return signal.SIGRTMAX - 3
