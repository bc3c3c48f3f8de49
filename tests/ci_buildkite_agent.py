"""Stands in for the commands ``buildkite-agent artifact upload|download`` and ``annotate``, as a script.

The artifacts of a build lie in the folder ``KEPT``: by the key of the step, the job, and the path. Annotations
are beside that folder.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path


def fitting(pattern: str, folder: Path) -> Iterator[str]:
    """Paths of the files in *folder* that fit: ``*`` is within a folder, ``**/`` any number of folders."""
    expression = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
    names = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
    return (name for name in names if re.fullmatch(expression, name))


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def upload(kept: Path, pattern: str) -> None:
    for name in fitting(pattern, Path()):
        copy(Path(name), kept / os.environ["STEP"] / os.environ["BUILDKITE_JOB_ID"] / name)


def download(kept: Path, pattern: str, target: Path, step: str = "*") -> int:
    """Number of files. Those of several jobs go to one place, so two journals of one name would be one lost."""
    taken = [(job, name) for job in sorted(kept.glob(f"{step}/*")) for name in fitting(pattern, job)]
    journals = [name for _, name in taken if name.endswith(".jsonl")]
    if len(set(journals)) < len(journals):
        sys.exit(f"two jobs have kept a journal of one name: {journals}")
    for job, name in taken:
        copy(job / name, target / name)
    return len(taken)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["artifact", "upload", pattern]:
            upload(Path(os.environ["KEPT"]), pattern)
        case ["artifact", "download", pattern, target]:
            sys.exit(0 if download(Path(os.environ["KEPT"]), pattern, Path(target)) else "no artifacts found")
        case ["artifact", "download", pattern, target, "--step", step]:
            found = download(Path(os.environ["KEPT"]), pattern, Path(target), step)
            sys.exit(0 if found else "no artifacts found")
        case ["annotate", "--context", context, "--style", "success" | "error"]:
            kept = Path(os.environ["KEPT"])
            kept.with_name(f"{kept.name}-{context}.md").write_bytes(sys.stdin.buffer.read())
        case unknown:
            sys.exit(f"the stand-in does not know {unknown}")
