"""What part this process has in a run that may have xdist workers."""

from __future__ import annotations

import pytest


def is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def is_controller(config: pytest.Config) -> bool:
    """Whether tests of this session run in xdist workers.

    By the options that xdist itself goes by: its own plugin object may not be registered yet.
    """
    distributes = config.getoption("dist", "no") != "no" and bool(config.getoption("tx", None))
    return distributes and not config.getoption("collectonly") and not is_worker(config)
