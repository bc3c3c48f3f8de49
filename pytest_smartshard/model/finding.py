"""What would go wrong in a checkout, and how bad it is."""

from __future__ import annotations

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.pipeline import Spot

ERROR = "error"
"""Tests are lost or run twice, or nothing works."""

WARNING = "warning"
"""It works, slowly or until something unlucky happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong at one place. ``what`` and ``mend`` are a sentence each, without a full stop."""

    code: str
    severity: str
    spot: Spot
    what: str
    mend: str

    @property
    def page(self) -> str:
        """Where the documentation has more."""
        return f"docs/reference/doctor.md#{self.code}"
