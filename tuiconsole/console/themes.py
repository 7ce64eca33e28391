"""The colours.

Made for deuteranopes, protanopes and tritanopes as well: red, amber and the calm blue-green of what runs
differ in lightness too, every text stands out from its background, and every tone comes with a glyph or a
word anyway. Tests hold all themes to that.
"""

from __future__ import annotations

from textual.theme import Theme


def _theme(name: str, colours: dict[str, str], *, dark: bool = True) -> Theme:
    """A theme from the colours of its tones and surfaces."""
    tones = {f"tone-{tone}": colours[tone] for tone in _TONES}
    return Theme(
        name=name,
        dark=dark,
        primary=colours["running"],
        secondary=colours["stopped"],
        accent=colours["accent"],
        foreground=colours["foreground"],
        background=colours["background"],
        surface=colours["background"],
        panel=colours["panel"],
        success=colours["running"],
        warning=colours["minor"],
        error=colours["major"],
        variables={
            **tones,
            "badge-ink": colours["badge-ink"],
            "rule": colours["rule"],
            "rule-focus": colours["running"],
            "cursor": colours["cursor"],
            "cursor-blurred": colours["cursor-blurred"],
            "footer-background": colours["panel"],
            "scrollbar": colours["rule"],
            "scrollbar-background": colours["background"],
            "scrollbar-background-hover": colours["background"],
            "scrollbar-background-active": colours["background"],
            "scrollbar-hover": colours["dim"],
            "scrollbar-active": colours["running"],
            "scrollbar-corner-color": colours["background"],
            "input-selection-background": colours["cursor"],
        },
    )


_TONES = ("strong", "dim", "accent", "running", "moving", "stopped", "major", "minor", "stale")

DARK = _theme(
    "dark",
    {
        "foreground": "#c9d1d9",
        "background": "#0e1318",
        "panel": "#151c23",
        "strong": "#f0f4f8",
        "dim": "#8b97a4",
        "accent": "#e6d28c",
        "running": "#79c0cf",
        "moving": "#b7a7e8",
        "stopped": "#95a0af",
        "major": "#ff7468",
        "minor": "#efb750",
        "stale": "#8e98a5",
        "badge-ink": "#10151a",
        "rule": "#2b3642",
        "cursor": "#24303c",
        "cursor-blurred": "#19222b",
    },
)
"""For a dark room: the background near black, the text below full white."""

LIGHT = _theme(
    "light",
    {
        "foreground": "#1f2933",
        "background": "#f7f8fa",
        "panel": "#e9edf1",
        "strong": "#000000",
        "dim": "#54606c",
        "accent": "#6a4b00",
        "running": "#0b6272",
        "moving": "#5a3fae",
        "stopped": "#4d5966",
        "major": "#9c0f12",
        "minor": "#8a5a00",
        "stale": "#586470",
        "badge-ink": "#ffffff",
        "rule": "#b9c2cc",
        "cursor": "#cfe3ea",
        "cursor-blurred": "#e3eaee",
    },
    dark=False,
)
"""For daylight."""

HIGH_CONTRAST = _theme(
    "high-contrast",
    {
        "foreground": "#ffffff",
        "background": "#000000",
        "panel": "#000000",
        "strong": "#ffffff",
        "dim": "#d0d0d0",
        "accent": "#ffff5f",
        "running": "#5fffff",
        "moving": "#dcb8ff",
        "stopped": "#d0d0d0",
        "major": "#ff8a80",
        "minor": "#ffc400",
        "stale": "#c0c0c0",
        "badge-ink": "#000000",
        "rule": "#ffffff",
        "cursor": "#003f5f",
        "cursor-blurred": "#303030",
    },
)
"""For weak eyes and bad screens: every text at least seven to one."""

MONOCHROME = _theme(
    "monochrome",
    {
        "foreground": "#d0d0d0",
        "background": "#000000",
        "panel": "#1c1c1c",
        "strong": "#ffffff",
        "dim": "#9a9a9a",
        "accent": "#ffffff",
        "running": "#d0d0d0",
        "moving": "#e4e4e4",
        "stopped": "#9a9a9a",
        "major": "#ffffff",
        "minor": "#f0f0f0",
        "stale": "#9a9a9a",
        "badge-ink": "#000000",
        "rule": "#4e4e4e",
        "cursor": "#3a3a3a",
        "cursor-blurred": "#262626",
    },
)
"""Grey only: glyphs and words alone tell states apart."""

THEMES: dict[str, Theme] = {theme.name: theme for theme in (DARK, LIGHT, HIGH_CONTRAST, MONOCHROME)}
"""By name, in the order in which a key goes through them."""
