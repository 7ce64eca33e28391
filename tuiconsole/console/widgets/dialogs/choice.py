"""Asks which of several ways is meant."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, wrapped
from tuiconsole.console.widgets.dialogs.framed import Framed
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.lines.pane import LinesPane


class Choice(msgspec.Struct, frozen=True):
    """One way, and what it does, in words."""

    key: str
    does: str


class Choices(RowList[Choice]):
    """The ways."""

    def draw(self, row: Choice, width: int) -> Line:
        del width
        return (Span(plain(row.key), Tone.ACCENT), Span(f"  {plain(row.does)}"))


class Explained(LinesPane):
    """All that the chosen way does, when a line is too short for it."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def show(self, text: str) -> None:
        """Show these words."""
        self._text = text
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return wrapped((Span(plain(self._text), Tone.DIM),), max(1, width))


class Chosen(msgspec.Struct, frozen=True):
    """What was chosen, and what was typed with it."""

    key: str
    text: str = ""


class ChoiceDialog(Framed[Chosen | None]):
    """A list of ways, and perhaps a line to type; the result is the chosen one, None for none."""

    DEFAULT_CSS = """
    ChoiceDialog {
        & > Vertical { width: 76; }
        Choices { height: auto; max-height: 14; background: $panel; }
        Explained { margin: 1 2; background: $panel; }
        .entry { color: $tone-dim; margin: 0 2; width: 100%; height: auto; }
        Input, Input:focus { margin: 0 2; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "leave", "Cancel")]

    def __init__(self, title: str, choices: tuple[Choice, ...], entry: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._entry = entry
        """What may be typed, in words; empty if nothing."""

    def compose(self) -> ComposeResult:
        frame = Vertical()
        frame.border_title = Content(f" {self._title} ")
        keys = (
            " Enter chooses, Tab to the text, Esc leaves " if self._entry else " Enter chooses, Esc leaves "
        )
        frame.border_subtitle = Content(keys)
        with frame:
            yield Choices()
            yield Explained()
            if self._entry:
                yield Static(Content(self._entry), classes="entry")
                yield Input(id="entry", max_length=500, compact=True)
            yield from self.extras()

    def extras(self) -> ComposeResult:
        """What else is shown below the ways."""
        yield from ()

    def on_mount(self) -> None:
        ways = self.query_one(Choices)
        ways.styles.height = min(14, len(self._choices))
        ways.show_rows(self._choices)
        ways.focus()

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        message.stop()
        self.query_one(Explained).show(
            next((one.does for one in self._choices if one.key == message.key), "")
        )

    def on_row_list_activated(self, message: RowList.Activated) -> None:
        message.stop()
        self._choose(message.key)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose(self.query_one(Choices).key)

    def _choose(self, key: str) -> None:
        text = next((one.value.strip() for one in self.query("#entry").results(Input)), "")
        self.dismiss(Chosen(key, text))

    def action_leave(self) -> None:
        self.dismiss(None)
