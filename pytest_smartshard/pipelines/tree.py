"""YAML as a tree of texts that know their lines.

Nothing is constructed from tags and no text becomes a number or a truth value: ``on`` stays ``on`` and ``3.10``
stays ``3.10``. A file cannot make the tree larger than it looks: what its aliases repeat is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeAlias

from pytest_smartshard.errors import UnusableFile

if TYPE_CHECKING:
    import yaml

MOST_BYTES = 512 * 1024
MOST_NODES = 100_000
REFERENCE = "!reference"
"""GitLab's tag for a part of another job."""


class Text(str):
    """A scalar. ``line`` is 1-based; of a block (``|``) that of its first line of text."""

    __slots__ = ("line",)
    line: int

    def __new__(cls, value: str = "", line: int = 0) -> Text:
        made = super().__new__(cls, value)
        made.line = line
        return made


class Items(list["Node"]):
    """A sequence. ``is_reference``: it is the path to another place in the file."""

    line: int = 0
    is_reference: bool = False


class Block(dict[str, "Node"]):
    """A mapping. ``lines`` are those of its keys."""

    line: int = 0

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}


Node: TypeAlias = "Text | Items | Block"


def can_read_yaml() -> bool:
    """Whether the library is installed that reading needs."""
    return find_spec("yaml") is not None


def parse_yaml(raw: bytes, path: str) -> Block:
    """The mapping in *raw*, read from *path*, which is for messages; of several documents the last one.

    A list counts as a mapping with the list under ``steps``, a text as an empty one. Raises UnusableFile for what
    is no YAML, or more than a CI file holds.
    """
    import yaml

    if len(raw) > MOST_BYTES:
        raise UnusableFile(path, f"is larger than {MOST_BYTES // 1024} KiB")
    try:
        # Composing makes nodes and nothing else: no tag is acted upon.
        documents = list(yaml.compose_all(raw, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1})" if mark else ""
        raise UnusableFile(path, f"is no YAML{where}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise UnusableFile(path, "is no YAML") from error
    if not documents:
        return Block()
    try:
        tree = _Converter().convert(documents[-1])
    except (ValueError, RecursionError) as error:
        raise UnusableFile(path, f"is no CI file ({error})") from error
    if isinstance(tree, Items):
        steps, tree = tree, Block()
        tree["steps"] = steps
        tree.lines["steps"] = steps.line
    return as_block(tree)


class _Converter:
    """Turns nodes of the library into ours. What an alias names is converted once and shared."""

    def __init__(self) -> None:
        self._done: dict[int, Node] = {}
        self._sizes: dict[int, int] = {}
        self._open: set[int] = set()

    def convert(self, node: yaml.Node) -> Node:
        """Raises ValueError for a node within itself, and for more nodes than any CI file has."""
        number = id(node)
        if number in self._done:
            return self._done[number]
        if number in self._open:
            raise ValueError("an alias within itself")
        self._open.add(number)
        made = self._made(node)
        self._open.remove(number)
        size = 1 + sum(self._sizes.get(id(child), 1) for child in _children(made))
        if size > MOST_NODES:
            raise ValueError("its aliases repeat too much")
        self._done[number] = made
        self._sizes[id(made)] = size
        return made

    def _made(self, node: yaml.Node) -> Node:
        import yaml

        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            block = Block()
            block.line = line
            self._fill(block, node)
            return block
        if isinstance(node, yaml.SequenceNode):
            items = Items(self.convert(child) for child in node.value)
            items.line = line
            items.is_reference = node.tag == REFERENCE
            return items
        if not isinstance(node, yaml.ScalarNode):
            return Text(line=line)
        value = "" if node.tag.endswith(":null") else node.value
        return Text(value, line + 1 if node.style in ("|", ">") else line)

    def _fill(self, block: Block, node: yaml.MappingNode) -> None:
        """Own keys win over those that ``<<`` merges in, earlier merged ones over later ones."""
        merged: list[Block] = []
        for key, value in node.value:
            made = self.convert(value)
            if key.tag.endswith(":merge"):
                merged += [
                    part for part in (made if isinstance(made, Items) else [made]) if isinstance(part, Block)
                ]
            elif isinstance(key.value, str):
                block[key.value] = made
                block.lines[key.value] = key.start_mark.line + 1
        for part in merged:
            for name, child in part.items():
                if name not in block:
                    block[name] = child
                    block.lines[name] = part.lines[name]


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, Block):
        yield from node.values()
    elif isinstance(node, Items):
        yield from node


def as_block(node: Node | None) -> Block:
    """*node* where it is a mapping, else an empty one."""
    return node if isinstance(node, Block) else Block()


def as_items(node: Node | None) -> Items:
    """*node* where it is a sequence, else an empty one."""
    return node if isinstance(node, Items) else Items()


def as_text(node: Node | None) -> Text:
    """*node* where it is a text, else an empty one."""
    return node if isinstance(node, Text) else Text()


def as_texts(node: Node | None) -> list[Text]:
    """The texts of a sequence, however nested, or the one text that stands in its place."""
    if isinstance(node, Text):
        return [node] if node else []
    return [text for child in as_items(node) for text in as_texts(child)]


def as_paths(node: Node | None) -> tuple[str, ...]:
    """Paths, given as a sequence or as lines of a text."""
    return tuple(line.strip() for text in as_texts(node) for line in text.splitlines() if line.strip())


def as_env(node: Node | None) -> dict[str, str]:
    """Variables whose values are texts; a mapping's ``value`` counts as well."""
    found = {}
    for name, value in as_block(node).items():
        if isinstance(value, Text):
            found[name] = str(value)
        elif isinstance(value, Block) and isinstance(value.get("value"), Text):
            found[name] = str(value["value"])
    return found


def all_texts(node: Node) -> Iterator[Text]:
    """Every text in the tree below *node*, without the keys."""
    if isinstance(node, Text):
        yield node
    for child in _children(node):
        yield from all_texts(child)
