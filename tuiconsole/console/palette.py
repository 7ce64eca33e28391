"""The colours.

Made for deuteranopes and protanopes as well: red, amber and the calm blue-green of what runs differ in
lightness and along the blue-yellow axis, and every tone comes with a glyph or a word anyway.
"""

from __future__ import annotations

from textual.theme import Theme

CONTROL_ROOM = Theme(
    name="control-room",
    dark=True,
    primary="#6fb3c4",
    secondary="#5b7a99",
    accent="#d7c27a",
    foreground="#c9d1d9",
    background="#0e1318",
    surface="#0e1318",
    panel="#151c23",
    success="#6fb3c4",
    warning="#e8b04b",
    error="#ff6b5e",
    variables={
        "tone-strong": "#f0f4f8",
        "tone-dim": "#768390",
        "tone-accent": "#e6d28c",
        "tone-running": "#79c0cf",
        "tone-moving": "#b7a7e8",
        "tone-stopped": "#8590a0",
        "tone-major": "#ff7468",
        "tone-minor": "#efb750",
        "tone-stale": "#7d8794",
        "badge-ink": "#10151a",
        "rule": "#2b3642",
        "rule-focus": "#6fb3c4",
        "cursor": "#24303c",
        "cursor-blurred": "#19222b",
        "footer-background": "#151c23",
        "footer-key-foreground": "#e6d28c",
        "footer-description-foreground": "#a9b4c0",
        "scrollbar": "#2b3642",
        "scrollbar-background": "#0e1318",
        "scrollbar-background-hover": "#0e1318",
        "scrollbar-background-active": "#0e1318",
        "scrollbar-hover": "#42505f",
        "scrollbar-active": "#6fb3c4",
        "scrollbar-corner-color": "#0e1318",
    },
)
"""The dark palette for a dark room: the background near black, the text below full white."""
