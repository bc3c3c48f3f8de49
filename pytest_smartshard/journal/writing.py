"""Writing a journal: one line for each finished test, on its way to the disk before the next one starts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from pytest_smartshard.journal import lines
from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.record import CollectionError, FinishedTest, JournalFooter, JournalHeader, OwnedFile
from pytest_smartshard.model.suite import ItemKey


class JournalWriter:
    """An open journal. Every line is handed to the system at once: a killed process loses none.

    Nothing here raises for a disk that is full or gone: ``failure`` then holds the reason, further lines
    are dropped, and the run goes on. Close it; an open file is a warning in the suite's process.
    """

    def __init__(
        self,
        path: Path,
        header: JournalHeader,
        files: Iterable[OwnedFile] = (),
        errors: Iterable[CollectionError] = (),
    ) -> None:
        """Create *path*, which must not exist yet (FileExistsError), and write what collection found.

        Raises OSError where the file cannot be created at all.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.failure = ""
        self.ran = 0
        # Somebody else may write behind what is there: a watchdog.
        self._file = open(path, "xb", buffering=0, opener=_appending)  # noqa: SIM115 - closed by close()
        first = [lines.header_line(header), *map(lines.file_line, files), *map(lines.error_line, errors)]
        self._write(b"".join(map(lines.encode, first)))

    @property
    def descriptor(self) -> int:
        """The open file's, for a watchdog that writes there what the process did when it ended it."""
        return self._file.fileno()

    def begin(self, key: ItemKey, limit: Limit | None = None) -> None:
        """Append that a test starts: where the process dies in it, that is known."""
        self._write(lines.encode_start(key, limit))

    def add(self, test: FinishedTest) -> None:
        """Append one finished test."""
        self.ran += 1
        self._write(lines.encode_test(test))

    def amend(self, test: FinishedTest) -> None:
        """Append how a test ended after all, which has an end in the journal already."""
        self._write(lines.encode_test(test))

    def finish(self, footer: JournalFooter) -> None:
        """Append the footer and close."""
        self._write(lines.encode(lines.footer_line(footer)))
        self.close()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> JournalWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, data: bytes) -> None:
        if self.failure:
            return
        try:
            while data:
                data = data[self._file.write(data) :]
        except (OSError, ValueError) as error:
            self.failure = str(error)


def _appending(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_APPEND, 0o666)
