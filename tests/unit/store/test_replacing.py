"""Changing a file so that every reader sees it whole."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest
from processes import output_of, run, run_together, start

from pytest_smartshard.store import replacing
from pytest_smartshard.store.replacing import locked, replace, set_aside


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_is_replaced_and_nothing_else_left(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there" / "yet.json"
    replace(path, b"one")
    replace(path, b"two")
    assert path.read_bytes() == b"two"
    assert names_in(path.parent) == {"yet.json"}


def test_what_cannot_be_replaced_stays_and_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "folder" / "x").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        replace(tmp_path / "folder", b"data")
    assert names_in(tmp_path) == {"folder"}


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    """One process replaces 300 times, another reads without pause: always one letter, always a million."""
    path = tmp_path / "file"
    replace(path, b"a" * 1_000_000)
    reader = start(
        """
        import sys
        from pathlib import Path
        path, seen = Path(sys.argv[1]), set()
        print("reading", flush=True)
        while True:
            data = path.read_bytes()
            assert len(data) == 1_000_000 and len(set(data)) == 1, (len(data), set(data))
            seen.add(data[:1])
            if data[:1] == b"z":
                break
        print(len(seen))
        """,
        path,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    for number in range(300):
        replace(path, bytes([ord("a") + number % 25]) * 1_000_000)
    replace(path, b"z" * 1_000_000)
    assert int(output_of(reader)) > 1, "the reader saw no change: nothing was tried"


ADD_ONE = """
    import sys
    from pathlib import Path
    from pytest_smartshard.store.replacing import locked, replace
    path = Path(sys.argv[1])
    input()
    for _ in range(50):
        with locked(path):
            replace(path, str(int(path.read_text()) + 1).encode())
"""


def test_two_writers_lose_nothing_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "count"
    path.write_text("0")
    run_together(ADD_ONE, [[path], [path]])
    assert path.read_text() == "100"


HOLD = """
    import sys
    from pathlib import Path
    from pytest_smartshard.store.replacing import locked
    with locked(Path(sys.argv[1])):
        print("held", flush=True)
        input()
"""


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "file"
    holder = start(HOLD, path)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    started = time.monotonic()
    with locked(path):
        assert time.monotonic() - started < 30


def test_a_lock_that_stays_held_is_told_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "LOCK_SECONDS", 0.2)
    path = tmp_path / "file"
    holder = start(HOLD, path)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TimeoutError) as refused, locked(path):
            pass
        assert str(refused.value) == f"{path} is locked by another process for over 0 s"
        holder.communicate("\n", timeout=60)
    with locked(path):
        pass


def test_threads_of_one_process_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "count"
    path.write_text("0")

    def add() -> None:
        for _ in range(20):
            with locked(path):
                replace(path, str(int(path.read_text()) + 1).encode())

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == "60"


def test_a_lock_is_freed_when_what_it_guards_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "file"):
        _ = 1 / 0
    with locked(tmp_path / "file"):
        assert names_in(tmp_path) <= {".file.lock"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of file sizes")
def test_a_full_disk_leaves_the_old_content_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace(path, b"old")
    said = run(
        """
        import resource, sys
        from pathlib import Path
        from pytest_smartshard.store.replacing import replace
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
        try:
            replace(Path(sys.argv[1]), b"new" * 1_000)
        except OSError as error:
            print(error.strerror)
        """,
        path,
    )
    assert said == "File too large\n"
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == {"file"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_link_stays_a_link_to_what_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    target, link = tmp_path / "kept" / "file", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    replace(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert names_in(tmp_path / "kept") == {"file"}


def test_what_is_set_aside_keeps_its_content(tmp_path: Path) -> None:
    path = tmp_path / "store.json"
    path.write_bytes(b"torn")
    aside = set_aside(path, "0a1b")
    assert aside == tmp_path / "store.json.set-aside-0a1b"
    assert aside.read_bytes() == b"torn"
    assert not path.exists()
