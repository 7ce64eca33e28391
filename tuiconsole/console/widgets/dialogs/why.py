"""Why something is where it is, or does not run."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.why import why_lines
from tuiconsole.console.sources import WhySource
from tuiconsole.console.widgets.dialogs.answer import AnswerPane, Drawn


class WhyScreen(ModalScreen[None]):
    """The explanation of one application or process."""

    DEFAULT_CSS = """
    WhyScreen {
        align: center middle;
        background: $background 60%;
        & > Vertical {
            width: 100;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $rule-focus;
            border-title-color: $tone-strong;
            border-subtitle-color: $tone-dim;
            background: $panel;
            padding: 0 1;
        }
        VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
        AnswerPane { background: $panel; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,w,enter", "dismiss", "Back"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, name: str, source: WhySource, zone: tzinfo | None) -> None:
        super().__init__()
        self._about = name
        self._source = source
        self._zone = zone

    def compose(self) -> ComposeResult:
        frame = Vertical()
        # Content, not markup: a name may hold brackets.
        frame.border_title = Content(f" Why is {plain(self._about)} as it is? ")
        frame.border_subtitle = Content(" Esc ")
        with frame, VerticalScroll():
            yield AnswerPane()

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
        self.query_one(AnswerPane).ask(self._explain)

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    async def _explain(self) -> Drawn:
        found = await self._source(self._about)
        return lambda width: why_lines(found, width, self._zone)
