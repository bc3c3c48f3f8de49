"""Shell text as simple commands. Tolerant: what makes no sense makes odd words and never an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pytest_smartshard.model.pipeline import Command

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_HERE = re.compile(r"<<-?\s*(['\"]?)([A-Za-z_]\w*)\1")
_KEYWORDS = frozenset({"if", "then", "else", "elif", "do", "while", "until", "!", "{", "}", "fi", "done", "esac"})
_MOST_DEPTH = 8


def commands_in(
    text: str, line: int, env: Mapping[str, str], *, elsewhere: bool = False, conditional: bool = False
) -> tuple[Command, ...]:
    """The commands of a script whose first line is the *line*-th of its file, those in ``$(…)`` too."""
    found: list[Command] = []
    known = dict(env)
    moved = elsewhere
    for words, number in _Scanner(text).commands():
        own: dict[str, str] = {}
        while words and (words[0] in _KEYWORDS or _ASSIGNMENT.fullmatch(words[0])):
            assigned = _ASSIGNMENT.fullmatch(words.pop(0))
            if assigned:
                own[assigned[1]] = assigned[2]
        if words and words[0] == "export":
            exported = (_ASSIGNMENT.fullmatch(word) for word in words[1:])
            own.update({match[1]: match[2] for match in exported if match})
            known.update(own)
        elif not words:
            known.update(own)
            continue
        found.append(
            Command(
                words=tuple(words),
                line=line + number,
                env={**known, **own},
                elsewhere=moved,
                conditional=conditional,
            )
        )
        moved = moved or words[0] in ("cd", "pushd")
    return tuple(found)


class _Scanner:
    """Goes through a script once, character by character."""

    def __init__(self, text: str, depth: int = 0) -> None:
        self._text = text
        self._at = 0
        self._line = 0
        self._depth = depth
        self._words: list[str] = []
        self._word: str | None = None
        self._started = 0
        self._inner: list[tuple[list[str], int]] = []
        self._ends: list[str] = []

    def commands(self) -> Iterator[tuple[list[str], int]]:
        """Words and 0-based line of each command, in order."""
        while self._at < len(self._text):
            char = self._text[self._at]
            if char in ";&|()\n":
                yield from self._finished()
                self._step(1)
                if char == "\n":
                    self._skip_here_documents()
            else:
                self._take(char)
        yield from self._finished()

    def _finished(self) -> Iterator[tuple[list[str], int]]:
        self._end_word()
        yield from self._inner
        if self._words:
            yield self._words, self._started
        self._words, self._inner = [], []

    def _take(self, char: str) -> None:
        if char in " \t\r":
            self._end_word()
            self._step(1)
        elif char == "#" and self._word is None:
            self._step(self._until("\n", self._at) - self._at)
        elif char in "\\`^" and self._text[self._at + 1 : self._at + 2] == "\n":
            self._step(2)
        elif char == "\\":
            # Nobody escapes a letter: there it separates folders, as on Windows.
            after = self._text[self._at + 1 : self._at + 2]
            self._add(f"/{after}" if after.isalnum() else after, 2)
        elif char == "'":
            end = self._until("'", self._at + 1)
            self._add(self._text[self._at + 1 : end], end + 1 - self._at)
        elif char == '"':
            self._take_quoted()
        elif char in "<>":
            self._take_redirection()
        elif char in "$`":
            self._take_value()
        else:
            self._add(char, 1)

    def _take_quoted(self) -> None:
        self._add("", 1)
        while self._at < len(self._text) and self._text[self._at] != '"':
            char = self._text[self._at]
            if char == "\\":
                self._add(self._text[self._at + 1 : self._at + 2], 2)
            elif char in "$`":
                self._take_value()
            else:
                self._add(char, 1)
        self._step(1)

    def _take_redirection(self) -> None:
        here = _HERE.match(self._text, self._at)
        if here:
            self._ends.append(here[2])
            self._step(here.end() - self._at)
            return
        self._end_word()
        end = self._at
        while self._text[end : end + 1] in ("<", ">", "&") and end < len(self._text):
            end += 1
        self._add(self._text[self._at : end], end - self._at)
        self._end_word()

    def _take_value(self) -> None:
        """``${{…}}``, ``$((…))``, ``$(…)``, ``${…}`` and backticks: one piece of a word."""
        text, at = self._text, self._at
        for opening, closing in (("${{", "}}"), ("$((", "))"), ("${", "}")):
            if text.startswith(opening, at):
                end = min(self._until(closing, at) + len(closing), len(text))
                self._add("".join(text[at:end].split()), end - at)
                return
        if text.startswith("$(", at):
            self._add_commands(at + 2, self._closing_parenthesis(at + 2))
        elif text[at] == "`":
            self._add_commands(at + 1, self._until("`", at + 1))
        else:
            self._add("$", 1)

    def _add_commands(self, start: int, end: int) -> None:
        if self._depth < _MOST_DEPTH:
            inner = _Scanner(self._text[start:end], self._depth + 1)
            self._inner += [(words, self._line + number) for words, number in inner.commands()]
        self._add(f"$({self._text[start:end]})", end + 1 - self._at)

    def _closing_parenthesis(self, start: int) -> int:
        depth = 1
        for at in range(start, len(self._text)):
            depth += {"(": 1, ")": -1}.get(self._text[at], 0)
            if depth == 0:
                return at
        return len(self._text)

    def _skip_here_documents(self) -> None:
        for end in self._ends:
            while self._at < len(self._text):
                stop = self._until("\n", self._at)
                line = self._text[self._at : stop]
                self._step(stop + 1 - self._at)
                if line.strip() == end:
                    break
        self._ends = []

    def _until(self, wanted: str, start: int) -> int:
        found = self._text.find(wanted, start)
        return len(self._text) if found < 0 else found

    def _add(self, piece: str, length: int) -> None:
        if self._word is None:
            self._word = ""
            if not self._words:
                self._started = self._line
        self._word += piece
        self._step(length)

    def _step(self, length: int) -> None:
        self._line += self._text.count("\n", self._at, self._at + length)
        self._at += length

    def _end_word(self) -> None:
        if self._word is not None:
            self._words.append(self._word)
        self._word = None
