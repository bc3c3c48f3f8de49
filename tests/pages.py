"""Pages of the documentation as something to execute: their code blocks, and commands with the output shown.

What a page shows is compared with what is printed but for figures, digests, names of runs and paths.
"""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
HOW_TO = ROOT / "docs" / "how-to"

TIMEOUT = 120
"""Seconds after which a command is taken to hang."""

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<directive>\{[\w-]+\} ?)?(?P<language>[\w-]*)\n(?P<body>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_CAPTION = re.compile(r":caption: (?P<file>\S+)\n\n")
_FIRST_LINE = re.compile(r"# (?P<file>[\w./-]+\.(?:ini|json|py|toml|txt|yml))\n")
_COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)

_SOMEBODY = {"NAME": "somebody", "EMAIL": "somebody@example.org"}
READERS_SCRIPTS = "SMARTSHARD_READERS_SCRIPTS"
"""The variable that names the folder of ``pytest`` and ``smartshard`` where nothing but them is installed.

Without it those of these tests are run, but for the plugins that the tests need and a reader does not have.
"""
# Read here, because no test sees such variables.
_ALONE = os.environ.get(READERS_SCRIPTS, "")
_NOT_A_READERS = "-p no:randomly -p no:hypothesispytest -p no:pytest_cov"


class Command(NamedTuple):
    """A line to type, and what the page shows below it; empty where it shows nothing."""

    line: str
    shown: str


NOT_RUN = {
    "pip install ": "what it installs is what the tests run with",
    "python3 -m pip install ": "what it installs is what the tests run with",
    "git push": "it needs a repository on GitHub",
}
"""How lines begin that are not run, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block. ``file`` is the path that its caption names, or the comment in its first line."""

    language: str
    file: str | None
    body: str

    @property
    def commands(self) -> list[Command]:
        """The commands of a console block."""
        found = [Command(*pair) for pair in _COMMAND.findall(self.body)]
        assert found, f"a console block without a line that begins with '$ ':\n{self.body}"
        return found


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order; those in a list without its indentation."""
    return [_block(found) for found in _FENCE.finditer(page.read_text(encoding="utf-8"))]


def _block(found: re.Match[str]) -> Block:
    body = textwrap.dedent(found["body"])
    caption = _CAPTION.match(body) if found["directive"] else None
    if caption is not None:
        return Block(language=found["language"], file=caption["file"], body=body[caption.end() :])
    named = _FIRST_LINE.match(body)
    language = "" if found["directive"] else found["language"]
    return Block(language=language, file=named["file"] if named else None, body=body)


def follow(
    page: Iterable[Block], folder: Path, environ: Mapping[str, str], codes: Mapping[str, int] | None = None
) -> int:
    """Do what the blocks of a page say, in order: make the files, run the commands, compare their output.

    *codes* are the exit codes of lines that do not end with 0. Returns the number of commands that ran.
    """
    run = 0
    for block in page:
        if block.file:
            write(folder, block.file, block.body)
        elif block.language == "console":
            for command in block.commands:
                if not command.line.startswith(tuple(NOT_RUN)):
                    _do(command, folder, environ, (codes or {}).get(command.line, 0))
                    run += 1
    return run


def _do(command: Command, folder: Path, environ: Mapping[str, str], expected: int) -> None:
    code, output = type_in(command.line, folder, environ)
    assert code == expected, f"$ {command.line}\n{output}\nended with {code}"
    assert matches(command.shown, output), f"$ {command.line}\n{output}\nis not as in the page:\n{command.shown}"


def write(folder: Path, name: str, text: str) -> None:
    """Write *text* to the path *name* below *folder*."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def readers_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment in which commands of a page run."""
    return {
        **os.environ,
        "PATH": f"{_ALONE or sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUTF8": "1",
        "PYTEST_ADDOPTS": "" if _ALONE else _NOT_A_READERS,
        **{f"GIT_{who}_{what}": of for who in ("AUTHOR", "COMMITTER") for what, of in _SOMEBODY.items()},
        **(extra or {}),
    }


def type_in(line: str, folder: Path, environ: Mapping[str, str]) -> tuple[int, str]:
    """Exit code and output, errors last, of one command in a shell."""
    done = subprocess.run(
        line,
        shell=True,
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=TIMEOUT,
    )
    return done.returncode, done.stdout + done.stderr


def same_but_for_figures(text: str) -> str:
    """*text* without what is another one each time: figures, digests, names of runs, paths, bars, spaces."""
    text = re.sub(r"plan [0-9a-f]{12}", "plan #", text)
    text = re.sub(r"local-[0-9a-f]{8}", "local-#", text)
    text = re.sub(r"@\w+-[\w.]+@", "@environment@", text)
    text = re.sub(r"\S*/(?=(?:\.smartshard|elsewhere)/)", "folder/", text)
    text = re.sub(r"\((<?\d+ % (longer|shorter)|unchanged)\)", "(#)", text)
    text = re.sub(r"[█▏▎▍▌▋▊▉│ ]*[█▏▎▍▌▋▊▉][█▏▎▍▌▋▊▉│ ]*", " (bar)", text)
    text = re.sub(r"[+-]?\d+(,\d{3})*(\.\d+)?", "#", text)
    return re.sub(r" +", " ", text).strip()


def matches(shown: str, printed: str) -> bool:
    """Whether *printed* is what the page shows, where an elision stands for anything."""
    parts = re.split(r"(?:^|(?<=\s))\.\.\.(?=\s|$)", same_but_for_figures(shown))
    pattern = r"[\s\S]*?".join(re.escape(part.strip()) for part in parts)
    return re.search(pattern, same_but_for_figures(printed)) is not None
