"""Every check, in the order in which findings of one place are told."""

from __future__ import annotations

from pytest_smartshard.checking.cache_saved_from_pull_requests import CacheSavedFromPullRequests
from pytest_smartshard.checking.ci_file_unreadable import CiFileUnreadable
from pytest_smartshard.checking.coverage_gate_per_shard import CoverageGatePerShard
from pytest_smartshard.checking.coverage_not_merged import CoverageNotMerged
from pytest_smartshard.checking.coverage_not_relative import CoverageNotRelative
from pytest_smartshard.checking.hidden_files_not_uploaded import HiddenFilesNotUploaded
from pytest_smartshard.checking.index_counts_matrix import IndexCountsMatrix
from pytest_smartshard.checking.index_from_zero import IndexFromZero
from pytest_smartshard.checking.loadgroup_not_grouping import LoadgroupNotGrouping
from pytest_smartshard.checking.no_store_restored import NoStoreRestored
from pytest_smartshard.checking.nothing_merged import NothingMerged
from pytest_smartshard.checking.order_dependent import OrderDependent
from pytest_smartshard.checking.protocol import Check
from pytest_smartshard.checking.shards_incomplete import ShardsIncomplete
from pytest_smartshard.checking.unstable_ids import UnstableIds

CHECKS: tuple[Check, ...] = (
    IndexCountsMatrix(),
    IndexFromZero(),
    ShardsIncomplete(),
    HiddenFilesNotUploaded(),
    CoverageGatePerShard(),
    LoadgroupNotGrouping(),
    NoStoreRestored(),
    NothingMerged(),
    CacheSavedFromPullRequests(),
    CoverageNotMerged(),
    CoverageNotRelative(),
    UnstableIds(),
    OrderDependent(),
    CiFileUnreadable(),
)
