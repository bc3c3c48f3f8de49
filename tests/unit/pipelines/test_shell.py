"""Shell text as commands: what CI files hold, and text that makes no sense."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_smartshard.pipelines.shell import commands_in


def words_of(text: str) -> list[tuple[str, ...]]:
    return [command.words for command in commands_in(text, 1, {})]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pytest -q", [("pytest", "-q")]),
        ("a && b || c; d | e &", [("a",), ("b",), ("c",), ("d",), ("e",)]),
        ("pytest --shard=${{ matrix.shard }}/6", [("pytest", "--shard=${{matrix.shard}}/6")]),
        ("pytest \"--shard=${{ a || 'b' }}/6\"", [("pytest", "--shard=${{a||'b'}}/6")]),
        ("pytest --shard=$((X + 1))/$N", [("pytest", "--shard=$((X+1))/$N")]),
        ("pytest \\\n  --shard=1/2 \\\n  -q", [("pytest", "--shard=1/2", "-q")]),
        ("pytest `\n  --shard=1/2", [("pytest", "--shard=1/2")]),
        ("echo 'a; b' \"c && d\"", [("echo", "a; b", "c && d")]),
        ("echo a#b # c\nd", [("echo", "a#b"), ("d",)]),
        ("x=$(run -a) y", [("run", "-a"), ("y",)]),
        ("echo `run -a`", [("run", "-a"), ("echo", "$(run -a)")]),
        ("if true; then pytest; fi", [("true",), ("pytest",)]),
        ("cat <<'EOF' > file\npytest --shard=1/2\nEOF\nb", [("cat", ">", "file"), ("b",)]),
        ("a > out 2>&1", [("a", ">", "out", "2", ">&", "1")]),
        (r".venv\Scripts\pytest -q", [(".venv/Scripts/pytest", "-q")]),
        ("echo 'open", [("echo", "open")]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[tuple[str, ...]]) -> None:
    assert words_of(text) == expected


def test_a_command_knows_its_line_its_variables_and_whether_the_folder_was_left() -> None:
    text = "A=1\n\nexport B=2 C=3\nD=4 one\ncd sub && two\n"
    first, one, cd, two = commands_in(text, 10, {"E": "5"})
    assert (first.line, one.line, cd.line, two.line) == (12, 13, 14, 14)
    assert one.env == {"A": "1", "B": "2", "C": "3", "D": "4", "E": "5"}
    assert "D" not in two.env
    assert [command.elsewhere for command in (one, cd, two)] == [False, False, True]


@given(st.text(alphabet="ab $(){}`'\"\\\n;&|<>#=E0/-", max_size=60))
@example("$(" * 50)
@example("$(`" * 50 + "a")
@example("<<E\n")
def test_any_text_gives_words_and_lines_within_it(text: str) -> None:
    for command in commands_in(text, 1, {}):
        assert command.words
        assert 1 <= command.line <= text.count("\n") + 1
