"""Changing a file so that every reader sees it whole: a lock among writers, an atomic replacement."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

LOCK_SECONDS = 60.0
"""How long a writer waits for another one. Replacing takes well under a second."""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of *path*, a hidden file beside it, in this process and against all others.

    The system frees the lock of a process that died. Raises OSError where no lock can be made, and its kind
    TimeoutError after :data:`LOCK_SECONDS`.
    """
    import filelock  # Only who writes needs it; a run that names no option of ours must not pay.

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_SECONDS)
    try:
        # On a file system without locks some releases warn and others raise; a suite may make warnings errors.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lock.acquire()
    except filelock.Timeout as error:
        raise TimeoutError(f"{path} is locked by another process for over {LOCK_SECONDS:.0f} s") from error
    except NotImplementedError as error:
        raise OSError(f"{path} is on a file system that cannot lock files") from error
    try:
        yield
    finally:
        lock.release()


def replace(path: Path, data: bytes) -> None:
    """Write *data* to *path* so that it holds the old or the new content, never a part. Raises OSError.

    Where *path* is a link, the file that it leads to is replaced.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.urandom(4).hex()}.new")
    try:
        with open(draft, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def set_aside(path: Path, suffix: str) -> Path:
    """Move a file that cannot be used out of the way, to a name that ends in *suffix*. Raises OSError."""
    target = path.with_name(f"{path.name}.set-aside-{suffix}")
    path.replace(target)
    return target
