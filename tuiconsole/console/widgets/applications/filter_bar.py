"""The line in which the filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class FilterBar(Input):
    """A one-line input, shown while it has the focus."""

    DEFAULT_CSS = """
    FilterBar {
        display: none;
        border: none;
        height: 1;
        padding: 0 1;
        background: $panel;
        &:focus { border: none; background-tint: $foreground 0%; }
        &.-open { display: block; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("down", "submit", "Apply", show=False)]

    def __init__(self) -> None:
        super().__init__(placeholder="filter: words in names, states, nodes, major, minor", compact=True)

    def open(self) -> None:
        """Show it and type into it."""
        self.add_class("-open")
        self.focus()

    def shut(self) -> None:
        """Hide it; what was typed stays."""
        self.remove_class("-open")
