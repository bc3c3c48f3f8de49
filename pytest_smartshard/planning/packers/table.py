"""All packers by the name that ``--shard-packer`` takes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pytest_smartshard.planning.packers.chunks import Chunks
from pytest_smartshard.planning.packers.hashing import Hashing
from pytest_smartshard.planning.packers.lpt import LongestFirst
from pytest_smartshard.planning.packers.protocol import Packer
from pytest_smartshard.planning.packers.round_robin import RoundRobin

PACKERS: Mapping[str, Packer] = MappingProxyType(
    {"lpt": LongestFirst(), "round-robin": RoundRobin(), "hash": Hashing(), "chunks": Chunks()}
)
