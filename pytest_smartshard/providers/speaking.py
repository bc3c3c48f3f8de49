"""Telling the CI system what became of a run: annotations in its log, a summary, results of the job.

Nothing here fails: what cannot be said is noted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.annotation import Annotation
from pytest_smartshard.providers.detect import Environ, detected_providers
from pytest_smartshard.providers.table import Provider

LONGEST = 60
"""Seconds that a command may take to bring a summary to its server."""

GOOD, BAD = "success", "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What there is to be said. ``path`` is the file that holds ``summary``, ``""`` where it was not written.

    ``outputs`` are results by their names, which are single words, as the values are.
    """

    annotations: Sequence[Annotation]
    summary: str
    path: str
    outputs: Mapping[str, str]
    is_good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """``lines`` are commands, to be printed as they are. ``notes`` say what could not be said."""

    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def speak(speech: Speech, environ: Environ) -> Said:
    """Say it to the innermost CI system here that listens."""
    provider = next((found for found in detected_providers(environ) if found.listens), None)
    if provider is None:
        return Said()
    results = "".join(f"{name}={value}\n" for name, value in speech.outputs.items())
    notes = [
        _append(provider.summary, environ, speech.summary),
        _append(provider.outputs, environ, results),
        _annotate(provider, speech, environ),
    ]
    return Said(lines=tuple(_lines(provider, speech)), notes=tuple(filter(None, notes)))


def _lines(provider: Provider, speech: Speech) -> list[str]:
    dialect = provider.dialect
    if dialect is None:
        return []
    lines = [dialect.problem_line(annotation) for annotation in speech.annotations]
    if speech.path and dialect.summary:
        lines.append(dialect.summary_line(os.path.abspath(speech.path)))
    return lines


def _append(variable: str | None, environ: Environ, text: str) -> str:
    """Append *text* to the file that *variable* names, if it names one; returns a note, or ``""``."""
    path = environ.get(variable, "") if variable else ""
    if not path:
        return ""
    try:
        with Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return f"{variable}={path}: cannot be written ({reason}); let this user write there, or unset it"
    return ""


def _annotate(provider: Provider, speech: Speech, environ: Environ) -> str:
    """Hand the summary to the provider's own command, if it is here; returns a note, or ``""``."""
    if not provider.annotate:
        return ""
    name, *arguments = provider.annotate
    program = shutil.which(name, path=environ.get("PATH"))
    if program is None:
        return ""
    command = [program, *arguments, GOOD if speech.is_good else BAD]
    try:
        done = subprocess.run(
            command,
            input=speech.summary.encode("utf-8"),
            env=dict(environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=LONGEST,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return _not_annotated(name, str(error))
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())
        return _not_annotated(name, ": ".join(filter(None, [f"exit code {done.returncode}", said])))
    return ""


def _not_annotated(name: str, reason: str) -> str:
    return f"{name} annotate: the build page has no summary ({reason}); see that the agent may annotate"
