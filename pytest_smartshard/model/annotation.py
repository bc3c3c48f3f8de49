"""What is wrong with a run, one thing at a time: for the log of a CI job, which shows it beside the code."""

from __future__ import annotations

from pytest_smartshard.lazy_dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One thing that is wrong. ``title`` and ``message`` are one printable line each.

    ``file`` is where it is, by the key of a test's file while it belongs to the ``suite``, and by its path in the
    repository once that is found out; ``""`` where it is not known.
    """

    title: str
    message: str
    file: str = ""
    suite: str = ""
