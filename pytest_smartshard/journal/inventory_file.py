"""The names of all tests that a shard collected, and of files that it did not, as a JSON file beside journals."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_smartshard.checked import as_table, parse_table, texts, version
from pytest_smartshard.errors import NewerFormat, UnusableFile
from pytest_smartshard.model.inventory import Inventory
from pytest_smartshard.model.suite import ItemKey

FORMAT = 1
KIND = "smartshard-tests"


def inventory_text(inventory: Inventory) -> str:
    """Ends with a newline; equal inventories give equal text."""
    document = {"kind": KIND, "format": FORMAT, "files": inventory.files}
    if inventory.uncollected:
        document["uncollected"] = inventory.uncollected
    return json.dumps(document, separators=(",", ":")) + "\n"


def parse_inventory(content: bytes | str, path: str) -> Inventory:
    """The inventory in *content*, read from *path* (for messages). Raises UnusableFile or NewerFormat."""
    try:
        document = parse_table(content)
        if document.get("kind") != KIND:
            raise ValueError("another kind of file")
        found = version(document)
        if found > FORMAT:
            raise NewerFormat(path, found, FORMAT)
        table = as_table(document.get("files"), "files")
        uncollected = texts(document, "uncollected") if "uncollected" in document else ()
        return Inventory.of((ItemKey(file, tail) for file in table for tail in texts(table, file)), uncollected)
    except ValueError as error:
        raise UnusableFile(path, f"is no list of tests ({error})") from error


def read_inventory(path: Path) -> Inventory:
    """Raises UnusableFile or NewerFormat."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableFile(str(path), f"cannot be read ({error.strerror})") from error
    return parse_inventory(content, str(path))
