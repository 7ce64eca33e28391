"""The operator's own settings of the console: `console.toml`, in the user's configuration folder."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import msgspec

from tuiconsole.console.actions import Place
from tuiconsole.console.keymap import Keymap
from tuiconsole.source.table import Table
from tuiconsole.source.toml import read_toml

NAME = "console.toml"


class ThemeName(str, Enum):
    """The themes."""

    DARK = "dark"
    LIGHT = "light"
    HIGH_CONTRAST = "high-contrast"
    MONOCHROME = "monochrome"


class Letters(str, Enum):
    """Which characters are drawn."""

    AUTO = "auto"
    """ASCII where the terminal or the locale knows no Unicode."""
    UNICODE = "unicode"
    ASCII = "ascii"


class FirstScreen(str, Enum):
    """The screen that the console begins with."""

    OVERVIEW = "overview"
    APPLICATIONS = "applications"
    NODES = "nodes"
    EVENTS = "events"
    LAST = "last"


class ConsoleSettings(msgspec.Struct, frozen=True):
    """What the file says; without one, this."""

    theme: str = ThemeName.DARK.value
    letters: Letters = Letters.AUTO
    screen: Place | None = None
    """The first screen; None: the one that was shown last."""
    keymap: Keymap = Keymap()
    blink: bool = True
    """Alarms blink that nobody has acknowledged."""
    bell: bool = False
    """The terminal's bell rings once for each new alarm."""


def load_settings(file: Path) -> ConsoleSettings:
    """Read and check the file; the settings without one if there is none.

    Raises:
        SourceError: with one line for each thing that is wrong, key clashes included.
    """
    if not file.exists():
        return ConsoleSettings()
    root = Table.root(read_toml(file))
    general = root.table("console")
    theme = general.choice("theme", ThemeName, ThemeName.DARK)
    letters = general.choice("letters", Letters, Letters.AUTO)
    screen = general.choice("screen", FirstScreen, FirstScreen.LAST)
    blink = general.flag("blink", True)
    bell = general.flag("bell", False)
    general.finish()
    keys = root.table("keys")
    chosen: dict[str, tuple[str, ...]] = {}
    for name in keys.data:
        value = keys.data[name]
        texts = (keys.text(name),) if isinstance(value, str) else keys.texts(name)
        chosen[name] = tuple(_key(text) for text in texts)
    keymap = Keymap(chosen)
    for name, what, remedy in keymap.complaints():
        keys.complain(name, what, remedy)
    root.finish()
    root.raise_errors()
    return ConsoleSettings(
        theme.value, letters, None if screen is FirstScreen.LAST else Place(screen.value), keymap, blink, bell
    )


def wants_ascii(letters: Letters, env: Mapping[str, str], encoding: str) -> bool:
    """True if only ASCII may be drawn.

    Args:
        letters: what the operator has set.
        env: the environment: TERM names terminals that have no more, LC_ALL and the like the locale.
        encoding: of the terminal's stream, as the locale says.
    """
    if letters is not Letters.AUTO:
        return letters is Letters.ASCII
    bare = env.get("TERM", "").partition("-")[0] in ("linux", "vt100", "vt102", "vt220", "dumb", "ansi", "")
    return bare or _says_c(env) or encoding.lower().replace("-", "") != "utf8"


def _says_c(env: Mapping[str, str]) -> bool:
    """True if the locale was said to be C, which Python makes UTF-8 of; nothing that was said is not C."""
    language = env.get("LANG", "")
    # Where it was C, Python itself has put one of these there.
    coerced = language in _C and env.get("LC_CTYPE", "") in ("C.UTF-8", "C.utf8", "UTF-8")
    said = env.get("LC_ALL", "") or ("" if coerced else env.get("LC_CTYPE", "")) or language
    return said in _C


_C = ("C", "POSIX")

_WRITTEN = {
    "/": "slash",
    "?": "question_mark",
    ":": "colon",
    "@": "at",
    "+": "plus",
    "-": "minus",
    "*": "asterisk",
    ">": "greater_than_sign",
    "<": "less_than_sign",
    " ": "space",
    ",": "comma",
    ".": "full_stop",
    "=": "equals_sign",
    "!": "exclamation_mark",
    "#": "number_sign",
    "Esc": "escape",
    "Space": "space",
}


def _key(text: str) -> str:
    """A key as Textual spells it, from how a person writes it: `/`, `^x`, `ctrl+x`, `F5`, `X`."""
    text = text.strip() or text
    if text in _WRITTEN:
        return _WRITTEN[text]
    if len(text) == 2 and text.startswith("^"):
        return f"ctrl+{text[1].lower()}"
    return text if len(text) == 1 else text.lower()
