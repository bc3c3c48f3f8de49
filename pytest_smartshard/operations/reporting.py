"""What a merge leaves behind: reports in a folder, and what the CI system is told."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.annotation import Annotation
from pytest_smartshard.model.merged import MergedRun
from pytest_smartshard.model.proof import Verdict
from pytest_smartshard.operations.opening import prepare_home
from pytest_smartshard.providers.speaking import Said, Speech, speak
from pytest_smartshard.reports.annotating import annotations_of
from pytest_smartshard.reports.merge_json import merge_json
from pytest_smartshard.reports.merge_markdown import merge_markdown
from pytest_smartshard.settings.naming import ROOT_SUITE
from pytest_smartshard.store.keys import is_module
from pytest_smartshard.store.replacing import replace as replace_file

JSON_NAME = "report.json"
MARKDOWN_NAME = "report.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A merged run that names its reports too, the one for people, and what to tell the user.

    ``path`` is the file of ``summary``, ``""`` where it could not be written.
    """

    merged: MergedRun
    summary: str
    path: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The root folder of a merge: its suite, and its place in the repository, ``""`` for the topmost."""

    suite: str
    folder: str = ""


def leave_reports(merged: MergedRun, folder: Path, *, home: Path) -> Left:
    """Write both reports to *folder*, in place of those that lie there. Never raises OSError.

    Only *home*, the ``.smartshard`` folder, is kept out of version control.
    """
    data, page = folder / JSON_NAME, folder / MARKDOWN_NAME
    written = {**merged.written, "report_json": str(data), "report_markdown": str(page)}
    named = replace(merged, written=written)
    summary = merge_markdown(merged)
    try:
        if folder.is_relative_to(home):
            prepare_home(home)
        replace_file(page, summary.encode("utf-8"))
        replace_file(data, merge_json(named).encode("ascii"))
    except OSError as error:
        reason = error.strerror or str(error)
        note = (
            f"--out={folder}: no report was written there ({reason}); let this user write there, or name "
            "another folder"
        )
        return Left(merged=merged, summary=summary, notes=(note,))
    return Left(merged=named, summary=summary, path=str(page))


def tell_ci(left: Left, root: Root, environ: Mapping[str, str]) -> Said:
    """Tell the CI system of *environ*, if it listens, what became of the run."""
    verdict = left.merged.verdict
    speech = Speech(
        annotations=[_placed(annotation, root) for annotation in annotations_of(left.merged)],
        summary=left.summary,
        path=left.path,
        outputs={"verdict": verdict.word, "exit-code": str(int(verdict))},
        is_good=verdict is Verdict.GREEN,
    )
    return speak(speech, environ)


def _placed(annotation: Annotation, root: Root) -> Annotation:
    """With the path that its file has in the repository, or without one."""
    folders = {ROOT_SUITE: "", root.suite: root.folder}
    if not annotation.file or is_module(annotation.file) or annotation.suite not in folders:
        return replace(annotation, file="")
    path = posixpath.normpath(posixpath.join(folders[annotation.suite], annotation.file))
    is_inside = not path.startswith(("../", "/")) and path != ".."
    return replace(annotation, file=path if is_inside else "")
