"""What every check is: a checkout in, findings out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from pytest_smartshard.model.checkout import Checkout
from pytest_smartshard.model.finding import Finding


class Check(Protocol):
    """One thing that can be wrong. ``code`` names its findings and never changes."""

    @property
    def code(self) -> str: ...

    @property
    def severity(self) -> str: ...

    def look(self, checkout: Checkout) -> Iterable[Finding]:
        """The same checkout gives the same findings, in an order of its own."""
        ...
