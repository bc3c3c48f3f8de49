"""The tutorial's files are made and its commands are run, as written, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-shards.md"

BLOCK = re.compile(
    r"^```(?:\{code-block\} python\n:caption: (?P<file>\S+)\n\n|(?P<console>console)\n)(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
ELISION = "..."
EXPECTED_CODES = {"smartshard": 3}  # the tutorial ends with a run that it has not finished

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are those of a POSIX shell")


def same_but_for_figures(text: str) -> str:
    """*text* without what is another one each time: figures, digests, names of runs, paths, runs of spaces."""
    text = re.sub(r"plan [0-9a-f]{12}", "plan #", text)
    text = re.sub(r"local-[0-9a-f]{8}", "local-#", text)
    text = re.sub(r"@\w+-[\w.]+@", "@environment@", text)
    text = re.sub(r"\S*/(?=(?:\.smartshard|elsewhere)/)", "folder/", text)
    text = re.sub(r"\((<?\d+ % (longer|shorter)|unchanged)\)", "(#)", text)
    text = re.sub(r"[+-]?\d+(\.\d+)?", "#", text)
    return re.sub(r" +", " ", text).strip()


def matches(shown: str, printed: str) -> bool:
    """Whether *printed* is what the page shows, where an elision stands for anything."""
    parts = re.split(r"(?:^|(?<=\s))\.\.\.(?=\s|$)", same_but_for_figures(shown))
    pattern = r"[\s\S]*?".join(re.escape(part.strip()) for part in parts)
    return re.search(pattern, same_but_for_figures(printed)) is not None


def commands(body: str) -> list[tuple[str, str]]:
    """Each command of a console block, with the output that the page shows for it."""
    found = re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", body, re.MULTILINE)
    assert len(found) == len(re.findall(r"^\$ ", body, re.MULTILINE))
    return found


def test_the_tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", sysconfig.get_path("scripts"), prepend=os.pathsep)
    run = 0
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["file"]:
            (tmp_path / block["file"]).write_text(block["body"], encoding="utf-8")
            continue
        for command, shown in commands(block["body"]):
            if command.startswith("python3 -m pip install"):
                continue  # what this test runs with
            done = subprocess.run(
                command, shell=True, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False
            )
            output = done.stdout + done.stderr
            assert done.returncode == EXPECTED_CODES.get(command.split()[0], 0), output
            assert matches(shown, output), f"$ {command}\n{output}\nis not as in the page:\n{shown}"
            run += 1
    assert run > 10


def test_the_comparison_sees_another_line() -> None:
    assert matches("...\na 1.0 s, plan 0123456789ab\n...\n", "x\na 2.55 s, plan ba9876543210\ny\n")
    assert not matches("...\na 1.0 s\nb\n", "x\na 2.55 s\nc\nb\n")
