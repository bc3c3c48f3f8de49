"""A pytest plugin that writes the node ids that were collected, as JSON, to the file in ``SMARTSHARD_SUITE_IDS``.

What ``--collect-only`` prints depends on options that a suite may set.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


def pytest_collection_finish(session: pytest.Session) -> None:
    ids = [item.nodeid for item in session.items]
    Path(os.environ["SMARTSHARD_SUITE_IDS"]).write_text(json.dumps(ids), encoding="ascii")
