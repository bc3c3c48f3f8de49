"""Where a node of pytest's collection tree stands."""

from __future__ import annotations

import pytest


def is_document(file: object) -> bool:
    """Whether the collector *file* is no module, so that what it holds may depend on what comes before it."""
    return not isinstance(file, pytest.Module)


def file_of(node: pytest.Item | pytest.Collector) -> pytest.File | None:
    """The innermost file that *node* is or is in, None where it is in none."""
    return next((each for each in reversed(node.listchain()) if isinstance(each, pytest.File)), None)


def class_tail_of(item: pytest.Item) -> str:
    """Tail of the innermost class that *item* is in, ``""`` where it is in none."""
    names: list[str] = []
    depth = 0
    for node in item.listchain()[:-1]:
        if isinstance(node, pytest.File):
            names, depth = [], 0
            continue
        names.append(node.name)
        if isinstance(node, pytest.Class):
            depth = len(names)
    return "::".join(names[:depth])
