"""Writing a journal: what was finished is on its way to the disk, and nothing here fails a run."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from making import finished, header_of
from processes import run, start

from pytest_smartshard.errors import UnusableFile
from pytest_smartshard.journal.reading import MOST_FLAWS, read_footer, read_journal
from pytest_smartshard.journal.writing import JournalWriter
from pytest_smartshard.model.record import JournalFooter, OwnedFile

FOOTER = JournalFooter(exit_code=0, ran=2, seconds=1.5)
OWNED = OwnedFile(
    file="a.py", collected=2, collected_digest="c", remaining=2, remaining_digest="r", selected=("a", "b")
)

needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of file sizes")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there" / "yet.jsonl"
    with JournalWriter(path, header_of(selected=2), [OWNED]) as writer:
        writer.add(finished("a"))
        writer.add(finished("b"))
        assert writer.ran == 2
        assert read_journal(path).tests == (finished("a"), finished("b")), "at once, not at the end"
        assert not read_journal(path).is_finished
        writer.finish(FOOTER)
    found = read_journal(path)
    assert found.files == (OWNED,)
    assert found.footer == FOOTER
    assert found.is_finished
    assert found.flaws == ()
    assert writer.failure == ""


def test_a_journal_that_is_there_already_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        JournalWriter(path, header_of())
    assert path.read_text() == "mine"


def test_a_folder_that_cannot_be_made_raises(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        JournalWriter(tmp_path / "file" / "journal.jsonl", header_of())


def test_writing_after_closing_is_a_failure_and_raises_nothing(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal.jsonl", header_of())
    writer.close()
    writer.close()
    writer.add(finished("a"))
    first = writer.failure
    assert "closed" in first
    writer.finish(FOOTER)
    assert writer.failure == first, "what went wrong first is what matters"
    assert writer.ran == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_a_killed_process_loses_nothing_that_it_finished(tmp_path: Path) -> None:
    """SIGKILL, between two lines or within one: whatever was said to be written is read back."""
    path = tmp_path / "journal.jsonl"
    process = start(
        """
        import sys
        from pathlib import Path
        from making import finished, header_of
        from pytest_smartshard.journal.writing import JournalWriter
        writer = JournalWriter(Path(sys.argv[1]), header_of(selected=10**9))
        for number in range(10**9):
            writer.add(finished(f"test_{number}", number))
            print(number, flush=True)
        """,
        path,
    )
    with process:
        assert process.stdout is not None
        while (said := int(process.stdout.readline())) < 500:
            pass
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split("\n")[:-1]
        process.wait()
    told = int(rest[-1]) if rest else said
    found = read_journal(path)
    assert len(found.tests) >= told + 1
    assert [test.call for test in found.tests] == list(range(len(found.tests)))
    assert found.footer is None
    assert not found.is_finished
    assert len(found.flaws) <= 1


@needs_limits
def test_a_full_disk_is_a_failure_and_raises_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    said = run(
        """
        import resource, sys
        from pathlib import Path
        from making import finished, header_of
        from pytest_smartshard.journal.writing import JournalWriter
        from pytest_smartshard.model.record import JournalFooter
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
        with JournalWriter(Path(sys.argv[1]), header_of(selected=100)) as writer:
            for number in range(100):
                writer.add(finished(f"test_{number}", number))
            writer.finish(JournalFooter(exit_code=0, ran=100, seconds=1.0))
        print(writer.failure)
        print(writer.ran)
        """,
        path,
    ).splitlines()
    assert said == ["[Errno 27] File too large", "100"]
    found = read_journal(path)
    assert path.stat().st_size == 2_000
    assert 5 < len(found.tests) < 100
    assert [test.call for test in found.tests] == list(range(len(found.tests)))
    assert found.footer is None
    assert len(found.flaws) == 1


@needs_limits
def test_a_disk_that_is_full_from_the_start_is_a_failure_and_raises_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    said = run(
        """
        import resource, sys
        from pathlib import Path
        from making import finished, header_of
        from pytest_smartshard.journal.writing import JournalWriter
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        with JournalWriter(Path(sys.argv[1]), header_of()) as writer:
            writer.add(finished("a"))
        print(writer.failure)
        """,
        path,
    )
    assert said == "[Errno 27] File too large\n"
    assert path.read_bytes() == b""


def test_an_open_journal_is_closed_by_leaving_it(tmp_path: Path) -> None:
    """An open file would be a warning, and a suite may run with warnings as errors."""
    said = run(
        """
        import sys
        from pathlib import Path
        from making import finished, header_of
        from pytest_smartshard.journal.writing import JournalWriter
        with JournalWriter(Path(sys.argv[1]), header_of()) as writer:
            writer.add(finished("a"))
        sys.unraisablehook = lambda unraisable: print(unraisable.exc_value)
        del writer
        JournalWriter(Path(sys.argv[1] + "2"), header_of())
        """,
        tmp_path / "journal.jsonl",
        environ={"PYTHONWARNINGS": "error"},
    )
    assert said.count("unclosed file") == 1, "the second one, which nobody closed"


def test_a_footer_is_found_at_the_end_of_a_long_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with JournalWriter(path, header_of()) as writer:
        writer.add(finished("t[" + "x" * 20_000 + "]"))
        assert read_footer(path) is None
        writer.finish(FOOTER)
    assert read_footer(path) == FOOTER


@pytest.mark.parametrize(
    ("footer", "expected"),
    [
        (JournalFooter(exit_code=1, ran=2, seconds=1.0), True),
        (JournalFooter(exit_code=0, ran=3, seconds=1.0), True),
        (JournalFooter(exit_code=0, ran=1, seconds=1.0), False),
        (JournalFooter(exit_code=2, ran=2, seconds=1.0, reason="stopped"), False),
    ],
)
def test_a_shard_is_finished_when_all_it_selected_ran_and_nothing_stopped_it(
    tmp_path: Path, footer: JournalFooter, *, expected: bool
) -> None:
    path = tmp_path / "journal.jsonl"
    with JournalWriter(path, header_of(selected=2)) as writer:
        writer.finish(footer)
    assert read_journal(path).is_finished is expected


def test_a_worker_that_dies_after_its_test_has_ended_leaves_one_end_of_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with JournalWriter(path, header_of(selected=3)) as writer:
        for tail in ("a", "b"):
            writer.begin(finished(tail).key)
            writer.add(finished(tail, lane="gw0"))
        writer.amend(finished("a", 0, outcome="crashed", lane="gw0"))
        writer.begin(finished("c").key)
        writer.add(finished("c", 0, outcome="crashed", lane="gw1"))
    assert writer.ran == 3
    assert [(test.key.tail, test.outcome) for test in read_journal(path).tests] == [
        ("a", "crashed"),
        ("b", "passed"),
        ("c", "crashed"),
    ]


def test_tests_of_one_name_that_crash_in_two_lanes_both_count(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with JournalWriter(path, header_of(selected=2)) as writer:
        for lane in ("gw0", "gw1"):
            writer.begin(finished("a").key)
            writer.add(finished("a", outcome="crashed", lane=lane))
    assert len(read_journal(path).tests) == 2


@pytest.mark.parametrize("garbage", [b"\n", b"x\n", b"{}\n"])
def test_a_few_lines_that_are_none_are_passed_over_and_many_make_it_no_journal(
    tmp_path: Path, garbage: bytes
) -> None:
    path = tmp_path / "journal.jsonl"
    with JournalWriter(path, header_of(selected=1)) as writer:
        writer.add(finished("a"))
    whole = path.read_bytes()
    path.write_bytes(whole + garbage * MOST_FLAWS)
    found = read_journal(path)
    assert len(found.tests) == 1
    assert len(found.flaws) == (0 if garbage == b"\n" else MOST_FLAWS)
    path.write_bytes(whole + garbage * (MOST_FLAWS + 2))
    with pytest.raises(UnusableFile) as caught:
        read_journal(path)
    assert caught.value.reason == "has more than 1,000 lines that are none of a journal"
