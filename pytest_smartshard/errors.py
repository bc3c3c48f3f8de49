"""The one error family. Every message names the option, the value and the mend."""

from __future__ import annotations

from collections.abc import Sequence


class SmartshardError(Exception):
    """Base of everything this package raises on purpose."""


class UsageError(SmartshardError):
    """One or more configuration mistakes, reported together.

    ``problems`` holds one line for each mistake: option, value, mend.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class UnusableFile(SmartshardError):
    """A file that cannot be read as what it should be: torn, truncated or foreign.

    ``reason`` says in a few words what is wrong with it.
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class NewerFormat(SmartshardError):
    """A file that a later version of this package wrote; it is never overwritten."""

    def __init__(self, path: str, found: int, known: int) -> None:
        self.path = path
        self.found = found
        self.known = known
        super().__init__(f"{path}: format {found}, newest known here {known}")
