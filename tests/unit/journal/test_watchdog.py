"""What a watchdog wrote behind the lines of a journal is the end of the test that began last."""

from __future__ import annotations

from pathlib import Path

from making import FILE, header_of

from pytest_smartshard.journal.reading import parse_journal
from pytest_smartshard.journal.watchdog import MOST_BYTES
from pytest_smartshard.journal.writing import JournalWriter
from pytest_smartshard.model.limit import Limit
from pytest_smartshard.model.record import FinishedTest, Journal, OwnedFile
from pytest_smartshard.model.suite import ItemKey

DUMP = b"""Timeout (0:01:02.500000)!
Thread 0x00007f (most recent call first):
  File "/app/test_a.py", line 7 in spin
"""
LIMIT = Limit(57_500_000, 3, 1_000_000)


def journal(folder: Path, tail: str, limit: Limit | None, dump: bytes, selected: tuple[str, ...] = ()) -> Journal:
    files = [
        OwnedFile(
            file=FILE,
            collected=1,
            collected_digest="d",
            remaining=1,
            remaining_digest="d",
            selected=selected or (tail,),
        )
    ]
    with JournalWriter(folder / "journal", header_of(selected=2), files) as writer:
        writer.begin(ItemKey(FILE, "test_first"))
        writer.add(FinishedTest(ItemKey(FILE, "test_first"), "test_first", "passed"))
        writer.begin(ItemKey(FILE, tail), limit)
    raw = (folder / "journal").read_bytes()
    return parse_journal(raw + dump, "journal")


def test_it_timed_out_with_what_all_threads_did(tmp_path: Path) -> None:
    found = journal(tmp_path, "test_spin", LIMIT, DUMP)
    assert found.begun == ()
    assert found.flaws == ()
    assert found.tests[1:] == (
        FinishedTest(
            key=ItemKey(FILE, "test_spin"),
            stored_tail="test_spin",
            outcome="timed out",
            call=62_500_000,
            limit=57_500_000,
            details="Timeout: its process was ended, limit 57.5 s (it passed 3 times, in 1.00 s at most)\n"
            + DUMP.decode(),
        ),
    )


def test_a_limit_that_somebody_wrote_down_is_not_told(tmp_path: Path) -> None:
    found = journal(tmp_path, "test_spin", None, DUMP.replace(b"\n", b"\r\n"))
    assert found.tests[-1].details == f"Timeout: its process was ended\n{DUMP.decode()}"
    assert found.tests[-1].limit == 0


def test_a_test_whose_ids_change_is_kept_under_its_function(tmp_path: Path) -> None:
    found = journal(tmp_path, "test_spin[<object at 0x7f>]", LIMIT, DUMP, selected=("test_spin",))
    assert found.tests[-1].stored_key == ItemKey(FILE, "test_spin")


def test_however_much_it_wrote_only_so_much_is_kept(tmp_path: Path) -> None:
    found = journal(tmp_path, "test_spin", LIMIT, DUMP + b"  File \xff\n" * MOST_BYTES)
    assert len(found.tests[-1].details) < 5 * MOST_BYTES
    assert found.flaws == ()


def test_it_alone_says_nothing_of_a_journal_in_which_nothing_had_begun(tmp_path: Path) -> None:
    with JournalWriter(tmp_path / "journal", header_of()):
        pass
    found = parse_journal((tmp_path / "journal").read_bytes() + DUMP, "journal")
    assert found.tests == ()
