"""The directive ``option-table``: every option of the plugin, from the table that the plugin itself uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from pytest_smartshard.settings.options import OPTIONS, Option

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

NONE = "–"

HEADINGS = ("Flag", "Ini", "Environment variable", "Default", "What it does")


class OptionTable(SphinxDirective):
    """Parses :func:`table` where it stands."""

    def run(self) -> list[nodes.Node]:
        holder = nodes.container()
        self.state.nested_parse(StringList(table(), source=__file__), self.content_offset, holder)
        return holder.children


def table() -> list[str]:
    """The lines of a Markdown table with a row for each option."""
    body = [row(option) for option in OPTIONS]
    return [_line(HEADINGS), _line(["---"] * len(HEADINGS)), *map(_line, body)]


def row(option: Option) -> tuple[str, ...]:
    """The cells of one option, under :data:`HEADINGS`."""
    flag = f"{option.flag}={option.metavar}" if option.flag and not option.bare else option.flag
    ini = f"{option.ini} = true" if option.ini and option.bare else option.ini
    default = "off" if option.bare else option.default
    return _code(flag), _code(ini), _code(option.env), _code(default), option.about.replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{text}`" if text else NONE


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def setup(app: Sphinx) -> ExtensionMetadata:
    app.add_directive("option-table", OptionTable)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
