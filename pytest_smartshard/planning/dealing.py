"""What to do without any history: deal files whole."""

from __future__ import annotations

from pytest_smartshard.model.suite import Suite
from pytest_smartshard.planning.packers.protocol import Bins, Units


def deal_whole_files(suite: Suite, units: Units, bins: Bins) -> list[int]:
    """The bin of each unit when files go to the shards in turn, the one with most bytes first.

    Ties go by key. Units that span files belong to none of them and are dealt in turn as well.
    """
    by_size = sorted(suite.files, key=lambda file: (-file.size, file.key))
    bin_of = {file.key: turn % bins.total for turn, file in enumerate(by_size)}
    return [bin_of.get(file, turn % bins.total) for turn, file in enumerate(units.files)]
