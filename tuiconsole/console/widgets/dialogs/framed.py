"""The frame of all dialogs, over the screen that they were asked from."""

from __future__ import annotations

from textual.screen import ModalScreen, ScreenResultType


class Framed(ModalScreen[ScreenResultType]):
    """A dialog: one `Vertical` in the middle. Each one says how wide it is."""

    DEFAULT_CSS = """
    Framed {
        align: center middle;
        background: $background 60%;
        & > Vertical {
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $rule-focus;
            border-title-color: $tone-strong;
            border-subtitle-color: $tone-dim;
            background: $panel;
            padding: 0 1;
        }
        AnswerPane { background: $panel; }
        Input, Input:focus { border: none; height: 1; background: $cursor; }
    }
    """
