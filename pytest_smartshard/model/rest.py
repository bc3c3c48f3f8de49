"""What a run of the rest has to run: all but what is settled, or some tests only."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_smartshard.lazy_dataclasses import dataclass
from pytest_smartshard.model.inventory import names_digest
from pytest_smartshard.model.suite import ItemKey


@dataclass(frozen=True, slots=True)
class Rest:
    """By stored names: with ``only`` the tests of ``keys``, else all that are not among them, new ones too."""

    keys: frozenset[ItemKey]
    only: bool = False

    def takes(self, key: ItemKey) -> bool:
        return (key in self.keys) is self.only

    @property
    def digest(self) -> str:
        """The fingerprint by which shards know that they run the rest of the same."""
        return names_digest([str(self.only), *map(str, self.keys)])

    @classmethod
    def of(cls, keys: Iterable[ItemKey], *, only: bool = False) -> Rest:
        return cls(frozenset(keys), only)
